//! A panic ends its call with INTERNAL and nothing else: the process lives, the connection lives.
//!
//! What was panicking is logged by the hook of [`crate::telemetry`], which runs in the span of the call.

use std::{
    convert::Infallible,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::failure::Failure;

#[derive(Debug, Clone, Copy)]
pub(crate) struct CatchPanicLayer;

#[derive(Debug, Clone)]
pub(crate) struct CatchPanic<S> {
    inner: S,
}

impl<S> Layer<S> for CatchPanicLayer {
    type Service = CatchPanic<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CatchPanic { inner }
    }
}

impl<S, B> Service<Request<Body>> for CatchPanic<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    type Response = Response<CaughtBody<B>>;
    type Error = Infallible;
    type Future = Caught<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // A layer is never left half-changed by a panic: what it shares, it changes in one step.
        let inner = catch_unwind(AssertUnwindSafe(|| self.inner.call(request))).ok();
        Caught { inner }
    }
}

fn failed() -> Status {
    Failure::bug("panic").status()
}

pin_project! {
    pub(crate) struct Caught<F> {
        #[pin]
        inner: Option<F>,
    }
}

impl<F, B> Future for Caught<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<CaughtBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = match self.project().inner.as_pin_mut() {
            Some(inner) => catch_unwind(AssertUnwindSafe(|| inner.poll(cx))).ok(),
            None => None,
        };
        Poll::Ready(match polled {
            Some(answer) => ready!(answer).map(|response| response.map(|body| CaughtBody { inner: Some(body) })),
            None => Ok(failed().into_http()),
        })
    }
}

pin_project! {
    /// A response body whose panics end the stream with INTERNAL.
    pub(crate) struct CaughtBody<B> {
        #[pin]
        inner: Option<B>,
    }
}

impl<B> Default for CaughtBody<B> {
    fn default() -> Self {
        Self { inner: None }
    }
}

impl<B: HttpBody> HttpBody for CaughtBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Some(inner) = self.as_mut().project().inner.as_pin_mut() else { return Poll::Ready(None) };
        match catch_unwind(AssertUnwindSafe(|| inner.poll_frame(cx))) {
            Ok(polled) => polled,
            Err(_) => {
                self.project().inner.set(None);
                let mut trailers = HeaderMap::new();
                // The status has no metadata, so that nothing can be wrong with its headers.
                let _ = failed().add_header(&mut trailers);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}
