//! `rogatory.verification.v1.VerificationService`.

use rogatory_chassis::CallContext;
use rogatory_proto::rogatory::verification::v1::{
    ConcludeVerificationRequest, GetVerificationRequest, ListVerificationsRequest, ListVerificationsResponse,
    OpenVerificationRequest, RecordEvidenceRequest, Verification, verification_service_server::VerificationService,
};
use tonic::{Request, Response, Status};

use super::convert;
use crate::app::Verifying;

/// Answers `VerificationService`.
#[derive(Debug, Clone)]
pub struct VerificationHandler(pub Verifying);

#[tonic::async_trait]
impl VerificationService for VerificationHandler {
    async fn open_verification(
        &self,
        request: Request<OpenVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (facts, key) = convert::open_verification(request.get_ref(), context.now)?;
        let opened = self.0.open_verification(&context, &facts, &key).await?;
        Ok(Response::new(convert::verification(&opened, self.0.rules(), context.now)))
    }

    async fn get_verification(
        &self,
        request: Request<GetVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let now = CallContext::of(&request)?.now;
        let found = self.0.get_verification(convert::get_verification(request.get_ref())?).await?;
        Ok(Response::new(convert::verification(&found, self.0.rules(), now)))
    }

    async fn list_verifications(
        &self,
        request: Request<ListVerificationsRequest>,
    ) -> Result<Response<ListVerificationsResponse>, Status> {
        let (context, message) = (CallContext::of(&request)?, request.get_ref());
        let (filter, size) = convert::list_verifications(message)?;
        let page = self.0.list_verifications(&context, filter, size, &message.page_token).await?;
        Ok(Response::new(convert::verifications(&page, self.0.rules(), context.now)))
    }

    async fn record_evidence(&self, request: Request<RecordEvidenceRequest>) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (id, report, key) = convert::record_evidence(request.get_ref())?;
        let recorded = self.0.record_evidence(&context, id, &report, &key).await?;
        Ok(Response::new(convert::verification(&recorded, self.0.rules(), context.now)))
    }

    async fn conclude_verification(
        &self,
        request: Request<ConcludeVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (id, version, key) = convert::conclude_verification(request.get_ref())?;
        let concluded = self.0.conclude_verification(&context, id, version, &key).await?;
        Ok(Response::new(convert::verification(&concluded, self.0.rules(), context.now)))
    }
}
