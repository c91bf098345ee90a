//! `rogatory.disclosure.v1.ScopeService`.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::disclosure::v1::{
    ApproveDecisionRequest, Decision, EvaluateScopeRequest, EvaluateScopeResponse, GetDecisionRequest,
    ListDecisionsRequest, ListDecisionsResponse, ProposeDecisionRequest, RecordAuthorityApprovalRequest,
    RejectDecisionRequest, ReplayDecisionRequest, ReplayDecisionResponse, scope_service_server::ScopeService,
};
use tonic::{Request, Response, Status};

use super::convert::scope as convert;
use crate::app::Disclosure;

/// Answers `ScopeService`.
#[derive(Debug, Clone)]
pub(crate) struct ScopeHandler(pub(crate) Disclosure);

#[tonic::async_trait]
impl ScopeService for ScopeHandler {
    async fn evaluate_scope(
        &self,
        request: Request<EvaluateScopeRequest>,
    ) -> Result<Response<EvaluateScopeResponse>, Status> {
        let context = CallContext::of(&request)?;
        let (facts, rules_time) = convert::evaluate_scope(request.get_ref())?;
        let evaluated = self.0.evaluate_scope(&context, &facts, rules_time).await?;
        Ok(Response::new(convert::evaluated(&evaluated)))
    }

    async fn propose_decision(&self, request: Request<ProposeDecisionRequest>) -> Result<Response<Decision>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::propose_decision(request.get_ref(), &context)?;
        let decision = self.0.propose_decision(&context, &call).await?;
        Ok(Response::new(convert::decision(&decision)))
    }

    async fn get_decision(&self, request: Request<GetDecisionRequest>) -> Result<Response<Decision>, Status> {
        let id = convert::decision_name(&request.get_ref().name)?;
        let decision = self.0.get_decision(id).await?;
        Ok(Response::new(convert::decision(&decision)))
    }

    async fn list_decisions(
        &self,
        request: Request<ListDecisionsRequest>,
    ) -> Result<Response<ListDecisionsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let (of_request, state, paging) = convert::list_decisions(request.get_ref())?;
        let page = self.0.list_decisions(&context, of_request, state, &paging).await?;
        Ok(Response::new(convert::decisions(&page)))
    }

    async fn approve_decision(&self, request: Request<ApproveDecisionRequest>) -> Result<Response<Decision>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::approve_decision(request.get_ref())?;
        let decision = self.0.approve_decision(&context, &call).await?;
        Ok(Response::new(convert::decision(&decision)))
    }

    async fn record_authority_approval(
        &self,
        request: Request<RecordAuthorityApprovalRequest>,
    ) -> Result<Response<Decision>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::record_authority_approval(request.get_ref(), &context)?;
        let decision = self.0.record_authority_approval(&context, &call).await?;
        Ok(Response::new(convert::decision(&decision)))
    }

    async fn replay_decision(
        &self,
        request: Request<ReplayDecisionRequest>,
    ) -> Result<Response<ReplayDecisionResponse>, Status> {
        let context = CallContext::of(&request)?;
        let id = convert::decision_name(&request.get_ref().name)?;
        let replay = self.0.replay_decision(&context, id).await?;
        Ok(Response::new(convert::replayed(&replay)))
    }

    async fn reject_decision(&self, request: Request<RejectDecisionRequest>) -> Result<Response<Decision>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::reject_decision(request.get_ref())?;
        let decision = self.0.reject_decision(&context, &call).await?;
        Ok(Response::new(convert::decision(&decision)))
    }
}
