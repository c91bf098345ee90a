//! `rogatory.disclosure.v1.PolicyService`: the desk for revisions of rule files, with proofs and comparisons.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::{
    disclosure::v1::{
        ComparePolicyRevisionsRequest, ComparePolicyRevisionsResponse, CreatePolicyRevisionRequest,
        GetPolicyRevisionRequest, ListPolicyRevisionsRequest, ListPolicyRevisionsResponse,
        PublishPolicyRevisionRequest, ValidatePolicyRevisionRequest, ValidatePolicyRevisionResponse,
        policy_service_server::PolicyService,
    },
    rulebook::v1::Revision,
};
use tonic::{Request, Response, Status};

use super::convert::policy as convert;
use crate::app::PolicyRevisions;

/// Answers `PolicyService`.
#[derive(Debug, Clone)]
pub(crate) struct PolicyDesk(pub(crate) PolicyRevisions);

#[tonic::async_trait]
impl PolicyService for PolicyDesk {
    async fn create_policy_revision(
        &self,
        request: Request<CreatePolicyRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let context = CallContext::of(&request)?;
        let m = request.get_ref();
        Ok(Response::new(self.0.desk.create(&context, &m.text, &m.request_id).await?))
    }

    async fn validate_policy_revision(
        &self,
        request: Request<ValidatePolicyRevisionRequest>,
    ) -> Result<Response<ValidatePolicyRevisionResponse>, Status> {
        let context = CallContext::of(&request)?;
        let (checked, proofs) = self.0.validate(&context, &request.get_ref().text).await?;
        Ok(Response::new(ValidatePolicyRevisionResponse {
            faults: checked.faults,
            digest: checked.digest,
            proofs: proofs.into_iter().map(convert::proof).collect(),
        }))
    }

    async fn get_policy_revision(
        &self,
        request: Request<GetPolicyRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        Ok(Response::new(self.0.desk.get(&request.get_ref().name).await?))
    }

    async fn list_policy_revisions(
        &self,
        request: Request<ListPolicyRevisionsRequest>,
    ) -> Result<Response<ListPolicyRevisionsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let m = request.get_ref();
        let page = self.0.desk.list(&context, &m.document, m.page_size, &m.page_token).await?;
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
        let ask = convert::publish_policy_revision(&self.0.desk, request.get_ref())?;
        Ok(Response::new(self.0.publish(&context, ask).await?))
    }

    async fn compare_policy_revisions(
        &self,
        request: Request<ComparePolicyRevisionsRequest>,
    ) -> Result<Response<ComparePolicyRevisionsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::compare_policy_revisions(request.into_inner())?;
        Ok(Response::new(convert::comparison(&self.0.compare(&context, &ask).await?)))
    }
}
