//! Gives the call its correlation id, from the caller's `x-request-id` or a new one, and tells it back.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderName, Request, Response};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::caller::CorrelationId;

/// The header that carries the correlation id, in and out.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Debug, Clone, Copy)]
pub(crate) struct CorrelationLayer;

#[derive(Debug, Clone)]
pub(crate) struct Correlation<S> {
    inner: S,
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = Correlation<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Correlation { inner }
    }
}

impl<S, B> Service<Request<Body>> for Correlation<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Correlated<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let id = request.headers().get(HEADER).and_then(CorrelationId::accept).unwrap_or_else(CorrelationId::generate);
        request.extensions_mut().insert(id.clone());
        Correlated { inner: self.inner.call(request), id }
    }
}

pin_project! {
    pub(crate) struct Correlated<F> {
        #[pin]
        inner: F,
        id: CorrelationId,
    }
}

impl<F, B> Future for Correlated<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<B>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.inner.poll(cx));
        if let Ok(response) = &mut answer {
            response.headers_mut().insert(HEADER, this.id.header());
        }
        Poll::Ready(answer)
    }
}
