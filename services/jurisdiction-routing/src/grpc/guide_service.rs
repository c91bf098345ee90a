//! `rogatory.routing.v1.GuideService`: the revision desk, and what a change of the guide would change.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::{
    routing::v1::{
        CompareGuideRevisionsRequest, CompareGuideRevisionsResponse, CreateGuideRevisionRequest,
        GetGuideRevisionRequest, ListGuideRevisionsRequest, ListGuideRevisionsResponse, PublishGuideRevisionRequest,
        ValidateGuideRevisionRequest, ValidateGuideRevisionResponse, guide_service_server::GuideService,
    },
    rulebook::v1::Revision,
};
use tonic::{Request, Response, Status};

use super::convert;
use crate::app::{App, Guides};

/// Answers `GuideService`.
#[derive(Debug, Clone)]
pub struct GuideDesk(pub Guides, pub App);

#[tonic::async_trait]
impl GuideService for GuideDesk {
    async fn create_guide_revision(
        &self,
        request: Request<CreateGuideRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        Ok(Response::new(self.0.create(&context, &m.text, &m.request_id).await?))
    }

    async fn validate_guide_revision(
        &self,
        request: Request<ValidateGuideRevisionRequest>,
    ) -> Result<Response<ValidateGuideRevisionResponse>, Status> {
        let checked = self.0.validate(&request.get_ref().text)?;
        Ok(Response::new(ValidateGuideRevisionResponse { faults: checked.faults, digest: checked.digest }))
    }

    async fn get_guide_revision(
        &self,
        request: Request<GetGuideRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        Ok(Response::new(self.0.get(&request.get_ref().name).await?))
    }

    async fn list_guide_revisions(
        &self,
        request: Request<ListGuideRevisionsRequest>,
    ) -> Result<Response<ListGuideRevisionsResponse>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        let page = self.0.list(&context, &m.document, m.page_size, &m.page_token).await?;
        let (revisions, next_page_token) = (page.revisions, page.next_page_token);
        Ok(Response::new(ListGuideRevisionsResponse { revisions, next_page_token }))
    }

    async fn compare_guide_revisions(
        &self,
        request: Request<CompareGuideRevisionsRequest>,
    ) -> Result<Response<CompareGuideRevisionsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let ask = convert::compare_guide_revisions(request.into_inner())?;
        Ok(Response::new(convert::comparison(self.1.compare_guide_revisions(&context, &ask).await?)))
    }

    async fn publish_guide_revision(
        &self,
        request: Request<PublishGuideRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        let effective = m.effective_time.as_ref();
        Ok(Response::new(self.0.publish(&context, &m.name, &m.etag, effective, &m.request_id).await?))
    }
}
