//! Turns calls away when the server has as many in hand as it takes: an answer that says "later" at once is worth more
//! than one that comes too late.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{access::Method, failure::Failure, settings::LimitSettings};

/// Two purses: a stream may stay open for days and must not use up what calls need.
#[derive(Debug, Clone)]
pub(crate) struct ShedLayer {
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl ShedLayer {
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        let purse = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self { calls: purse(limits.max_in_flight), streams: purse(limits.max_streams) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Shed<S> {
    inner: S,
    purses: ShedLayer,
}

impl<S> Layer<S> for ShedLayer {
    type Service = Shed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Shed { inner, purses: self.clone() }
    }
}

impl<S, B> Service<Request<Body>> for Shed<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: Default,
{
    type Response = Response<HeldBody<B>>;
    type Error = Infallible;
    type Future = Held<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let streaming = request.extensions().get::<&'static Method>().is_some_and(|method| method.streams.any());
        let purse = if streaming { &self.purses.streams } else { &self.purses.calls };
        match Arc::clone(purse).try_acquire_owned() {
            Ok(permit) => Held { inner: Some(self.inner.call(request)), permit: Some(permit) },
            Err(_) => Held { inner: None, permit: None },
        }
    }
}

pin_project! {
    pub(crate) struct Held<F> {
        #[pin]
        inner: Option<F>,
        permit: Option<OwnedSemaphorePermit>,
    }
}

impl<F, B> Future for Held<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
    B: Default,
{
    type Output = Result<Response<HeldBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(Ok(Failure::Overloaded.status().into_http()));
        };
        let answer = ready!(inner.poll(cx));
        let permit = this.permit.take();
        Poll::Ready(answer.map(|response| response.map(|inner| HeldBody { inner, permit })))
    }
}

pin_project! {
    /// A response body that keeps its call's permit until it is sent or dropped.
    #[derive(Default)]
    pub(crate) struct HeldBody<B> {
        #[pin]
        inner: B,
        permit: Option<OwnedSemaphorePermit>,
    }
}

impl<B: HttpBody> HttpBody for HeldBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
