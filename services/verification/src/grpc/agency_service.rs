//! `rogatory.verification.v1.AgencyService`.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::verification::v1::{
    Agency, Compromise, CreateAgencyRequest, GetAgencyRequest, GetCompromiseRequest, ListAgenciesRequest,
    ListAgenciesResponse, ListCompromisedProductionsRequest, ListCompromisedProductionsResponse,
    ReportCompromiseRequest, UpdateAgencyRequest, agency_service_server::AgencyService,
};
use tonic::{Request, Response, Status};

use super::convert::{agency as convert, compromise};
use crate::app::Verifying;

/// Answers `AgencyService`.
#[derive(Debug, Clone)]
pub struct AgencyHandler(pub Verifying);

#[tonic::async_trait]
impl AgencyService for AgencyHandler {
    async fn create_agency(&self, request: Request<CreateAgencyRequest>) -> Result<Response<Agency>, Status> {
        let context = CallContext::of(&request)?;
        let rules = self.0.rules_at(context.now).await?;
        let (stated, key) = convert::create_agency(request.get_ref(), rules.rules())?;
        let created = self.0.create_agency(&context, &stated, &key).await?;
        Ok(Response::new(convert::agency(&created)))
    }

    async fn get_agency(&self, request: Request<GetAgencyRequest>) -> Result<Response<Agency>, Status> {
        let now = CallContext::of(&request)?.now;
        let (id, read_time) = convert::get_agency(request.get_ref(), now)?;
        let found = self.0.get_agency(id, read_time, now).await?;
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
        let rules = self.0.rules_at(context.now).await?;
        let (at, stated, key) = convert::update_agency(request.get_ref(), rules.rules())?;
        let updated = self.0.update_agency(&context, at, &stated, &key).await?;
        Ok(Response::new(convert::agency(&updated)))
    }

    async fn report_compromise(
        &self,
        request: Request<ReportCompromiseRequest>,
    ) -> Result<Response<Compromise>, Status> {
        let context = CallContext::of(&request)?;
        let (report, key) = compromise::report_compromise(request.get_ref(), context.now)?;
        let recorded = self.0.report_compromise(&context, &report, &key).await?;
        Ok(Response::new(compromise::compromise(&recorded)))
    }

    async fn get_compromise(&self, request: Request<GetCompromiseRequest>) -> Result<Response<Compromise>, Status> {
        let found = self.0.get_compromise(compromise::name(&request.get_ref().name)?).await?;
        Ok(Response::new(compromise::compromise(&found)))
    }

    async fn list_compromised_productions(
        &self,
        request: Request<ListCompromisedProductionsRequest>,
    ) -> Result<Response<ListCompromisedProductionsResponse>, Status> {
        let (context, message) = (CallContext::of(&request)?, request.get_ref());
        let (id, size) = compromise::list_productions(message)?;
        let page = self.0.list_compromised_productions(&context, id, size, &message.page_token).await?;
        let productions = page.items.iter().map(compromise::reliance).collect();
        Ok(Response::new(ListCompromisedProductionsResponse { productions, next_page_token: page.next_page_token }))
    }
}
