//! Says who calls and whether they may, before a byte of the message is read.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{
    access::Method,
    caller::{CallContext, Caller, CorrelationId},
    clock::Clock,
    failure::Failure,
    identity::{Identity, Refusal},
    listener::Arrival,
    stack::{deadline::Deadline, trace::InTrace},
};

#[derive(Debug, Clone)]
pub(crate) struct CallerLayer {
    pub(crate) identity: Option<Arc<Identity>>,
    pub(crate) clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone)]
pub(crate) struct Callers<S> {
    inner: S,
    layer: CallerLayer,
}

impl<S> Layer<S> for CallerLayer {
    type Service = Callers<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Callers { inner, layer: self.clone() }
    }
}

impl<S, B> Service<Request<Body>> for Callers<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
    B: Default,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Called<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let state = match self.layer.recognise(&request) {
            Ok(Recognised::Known(caller)) => match admit(&mut request, caller, self.layer.clock.as_ref()) {
                Ok(()) => State::Calling { inner: self.inner.call(request) },
                Err(refused) => State::Refused { failure: Some(refused) },
            },
            Ok(Recognised::Unverified(token)) => {
                let identity = self.layer.identity.clone();
                let verdict: BoxFuture<'static, Result<Caller, Refusal>> = Box::pin(async move {
                    match identity {
                        Some(identity) => identity.verify(token.as_bytes()).await,
                        None => Err("no-issuer"),
                    }
                });
                let (inner, clock) = (self.inner.clone(), Arc::clone(&self.layer.clock));
                State::Verifying { verdict, held: Some((request, inner, clock)) }
            }
            Err(cause) => State::Refused { failure: Some(Failure::CredentialInvalid { cause }) },
        };
        Called { state }
    }
}

enum Recognised {
    Known(Caller),
    Unverified(String),
}

impl CallerLayer {
    /// A token decides where there is one; else the certificate of the connection.
    fn recognise(&self, request: &Request<Body>) -> Result<Recognised, Refusal> {
        let Some(token) = token(request.headers())? else {
            let peer = request.extensions().get::<Arrival>().and_then(|arrival| arrival.peer);
            return peer.map(|peer| Recognised::Known(Caller::Peer(peer))).ok_or("missing");
        };
        match self.identity.as_ref().and_then(|identity| identity.remembered(token.as_bytes())) {
            Some(caller) => Ok(Recognised::Known(caller)),
            None => Ok(Recognised::Unverified(token.to_owned())),
        }
    }
}

fn token(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(http::header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| "malformed")?;
    match text.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => Ok(Some(token.trim())),
        _ => Err("scheme"),
    }
}

/// Puts the context of an admitted call into the request.
fn admit(request: &mut Request<Body>, caller: Caller, clock: &dyn Clock) -> Result<(), Failure> {
    let path = || request.uri().path().to_owned();
    let Some(method) = request.extensions().get::<&'static Method>().copied() else {
        return Err(Failure::NoSuchMethod { method: path() });
    };
    if !method.access.admits(&caller) {
        tracing::Span::current().record("caller", caller.actor());
        return Err(Failure::CallerNotListed { method: path() });
    }
    let extensions = request.extensions_mut();
    let Some(Deadline(deadline)) = extensions.get::<Deadline>().copied() else {
        return Err(Failure::bug("the deadline layer does not stand before the caller layer"));
    };
    let context = CallContext {
        caller,
        correlation_id: extensions.get::<CorrelationId>().cloned().unwrap_or_else(CorrelationId::generate),
        deadline,
        method: method.path,
        now: clock.now(),
        trace: extensions.remove::<InTrace>().map(|InTrace(context)| context),
    };
    extensions.insert(context);
    Ok(())
}

pin_project! {
    pub(crate) struct Called<S>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S>,
    }
}

type Held<S> = (Request<Body>, S, Arc<dyn Clock>);

pin_project! {
    #[project = StateProjection]
    enum State<S>
    where
        S: Service<Request<Body>>,
    {
        Verifying { verdict: BoxFuture<'static, Result<Caller, Refusal>>, held: Option<Held<S>> },
        Calling { #[pin] inner: S::Future },
        Refused { failure: Option<Failure> },
    }
}

impl<S, B> Future for Called<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: Default,
{
    type Output = Result<Response<B>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Calling { inner } => return inner.poll(cx),
                StateProjection::Refused { failure } => {
                    let failure = failure.take().unwrap_or_else(|| Failure::bug("polled after it was answered"));
                    return Poll::Ready(Ok(failure.status().into_http()));
                }
                StateProjection::Verifying { verdict, held } => {
                    let verdict = ready!(verdict.as_mut().poll(cx));
                    match (verdict, held.take()) {
                        (Ok(caller), Some((mut request, mut inner, clock))) => {
                            match admit(&mut request, caller, clock.as_ref()) {
                                Ok(()) => State::Calling { inner: inner.call(request) },
                                Err(refused) => State::Refused { failure: Some(refused) },
                            }
                        }
                        (Err(cause), _) => State::Refused { failure: Some(Failure::CredentialInvalid { cause }) },
                        (Ok(_), None) => State::Refused { failure: None },
                    }
                }
            };
            this.state.set(next);
        }
    }
}
