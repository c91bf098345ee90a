//! `rogatory.disclosure.v1.PolicyService`, answered by the chassis's desk for revisions of rule files.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::{
    disclosure::v1::{
        CreatePolicyRevisionRequest, GetPolicyRevisionRequest, ListPolicyRevisionsRequest, ListPolicyRevisionsResponse,
        PublishPolicyRevisionRequest, ValidatePolicyRevisionRequest, ValidatePolicyRevisionResponse,
        policy_service_server::PolicyService,
    },
    rulebook::v1::Revision,
};
use tonic::{Request, Response, Status};

use crate::app::Policies;

/// Answers `PolicyService`.
#[derive(Debug, Clone)]
pub(crate) struct PolicyDesk(pub(crate) Policies);

#[tonic::async_trait]
impl PolicyService for PolicyDesk {
    async fn create_policy_revision(
        &self,
        request: Request<CreatePolicyRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let context = CallContext::of(&request)?;
        let m = request.get_ref();
        Ok(Response::new(self.0.create(&context, &m.text, &m.request_id).await?))
    }

    async fn validate_policy_revision(
        &self,
        request: Request<ValidatePolicyRevisionRequest>,
    ) -> Result<Response<ValidatePolicyRevisionResponse>, Status> {
        let checked = self.0.validate(&request.get_ref().text)?;
        Ok(Response::new(ValidatePolicyRevisionResponse { faults: checked.faults, digest: checked.digest }))
    }

    async fn get_policy_revision(
        &self,
        request: Request<GetPolicyRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        Ok(Response::new(self.0.get(&request.get_ref().name).await?))
    }

    async fn list_policy_revisions(
        &self,
        request: Request<ListPolicyRevisionsRequest>,
    ) -> Result<Response<ListPolicyRevisionsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let m = request.get_ref();
        let page = self.0.list(&context, &m.document, m.page_size, &m.page_token).await?;
        Ok(Response::new(ListPolicyRevisionsResponse {
            revisions: page.revisions,
            next_page_token: page.next_page_token,
        }))
    }

    async fn publish_policy_revision(
        &self,
        request: Request<PublishPolicyRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let context = CallContext::of(&request)?;
        let m = request.get_ref();
        let revision = self.0.publish(&context, &m.name, &m.etag, m.effective_time.as_ref(), &m.request_id).await?;
        Ok(Response::new(revision))
    }
}
