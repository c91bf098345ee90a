//! The baseline: a bare tonic server that reads the request of one RPC, answers it with a message of the same size as the
//! real service, and does nothing else. No token is looked at, no deadline kept, nothing traced.

use std::{
    convert::Infallible,
    error::Error,
    future::{Ready, ready},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use clap::ValueEnum;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use prost::Message;
use rogatory_proto::rogatory::{
    disclosure::v1::{CheckDisclosureRequest, CheckDisclosureResponse},
    routing::v1::{
        BatchResolveContactsRequest, BatchResolveContactsResponse, PlanRouteRequest, ResolveContactRequest,
        ResolveContactResponse, RoutePlan,
    },
    verification::v1::{OpenVerificationRequest, Verification},
};
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService, StreamingService, UnaryService},
};

use super::codec::SharedCodec;

/// An RPC that has a bare echo.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Rpc {
    /// `RoutingService.ResolveContact`.
    ResolveContact,
    /// `RoutingService.PlanRoute`.
    PlanRoute,
    /// `RoutingService.BatchResolveContacts`: one answer for each message.
    BatchResolveContacts,
    /// `VerificationService.OpenVerification`.
    OpenVerification,
    /// `GrantService.CheckDisclosure`.
    CheckDisclosure,
}

impl Rpc {
    /// Its name on the command line.
    #[must_use]
    pub fn key(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Serves the echo until the process ends. The answer is read from the encoded message that the real service gave.
///
/// # Errors
/// When the answer is no message of the RPC or the address cannot be had.
pub async fn serve(rpc: Rpc, address: SocketAddr, answer: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
    match rpc {
        Rpc::ResolveContact => listen(address, answer, unary::<ResolveContactRequest, ResolveContactResponse>).await,
        Rpc::PlanRoute => listen(address, answer, unary::<PlanRouteRequest, RoutePlan>).await,
        Rpc::BatchResolveContacts => {
            listen(address, answer, streaming::<BatchResolveContactsRequest, BatchResolveContactsResponse>).await
        }
        Rpc::OpenVerification => listen(address, answer, unary::<OpenVerificationRequest, Verification>).await,
        Rpc::CheckDisclosure => listen(address, answer, unary::<CheckDisclosureRequest, CheckDisclosureResponse>).await,
    }
}

/// An answer, and the service that gives it.
trait Served: Message + Default + 'static {
    const SERVICE: &'static str;
}

const ROUTING: &str = "rogatory.routing.v1.RoutingService";

impl Served for ResolveContactResponse {
    const SERVICE: &'static str = ROUTING;
}

impl Served for RoutePlan {
    const SERVICE: &'static str = ROUTING;
}

impl Served for BatchResolveContactsResponse {
    const SERVICE: &'static str = ROUTING;
}

impl Served for Verification {
    const SERVICE: &'static str = "rogatory.verification.v1.VerificationService";
}

impl Served for CheckDisclosureResponse {
    const SERVICE: &'static str = "rogatory.disclosure.v1.GrantService";
}

/// How a call is answered.
type Handler<A> = fn(Fixed<A>, http::Request<Body>) -> BoxFuture<http::Response<Body>, Infallible>;

async fn listen<A: Served>(
    address: SocketAddr,
    answer: &[u8],
    handler: Handler<A>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let answer = Fixed(Arc::new(A::decode(answer)?));
    tonic::transport::Server::builder().add_service(Echo { answer, handler }).serve(address).await?;
    Ok(())
}

struct Echo<A> {
    answer: Fixed<A>,
    handler: Handler<A>,
}

impl<A> Clone for Echo<A> {
    fn clone(&self) -> Self {
        Self { answer: self.answer.clone(), handler: self.handler }
    }
}

impl<A: Served> NamedService for Echo<A> {
    const NAME: &'static str = A::SERVICE;
}

impl<A> Service<http::Request<Body>> for Echo<A> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        (self.handler)(self.answer.clone(), request)
    }
}

fn unary<Q, A>(answer: Fixed<A>, request: http::Request<Body>) -> BoxFuture<http::Response<Body>, Infallible>
where
    Q: Message + Default + 'static,
    A: Message + 'static,
{
    Box::pin(async move { Ok(Grpc::new(SharedCodec::<A, Q>::default()).unary(answer, request).await) })
}

fn streaming<Q, A>(answer: Fixed<A>, request: http::Request<Body>) -> BoxFuture<http::Response<Body>, Infallible>
where
    Q: Message + Default + 'static,
    A: Message + 'static,
{
    Box::pin(async move { Ok(Grpc::new(SharedCodec::<A, Q>::default()).streaming(answer, request).await) })
}

/// The one answer to every message.
struct Fixed<A>(Arc<A>);

impl<A> Clone for Fixed<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> UnaryService<Q> for Fixed<A> {
    type Response = Arc<A>;
    type Future = Ready<Result<Response<Arc<A>>, Status>>;

    fn call(&mut self, _: Request<Q>) -> Self::Future {
        ready(Ok(Response::new(Arc::clone(&self.0))))
    }
}

impl<Q: Send + 'static, A: Send + Sync + 'static> StreamingService<Q> for Fixed<A> {
    type Response = Arc<A>;
    type ResponseStream = BoxStream<'static, Result<Arc<A>, Status>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<Q>>) -> Self::Future {
        let answer = Arc::clone(&self.0);
        let answers = request.into_inner().map_ok(move |_| Arc::clone(&answer));
        ready(Ok(Response::new(answers.boxed())))
    }
}
