//! `rogatory.routing.v1.RoutingService`.

use rogatory_chassis::caller::CallContext;
use rogatory_proto::rogatory::routing::v1::{
    PlanRouteRequest, ResolveContactRequest, ResolveContactResponse, RoutePlan, routing_service_server::RoutingService,
};
use tonic::{Request, Response, Status};

use super::convert;
use crate::app::App;

/// Answers `RoutingService`.
#[derive(Debug, Clone)]
pub struct RoutingHandler(pub App);

#[tonic::async_trait]
impl RoutingService for RoutingHandler {
    async fn resolve_contact(
        &self,
        request: Request<ResolveContactRequest>,
    ) -> Result<Response<ResolveContactResponse>, Status> {
        let now = CallContext::of(&request)?.now;
        let ask = convert::resolve_contact(request.get_ref())?;
        let rules_time = ask.rules_time.unwrap_or(now);
        let resolved = self.0.resolve_contact(&ask.platform, ask.residence, rules_time)?;
        Ok(Response::new(convert::resolved(&resolved, now)))
    }

    async fn plan_route(&self, request: Request<PlanRouteRequest>) -> Result<Response<RoutePlan>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::plan_route(request.get_ref(), context.now)?;
        Ok(Response::new(convert::plan(&self.0.plan_route(&context, &ask).await?)))
    }
}
