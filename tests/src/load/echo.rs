//! The baseline: a bare tonic server that answers `ResolveContact` with a message of the same size, and nothing else. No
//! token is looked at, no deadline kept, nothing traced.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use prost::Message as _;
use rogatory_proto::rogatory::routing::v1::{ResolveContactRequest, ResolveContactResponse};
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService, UnaryService},
};
use tonic_prost::ProstCodec;

/// Serves the echo until the process ends. The answer is read from the encoded message that the real service gave.
///
/// # Errors
/// When the answer is no message or the address cannot be had.
pub async fn serve(address: SocketAddr, answer: &[u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let answer = Arc::new(ResolveContactResponse::decode(answer)?);
    tonic::transport::Server::builder().add_service(Echo { answer }).serve(address).await?;
    Ok(())
}

#[derive(Debug, Clone)]
struct Echo {
    answer: Arc<ResolveContactResponse>,
}

impl NamedService for Echo {
    const NAME: &'static str = "rogatory.routing.v1.RoutingService";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move { Ok(Grpc::new(ProstCodec::default()).unary(Unary(echo), request).await) })
    }
}

struct Unary(Echo);

impl UnaryService<ResolveContactRequest> for Unary {
    type Response = ResolveContactResponse;
    type Future = Ready<Result<Response<ResolveContactResponse>, Status>>;

    fn call(&mut self, _: Request<ResolveContactRequest>) -> Self::Future {
        ready(Ok(Response::new((*self.0.answer).clone())))
    }
}
