//! `rogatory.routing.v1.RoutingService`.

use std::pin::Pin;

use futures::{Stream, stream};
use rogatory_chassis::caller::CallContext;
use rogatory_proto::rogatory::routing::v1::{
    BatchResolveContactsRequest, BatchResolveContactsResponse, ClosePlanRequest, GetPlanRequest, PlanRouteRequest,
    ReplayPlanRequest, ReplayPlanResponse, ResolveContactRequest, ResolveContactResponse, RoutePlan,
    routing_service_server::RoutingService,
};
use tonic::{Request, Response, Status, Streaming};

use super::convert;
use crate::app::App;

/// Answers `RoutingService`.
#[derive(Debug, Clone)]
pub struct RoutingHandler(pub App);

#[tonic::async_trait]
impl RoutingService for RoutingHandler {
    type BatchResolveContactsStream =
        Pin<Box<dyn Stream<Item = Result<BatchResolveContactsResponse, Status>> + Send + 'static>>;

    async fn resolve_contact(
        &self,
        request: Request<ResolveContactRequest>,
    ) -> Result<Response<ResolveContactResponse>, Status> {
        let now = CallContext::of(&request)?.now;
        let ask = convert::resolve_contact(request.get_ref())?;
        let rules_time = ask.rules_time.unwrap_or(now);
        let resolved = self.0.resolve_contact(&ask.platform, ask.residence, rules_time).await?;
        Ok(Response::new(convert::resolved(&resolved, now)))
    }

    async fn batch_resolve_contacts(
        &self,
        request: Request<Streaming<BatchResolveContactsRequest>>,
    ) -> Result<Response<Self::BatchResolveContactsStream>, Status> {
        // A message is read when the answer to the one before it was taken, and not earlier: what a slow reader leaves
        // waits at the caller and not here.
        let answers = stream::try_unfold((request.into_inner(), self.0.clone()), async |(mut inbound, app)| {
            let Some(message) = inbound.message().await? else { return Ok(None) };
            let answer = convert::batch(&app, message, app.now()).await?;
            Ok(Some((answer, (inbound, app))))
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn plan_route(&self, request: Request<PlanRouteRequest>) -> Result<Response<RoutePlan>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::plan_route(request.get_ref(), context.now)?;
        Ok(Response::new(convert::planned(&self.0.plan_route(&context, ask).await?)))
    }

    async fn get_plan(&self, request: Request<GetPlanRequest>) -> Result<Response<RoutePlan>, Status> {
        let id = convert::plan_name(&request.get_ref().name)?;
        Ok(Response::new(convert::plan(&self.0.get_plan(id).await?)))
    }

    async fn replay_plan(&self, request: Request<ReplayPlanRequest>) -> Result<Response<ReplayPlanResponse>, Status> {
        let id = convert::plan_name(&request.get_ref().name)?;
        Ok(Response::new(convert::replayed(&self.0.replay_plan(id).await?)))
    }

    async fn close_plan(&self, request: Request<ClosePlanRequest>) -> Result<Response<RoutePlan>, Status> {
        let context = CallContext::of(&request)?;
        let (id, key) = convert::close_plan(request.get_ref())?;
        Ok(Response::new(convert::plan(&self.0.close_plan(&context, id, &key).await?)))
    }
}
