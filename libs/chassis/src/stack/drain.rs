//! Ends streams that only wait for something to happen, once the server drains: they would wait for ever.
//!
//! The caller is told UNAVAILABLE with the advice to try again, and finds another replica, or this one when it is back. A
//! stream that has something to send goes on until it is done or the time to drain is over.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{access::Method, failure::Failure};

/// A stream that has sent nothing for this long while the server drains only waits.
const IDLE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone)]
pub(crate) struct DrainLayer {
    drain: Arc<CancellationToken>,
}

impl DrainLayer {
    pub(crate) fn new(drain: CancellationToken) -> Self {
        // The layers are cloned for every call, and the clone of a token takes a lock that all calls would share.
        Self { drain: Arc::new(drain) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Drain<S> {
    inner: S,
    drain: Arc<CancellationToken>,
}

impl<S> Layer<S> for DrainLayer {
    type Service = Drain<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Drain { inner, drain: Arc::clone(&self.drain) }
    }
}

impl<S, B> Service<Request<Body>> for Drain<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    type Response = Response<DrainedBody<B>>;
    type Error = Infallible;
    type Future = Drained<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let streams = request.extensions().get::<&'static Method>().is_some_and(|method| method.streams.server);
        let watch = streams.then(|| {
            let drain = CancellationToken::clone(&self.drain);
            Box::new(Watch { drain: Box::pin(drain.cancelled_owned()), idle: None })
        });
        Drained { inner: self.inner.call(request), watch }
    }
}

/// Waits for the drain to begin, and then for the stream to fall silent.
struct Watch {
    drain: Pin<Box<WaitForCancellationFutureOwned>>,
    idle: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    /// Ready when the stream, which has nothing to send, is to be ended.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.idle.is_none() {
            ready!(self.drain.as_mut().poll(cx));
            self.idle = Some(Box::pin(tokio::time::sleep(IDLE)));
        }
        match &mut self.idle {
            Some(idle) => idle.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    /// The stream has sent something: it is not idle.
    fn moved(&mut self) {
        if let Some(idle) = &mut self.idle {
            idle.as_mut().reset(tokio::time::Instant::now() + IDLE);
        }
    }
}

pin_project! {
    pub(crate) struct Drained<F> {
        #[pin]
        inner: F,
        watch: Option<Box<Watch>>,
    }
}

impl<F, B> Future for Drained<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<DrainedBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        let watch = this.watch.take();
        Poll::Ready(answer.map(|response| response.map(|inner| DrainedBody { inner, watch, ended: false })))
    }
}

pin_project! {
    /// A response body that ends with UNAVAILABLE when the server drains and nothing comes.
    #[derive(Default)]
    pub(crate) struct DrainedBody<B> {
        #[pin]
        inner: B,
        watch: Option<Box<Watch>>,
        ended: bool,
    }
}

impl<B: HttpBody> HttpBody for DrainedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = this.inner.poll_frame(cx) {
            if let Some(watch) = this.watch {
                watch.moved();
            }
            return Poll::Ready(frame);
        }
        match this.watch {
            Some(watch) => ready!(watch.poll_end(cx)),
            None => return Poll::Pending,
        }
        *this.ended = true;
        let mut trailers = HeaderMap::new();
        let leaving = Failure::DependencyDown { dependency: "server".to_owned() };
        // The status has no metadata, so that nothing can be wrong with its headers.
        let _ = leaving.status().add_header(&mut trailers);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
