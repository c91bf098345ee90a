//! `rogatory.intake.v1.RequestService`.

use std::pin::Pin;

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::intake::v1::{
    CheckRequestRequest, CheckRequestResponse, CloseRequestRequest, CreateRequestRequest, GetRequestRequest,
    LegalRequest, ListRequestsRequest, ListRequestsResponse, SubmitRequestRequest, UpdateRequestRequest,
    WatchRequestRequest, WithdrawRequestRequest, request_service_server::RequestService,
};
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::convert::{record, request as convert};
use crate::app::App;

/// Answers `RequestService`.
#[derive(Debug, Clone)]
pub struct RequestHandler(pub App);

#[tonic::async_trait]
impl RequestService for RequestHandler {
    async fn create_request(&self, request: Request<CreateRequestRequest>) -> Result<Response<LegalRequest>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::create(request.get_ref(), context.now)?;
        Ok(Response::new(record::request(&self.0.create_request(&context, &call).await?, &context.caller)))
    }

    async fn get_request(&self, request: Request<GetRequestRequest>) -> Result<Response<LegalRequest>, Status> {
        let context = CallContext::of(&request)?;
        let id = convert::name(&request.get_ref().name)?;
        Ok(Response::new(record::request(&self.0.get_request(&context, id).await?, &context.caller)))
    }

    async fn list_requests(
        &self,
        request: Request<ListRequestsRequest>,
    ) -> Result<Response<ListRequestsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::list(request.get_ref())?;
        Ok(Response::new(record::requests(&self.0.list_requests(&context, &call).await?, &context.caller)))
    }

    async fn update_request(&self, request: Request<UpdateRequestRequest>) -> Result<Response<LegalRequest>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::update(request.get_ref(), context.now)?;
        Ok(Response::new(record::request(&self.0.update_request(&context, &call).await?, &context.caller)))
    }

    async fn check_request(
        &self,
        request: Request<CheckRequestRequest>,
    ) -> Result<Response<CheckRequestResponse>, Status> {
        let context = CallContext::of(&request)?;
        let written = convert::check(request.get_ref(), context.now)?;
        Ok(Response::new(record::checked(&self.0.check_request(&context, &written).await?)))
    }

    async fn submit_request(&self, request: Request<SubmitRequestRequest>) -> Result<Response<LegalRequest>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::submit(request.get_ref(), context.now)?;
        Ok(Response::new(record::request(&self.0.submit_request(&context, &call).await?, &context.caller)))
    }

    async fn withdraw_request(
        &self,
        request: Request<WithdrawRequestRequest>,
    ) -> Result<Response<LegalRequest>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::withdraw(request.get_ref())?;
        Ok(Response::new(record::request(&self.0.withdraw_request(&context, &call).await?, &context.caller)))
    }

    async fn close_request(&self, request: Request<CloseRequestRequest>) -> Result<Response<LegalRequest>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::close(request.get_ref())?;
        Ok(Response::new(record::request(&self.0.close_request(&context, &call).await?, &context.caller)))
    }

    type WatchRequestStream = Pin<Box<dyn Stream<Item = Result<LegalRequest, Status>> + Send>>;

    async fn watch_request(
        &self,
        request: Request<WatchRequestRequest>,
    ) -> Result<Response<Self::WatchRequestStream>, Status> {
        let context = CallContext::of(&request)?;
        let id = convert::name(&request.get_ref().name)?;
        let records = ReceiverStream::new(self.0.watch_request(&context, id).await?);
        let answers = records.map(move |record| Ok(record::request(&record?, &context.caller)));
        Ok(Response::new(Box::pin(answers)))
    }
}
