//! `rogatory.verification.v1.VerificationService`.

use rogatory_chassis::{CallContext, Failure};
use rogatory_proto::rogatory::verification::v1::{
    AnswerChallengeRequest, ApproveVerificationRequest, ConcludeVerificationRequest, GetVerificationRequest,
    ListVerificationsRequest, ListVerificationsResponse, OpenVerificationRequest, RecordEvidenceRequest,
    RecordRelianceRequest, Reliance, SendChallengeRequest, Verification,
    verification_service_server::VerificationService,
};
use tonic::{Request, Response, Status};

use super::convert::{compromise, verification as convert};
use crate::{
    app::{Stored, Verifying},
    domain::verification as domain,
};

/// Answers `VerificationService`.
#[derive(Debug, Clone)]
pub struct VerificationHandler(pub Verifying);

impl VerificationHandler {
    /// A verification for the wire as it is now, by the rules that decide on its request.
    async fn shown(
        &self,
        context: &CallContext,
        stored: &Stored<domain::Verification>,
    ) -> Result<Verification, Failure> {
        let rules = self.0.rules_at(stored.value.facts.receive_time).await?;
        Ok(convert::verification(stored, rules.rules(), context.now))
    }
}

#[tonic::async_trait]
impl VerificationService for VerificationHandler {
    async fn open_verification(
        &self,
        request: Request<OpenVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (opening, key) = convert::open_verification(request.into_inner(), context.now)?;
        let opened = self.0.open_verification(&context, opening, &key).await?;
        Ok(Response::new(self.shown(&context, &opened).await?))
    }

    async fn get_verification(
        &self,
        request: Request<GetVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let found = self.0.get_verification(convert::name(&request.get_ref().name)?).await?;
        Ok(Response::new(self.shown(&context, &found).await?))
    }

    async fn list_verifications(
        &self,
        request: Request<ListVerificationsRequest>,
    ) -> Result<Response<ListVerificationsResponse>, Status> {
        let (context, message) = (CallContext::of(&request)?, request.get_ref());
        let (filter, size) = convert::list_verifications(message)?;
        let page = self.0.list_verifications(&context, filter, size, &message.page_token).await?;
        let mut verifications = Vec::new();
        for item in &page.items {
            verifications.push(self.shown(&context, item).await?);
        }
        Ok(Response::new(ListVerificationsResponse { verifications, next_page_token: page.next_page_token }))
    }

    async fn record_evidence(&self, request: Request<RecordEvidenceRequest>) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (id, report, key) = convert::record_evidence(request.get_ref(), context.now)?;
        let recorded = self.0.record_evidence(&context, id, &report, &key).await?;
        Ok(Response::new(self.shown(&context, &recorded).await?))
    }

    async fn send_challenge(&self, request: Request<SendChallengeRequest>) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (id, key) = convert::send_challenge(request.get_ref())?;
        let sent = self.0.send_challenge(&context, id, &key).await?;
        Ok(Response::new(self.shown(&context, &sent).await?))
    }

    async fn answer_challenge(
        &self,
        request: Request<AnswerChallengeRequest>,
    ) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (id, code, key) = convert::answer_challenge(request.get_ref())?;
        let answered = self.0.answer_challenge(&context, id, &code, &key).await?;
        Ok(Response::new(self.shown(&context, &answered).await?))
    }

    async fn approve_verification(
        &self,
        request: Request<ApproveVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (at, reason, key) = convert::approve_verification(request.get_ref())?;
        let approved = self.0.approve_verification(&context, at, &reason, &key).await?;
        Ok(Response::new(self.shown(&context, &approved).await?))
    }

    async fn record_reliance(&self, request: Request<RecordRelianceRequest>) -> Result<Response<Reliance>, Status> {
        let context = CallContext::of(&request)?;
        let (of, platform_ids, key) = compromise::record_reliance(request.get_ref())?;
        let recorded = self.0.record_reliance(&context, of, &platform_ids, &key).await?;
        Ok(Response::new(compromise::reliance(&recorded)))
    }

    async fn conclude_verification(
        &self,
        request: Request<ConcludeVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let context = CallContext::of(&request)?;
        let (id, version, key) = convert::conclude_verification(request.get_ref())?;
        let concluded = self.0.conclude_verification(&context, id, version, &key).await?;
        Ok(Response::new(self.shown(&context, &concluded).await?))
    }
}
