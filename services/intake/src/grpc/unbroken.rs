//! An upload that breaks off must not look like one that ended.
//!
//! A caller that goes away resets its stream, and tonic takes a reset of a request's body for its end: what had come until
//! then would be stored as the whole document. Here the body says so: unless the caller ended it, its end is a failure.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use http_body::{Frame, SizeHint};
use prost::bytes::Bytes;
use rogatory_chassis::Failure;
use tonic::{Status, body::Body, server::NamedService};
use tower::Service;

/// A server whose request bodies fail when they break off.
#[derive(Debug, Clone)]
pub struct Unbroken<S>(pub S);

impl<S> Service<Request<Body>> for Unbroken<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        self.0.call(request.map(|body| Body::new(Ending { body })))
    }
}

impl<S: NamedService> NamedService for Unbroken<S> {
    const NAME: &'static str = S::NAME;
}

/// A body that tells its end from its breaking off.
struct Ending {
    body: Body,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let broke_off = match &frame {
            Some(Ok(_)) => false,
            Some(Err(_)) => true,
            None => !self.body.is_end_stream(),
        };
        // The caller is gone and reads no answer; any code but CANCELLED, which is what is taken for an end.
        Poll::Ready(if broke_off { Some(Err(Failure::Deadline.into())) } else { frame })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
