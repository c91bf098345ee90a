//! `rogatory.intake.v1.EnquiryService`.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::intake::v1::{
    Enquiry, GetEnquiryRequest, ListEnquiriesRequest, ListEnquiriesResponse, SubmitEnquiryRequest,
    enquiry_service_server::EnquiryService,
};
use tonic::{Request, Response, Status};

use super::convert::enquiry as convert;
use crate::app::App;

/// Answers `EnquiryService`.
#[derive(Debug, Clone)]
pub struct EnquiryHandler(pub App);

#[tonic::async_trait]
impl EnquiryService for EnquiryHandler {
    async fn submit_enquiry(&self, request: Request<SubmitEnquiryRequest>) -> Result<Response<Enquiry>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::submit(request.get_ref())?;
        Ok(Response::new(convert::enquiry(&self.0.submit_enquiry(&context, &call).await?)))
    }

    async fn get_enquiry(&self, request: Request<GetEnquiryRequest>) -> Result<Response<Enquiry>, Status> {
        let context = CallContext::of(&request)?;
        let id = convert::name(&request.get_ref().name)?;
        Ok(Response::new(convert::enquiry(&self.0.get_enquiry(&context, id).await?)))
    }

    async fn list_enquiries(
        &self,
        request: Request<ListEnquiriesRequest>,
    ) -> Result<Response<ListEnquiriesResponse>, Status> {
        let context = CallContext::of(&request)?;
        let call = convert::list(request.get_ref())?;
        Ok(Response::new(convert::enquiries(&self.0.list_enquiries(&context, &call).await?)))
    }
}
