//! Gives every error one `ErrorInfo`, also those that tonic makes by itself before or after a handler, and puts the
//! correlation id into internal ones.
//!
//! Handlers fail with [`Failure`] only, and that always has details. So a status without details was made by tonic, and
//! its code tells what happened: OUT_OF_RANGE is a message over the limit, INTERNAL while the caller sends is a message
//! that cannot be decoded, UNIMPLEMENTED is a method that is not there.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderName, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use crate::{access::Method, caller::CorrelationId, failure::Failure};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// The largest message that a generated server of tonic takes unless it is told otherwise; none of ours is.
const MOST_MESSAGE_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerLayer;

#[derive(Debug, Clone)]
pub(crate) struct Answer<S> {
    inner: S,
}

impl<S> Layer<S> for AnswerLayer {
    type Service = Answer<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Answer { inner }
    }
}

impl<S, B> Service<Request<Body>> for Answer<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    type Response = Response<AnsweredBody<B>>;
    type Error = Infallible;
    type Future = Answered<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let known = Known {
            correlation_id: request.extensions().get::<CorrelationId>().cloned(),
            method: request.extensions().get::<&'static Method>().copied(),
        };
        Answered { inner: self.inner.call(request), known: Some(known) }
    }
}

/// What the mending of an error needs to know of its call.
#[derive(Debug)]
struct Known {
    correlation_id: Option<CorrelationId>,
    method: Option<&'static Method>,
}

impl Known {
    /// Mends the status in `headers`. `answering`: whether an answer was under way.
    fn mend(&self, headers: &mut HeaderMap, answering: bool) {
        let code = match headers.get(STATUS) {
            None => return,
            Some(status) if status.as_bytes() == b"0" => return,
            Some(status) => Code::from_bytes(status.as_bytes()),
        };
        let by_tonic = !headers.contains_key(DETAILS);
        // Whether there was still a message of the caller to decode, and so one that could not be.
        let decoding = !answering || self.method.is_some_and(|method| method.streams.client);
        let status = match code {
            Code::Internal if by_tonic && decoding => unreadable(),
            Code::Internal => Failure::internal_status(self.correlation_id.as_ref().map_or("", CorrelationId::as_str)),
            _ if !by_tonic => return,
            Code::OutOfRange | Code::ResourceExhausted => Failure::TooLarge { limit: MOST_MESSAGE_BYTES }.status(),
            Code::Unimplemented if headers.contains_key("grpc-accept-encoding") => {
                Failure::field("grpc-encoding", "is a compression that the server does not take").status()
            }
            Code::Unimplemented => {
                let path = self.method.map_or("", |method| method.path);
                Failure::NoSuchMethod { method: path.to_owned() }.status()
            }
            Code::NotFound => Failure::not_found("service").status(),
            Code::Cancelled | Code::DeadlineExceeded => Failure::Deadline.status(),
            Code::InvalidArgument => unreadable(),
            other => {
                // Nothing that is known makes these; whatever did must be found.
                tracing::error!(code = ?other, "a status without details");
                Failure::internal_status(self.correlation_id.as_ref().map_or("", CorrelationId::as_str))
            }
        };
        headers.remove(MESSAGE);
        // The status has no metadata, so that nothing can be wrong with its headers.
        let _ = status.add_header(headers);
    }
}

fn unreadable() -> Status {
    Failure::field("request", "is not a message of this method: it cannot be decoded").status()
}

pin_project! {
    pub(crate) struct Answered<F> {
        #[pin]
        inner: F,
        known: Option<Known>,
    }
}

impl<F, B> Future for Answered<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<AnsweredBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.inner.poll(cx));
        let known = this.known.take();
        if let (Ok(response), Some(known)) = (&mut answer, &known) {
            known.mend(response.headers_mut(), false);
        }
        Poll::Ready(answer.map(|response| response.map(|inner| AnsweredBody { inner, known })))
    }
}

pin_project! {
    /// A response body whose trailers are mended too.
    #[derive(Default)]
    pub(crate) struct AnsweredBody<B> {
        #[pin]
        inner: B,
        known: Option<Known>,
    }
}

impl<B: HttpBody> HttpBody for AnsweredBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let mut frame = ready!(this.inner.poll_frame(cx));
        if let (Some(Ok(frame)), Some(known)) = (&mut frame, &this.known)
            && let Some(trailers) = frame.trailers_mut()
        {
            known.mend(trailers, true);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
