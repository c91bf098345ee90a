//! The way of every call: one layer per file, in one visible order.

mod answer;
mod caller;
pub(crate) mod correlation;
mod deadline;
mod drain;
mod panic;
mod shed;
mod trace;

use std::{convert::Infallible, sync::Arc};

use http::{Request, Response};
use prost::bytes::Bytes;
use tokio_util::sync::CancellationToken;
use tonic::{body::Body, service::Routes};
use tower::{BoxError, Service, ServiceBuilder};

use crate::{access::Methods, clock::Clock, identity::Identity, settings::LimitSettings};

/// What the layers need.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) methods: Arc<Methods>,
    pub(crate) limits: LimitSettings,
    pub(crate) identity: Option<Arc<Identity>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Cancelled when the server has stopped taking connections and waits for the calls in hand.
    pub(crate) drain: CancellationToken,
}

/// Puts the layers around the mounted services, outermost first.
pub(crate) fn assemble(
    routes: Routes,
    parts: Parts,
) -> impl Service<
    Request<Body>,
    Response = Response<impl http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static {
    ServiceBuilder::new()
        // Outermost, so that a fault in any layer below ends one call and not the process.
        .layer(panic::CatchPanicLayer)
        // Next, so that everything that follows, refusals too, can be found under one id.
        .layer(correlation::CorrelationLayer)
        // Before anything may refuse, so that refusals are counted and traced like answers.
        .layer(trace::TraceLayer::new(parts.methods))
        // Before any work, so that the time which checking the caller takes counts too.
        .layer(deadline::DeadlineLayer { limits: parts.limits.clone() })
        // Before the body is read: who may not call cannot make the server decode, validate or look anything up.
        .layer(caller::CallerLayer { identity: parts.identity, clock: parts.clock })
        // After the caller is known, so that strangers cannot use up what callers need.
        .layer(shed::ShedLayer::new(&parts.limits))
        // Around what streams, so that one that only waits does not keep the server from ending.
        .layer(drain::DrainLayer::new(parts.drain))
        // Around the handler, so that what tonic answers by itself is mended before metrics and logs see it.
        .layer(answer::AnswerLayer)
        // Once more, innermost, so that a panicking handler keeps its correlation id, metric and permit in order.
        .layer(panic::CatchPanicLayer)
        .service(routes.prepare())
}
