//! `rogatory.verification.v1.RuleService`: the revision desk.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::{
    rulebook::v1::Revision,
    verification::v1::{
        CreateRuleRevisionRequest, GetRuleRevisionRequest, ListRuleRevisionsRequest, ListRuleRevisionsResponse,
        PublishRuleRevisionRequest, ValidateRuleRevisionRequest, ValidateRuleRevisionResponse,
        rule_service_server::RuleService,
    },
};
use tonic::{Request, Response, Status};

use crate::app::Desk;

/// Answers `RuleService`.
#[derive(Debug, Clone)]
pub struct RuleDesk(pub Desk);

#[tonic::async_trait]
impl RuleService for RuleDesk {
    async fn create_rule_revision(
        &self,
        request: Request<CreateRuleRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        Ok(Response::new(self.0.create(&context, &m.text, &m.request_id).await?))
    }

    async fn validate_rule_revision(
        &self,
        request: Request<ValidateRuleRevisionRequest>,
    ) -> Result<Response<ValidateRuleRevisionResponse>, Status> {
        let checked = self.0.validate(&request.get_ref().text)?;
        Ok(Response::new(ValidateRuleRevisionResponse { faults: checked.faults, digest: checked.digest }))
    }

    async fn get_rule_revision(&self, request: Request<GetRuleRevisionRequest>) -> Result<Response<Revision>, Status> {
        Ok(Response::new(self.0.get(&request.get_ref().name).await?))
    }

    async fn list_rule_revisions(
        &self,
        request: Request<ListRuleRevisionsRequest>,
    ) -> Result<Response<ListRuleRevisionsResponse>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        let page = self.0.list(&context, &m.document, m.page_size, &m.page_token).await?;
        let (revisions, next_page_token) = (page.revisions, page.next_page_token);
        Ok(Response::new(ListRuleRevisionsResponse { revisions, next_page_token }))
    }

    async fn publish_rule_revision(
        &self,
        request: Request<PublishRuleRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        let effective = m.effective_time.as_ref();
        Ok(Response::new(self.0.publish(&context, &m.name, &m.etag, effective, &m.request_id).await?))
    }
}
