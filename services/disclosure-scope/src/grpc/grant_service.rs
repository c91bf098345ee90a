//! `rogatory.disclosure.v1.GrantService`.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::disclosure::v1::{
    CheckDisclosureRequest, CheckDisclosureResponse, GetGrantRequest, GetKeySetRequest, GetKeySetResponse,
    GetProductionRequest, Grant, ListGrantsRequest, ListGrantsResponse, Production, RecordProductionRequest,
    RevokeGrantRequest, grant_service_server::GrantService,
};
use tonic::{Request, Response, Status};

use super::convert::grant as convert;
use crate::app::Disclosure;

/// Answers `GrantService`.
#[derive(Debug, Clone)]
pub(crate) struct GrantHandler(pub(crate) Disclosure);

#[tonic::async_trait]
impl GrantService for GrantHandler {
    async fn check_disclosure(
        &self,
        request: Request<CheckDisclosureRequest>,
    ) -> Result<Response<CheckDisclosureResponse>, Status> {
        let context = CallContext::of(&request)?;
        let (grant, record) = convert::check_disclosure(request.get_ref())?;
        let answer = self.0.check_disclosure(&context, grant, &record).await?;
        Ok(Response::new(convert::checked(&answer)))
    }

    async fn get_grant(&self, request: Request<GetGrantRequest>) -> Result<Response<Grant>, Status> {
        let id = convert::grant_name(&request.get_ref().name)?;
        let grant = self.0.get_grant(id).await?;
        Ok(Response::new(convert::grant(&grant)))
    }

    async fn list_grants(&self, request: Request<ListGrantsRequest>) -> Result<Response<ListGrantsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let (of_request, state, paging) = convert::list_grants(request.get_ref())?;
        let page = self.0.list_grants(&context, of_request, state, &paging).await?;
        Ok(Response::new(convert::grants(&page)))
    }

    async fn revoke_grant(&self, request: Request<RevokeGrantRequest>) -> Result<Response<Grant>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::revoke_grant(request.get_ref())?;
        let grant = self.0.revoke_grant(&context, &call).await?;
        Ok(Response::new(convert::grant(&grant)))
    }

    async fn get_key_set(&self, _: Request<GetKeySetRequest>) -> Result<Response<GetKeySetResponse>, Status> {
        Ok(Response::new(GetKeySetResponse { jwks: self.0.get_key_set() }))
    }

    async fn get_production(&self, request: Request<GetProductionRequest>) -> Result<Response<Production>, Status> {
        let id = convert::production_name(&request.get_ref().name)?;
        let production = self.0.get_production(id).await?;
        Ok(Response::new(convert::production(&production)))
    }

    async fn record_production(
        &self,
        request: Request<RecordProductionRequest>,
    ) -> Result<Response<Production>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::record_production(request.get_ref())?;
        let production = self.0.record_production(&context, &call).await?;
        Ok(Response::new(convert::production(&production)))
    }
}
