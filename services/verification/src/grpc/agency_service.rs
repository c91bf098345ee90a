//! `rogatory.verification.v1.AgencyService`.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::verification::v1::{
    Agency, CreateAgencyRequest, GetAgencyRequest, ListAgenciesRequest, ListAgenciesResponse, UpdateAgencyRequest,
    agency_service_server::AgencyService,
};
use tonic::{Request, Response, Status};

use super::convert;
use crate::app::Verifying;

/// Answers `AgencyService`.
#[derive(Debug, Clone)]
pub struct AgencyHandler(pub Verifying);

#[tonic::async_trait]
impl AgencyService for AgencyHandler {
    async fn create_agency(&self, request: Request<CreateAgencyRequest>) -> Result<Response<Agency>, Status> {
        let context = CallContext::of(&request)?;
        let (entry, phones, key) = convert::create_agency(request.get_ref(), self.0.rules())?;
        let created = self.0.create_agency(&context, &entry, &phones, &key).await?;
        Ok(Response::new(convert::agency(&created)))
    }

    async fn get_agency(&self, request: Request<GetAgencyRequest>) -> Result<Response<Agency>, Status> {
        let found = self.0.get_agency(convert::get_agency(request.get_ref())?).await?;
        Ok(Response::new(convert::agency(&found)))
    }

    async fn list_agencies(
        &self,
        request: Request<ListAgenciesRequest>,
    ) -> Result<Response<ListAgenciesResponse>, Status> {
        let (context, message) = (CallContext::of(&request)?, request.get_ref());
        let (filter, size) = convert::list_agencies(message)?;
        let page = self.0.list_agencies(&context, &filter, size, &message.page_token).await?;
        let agencies = page.items.iter().map(convert::agency).collect();
        Ok(Response::new(ListAgenciesResponse { agencies, next_page_token: page.next_page_token }))
    }

    async fn update_agency(&self, request: Request<UpdateAgencyRequest>) -> Result<Response<Agency>, Status> {
        let context = CallContext::of(&request)?;
        let (at, entry, phones, key) = convert::update_agency(request.get_ref(), self.0.rules())?;
        let updated = self.0.update_agency(&context, at, &entry, &phones, &key).await?;
        Ok(Response::new(convert::agency(&updated)))
    }
}
