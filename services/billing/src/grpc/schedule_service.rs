//! `rogatory.billing.v1.ScheduleService`, answered by the revision desk.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::{
    billing::v1::{
        CreateScheduleRevisionRequest, GetScheduleRevisionRequest, ListScheduleRevisionsRequest,
        ListScheduleRevisionsResponse, PublishScheduleRevisionRequest, ValidateScheduleRevisionRequest,
        ValidateScheduleRevisionResponse, schedule_service_server::ScheduleService,
    },
    rulebook::v1::Revision,
};
use tonic::{Request, Response, Status};

use crate::app::Schedules;

/// Answers `ScheduleService`.
#[derive(Debug, Clone)]
pub struct ScheduleDesk(pub Schedules);

#[tonic::async_trait]
impl ScheduleService for ScheduleDesk {
    async fn create_schedule_revision(
        &self,
        request: Request<CreateScheduleRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        Ok(Response::new(self.0.create(&context, &m.text, &m.request_id).await?))
    }

    async fn validate_schedule_revision(
        &self,
        request: Request<ValidateScheduleRevisionRequest>,
    ) -> Result<Response<ValidateScheduleRevisionResponse>, Status> {
        let checked = self.0.validate(&request.get_ref().text)?;
        Ok(Response::new(ValidateScheduleRevisionResponse { faults: checked.faults, digest: checked.digest }))
    }

    async fn get_schedule_revision(
        &self,
        request: Request<GetScheduleRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        Ok(Response::new(self.0.get(&request.get_ref().name).await?))
    }

    async fn list_schedule_revisions(
        &self,
        request: Request<ListScheduleRevisionsRequest>,
    ) -> Result<Response<ListScheduleRevisionsResponse>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        let page = self.0.list(&context, &m.document, m.page_size, &m.page_token).await?;
        let (revisions, next_page_token) = (page.revisions, page.next_page_token);
        Ok(Response::new(ListScheduleRevisionsResponse { revisions, next_page_token }))
    }

    async fn publish_schedule_revision(
        &self,
        request: Request<PublishScheduleRevisionRequest>,
    ) -> Result<Response<Revision>, Status> {
        let (context, m) = (CallContext::of(&request)?, request.get_ref());
        let effective = m.effective_time.as_ref();
        Ok(Response::new(self.0.publish(&context, &m.name, &m.etag, effective, &m.request_id).await?))
    }
}
