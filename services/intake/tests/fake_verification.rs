//! A verification service that says what a test wants: it keeps what intake sends and publishes the events that the real one
//! would.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_chassis::{Service, SystemClock, convert};
use rogatory_names::{CompromiseId, EvidenceId, VerificationId};
use rogatory_proto::rogatory::verification::v1::{
    AnswerChallengeRequest, ApproveVerificationRequest, ConcludeVerificationRequest, Evidence, GetVerificationRequest,
    ListVerificationsRequest, ListVerificationsResponse, OpenVerificationRequest, RecordEvidenceRequest,
    RecordRelianceRequest, Reliance, SendChallengeRequest, Verification, evidence,
    verification::{Level, State},
    verification_service_server::{VerificationService, VerificationServiceServer},
};
use rogatory_store::{Change, Changed, NewEvent, Store, StoreError, migrate};
use rogatory_testkit::{TestDatabase, TestKeys, TestServer};
use tonic::{Request, Response, Status};

#[derive(Default)]
struct Kept {
    opened: Vec<OpenVerificationRequest>,
    verifications: Vec<Verification>,
    reliances: Vec<RecordRelianceRequest>,
}

/// The service, as a test holds it.
#[derive(Clone)]
pub(crate) struct FakeVerification {
    kept: Arc<Mutex<Kept>>,
    store: Store,
}

impl FakeVerification {
    /// Starts it on a database of its own.
    pub(crate) async fn start(keys: &Arc<TestKeys>, database: &TestDatabase) -> (Self, TestServer) {
        let store = Store::connect(&database.settings()).await.unwrap();
        migrate(&store, Vec::new).await.unwrap();
        let fake = Self { kept: Arc::default(), store: store.clone() };
        let server = VerificationServiceServer::new(fake.clone()).max_decoding_message_size(32 * 1024 * 1024);
        let service = Service::new("verification", store).mount(server);
        let running = TestServer::start("verification", service, keys, SystemClock::shared()).await;
        (fake, running)
    }

    pub(crate) fn opened(&self) -> Vec<OpenVerificationRequest> {
        self.kept.lock().unwrap().opened.clone()
    }

    pub(crate) fn reliances(&self) -> Vec<RecordRelianceRequest> {
        self.kept.lock().unwrap().reliances.clone()
    }

    /// Believes a requester, or does not.
    pub(crate) async fn conclude(&self, name: &str, state: State) {
        let until = Utc::now() + TimeDelta::days(30);
        self.change(name, |found| {
            found.state = state.into();
            found.level = Level::Basic.into();
            found.expire_time = (state == State::Verified).then(|| convert::timestamp(until));
        });
        self.publish("verification.concluded", name).await;
    }

    /// Takes back a belief, and tells of it or leaves that for later.
    pub(crate) async fn reopen(&self, name: &str, tell: bool) -> String {
        let compromise = CompromiseId::new().name();
        let now: DateTime<Utc> = Utc::now();
        self.change(name, |found| {
            found.state = State::Open.into();
            found.level = Level::Unverified.into();
            found.expire_time = None;
            found.reopen_time = Some(convert::timestamp(now));
            found.evidence.push(Evidence {
                name: EvidenceId::new().name(),
                kind: evidence::Kind::Compromise.into(),
                result: evidence::Result::Negative.into(),
                source: compromise.clone(),
                observation: "SENDER_COMPROMISED".to_owned(),
                ..Evidence::default()
            });
        });
        if tell {
            self.publish("verification.reopened", name).await;
        }
        compromise
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Verification)) {
        let mut kept = self.kept.lock().unwrap();
        change(kept.verifications.iter_mut().find(|found| found.name == name).unwrap());
    }

    /// Publishes an event of a verification.
    pub(crate) async fn publish(&self, kind: &str, name: &str) {
        let request = self.found(name).unwrap().request;
        let change = Change {
            method: "worker:fake",
            actor: "person:verifier",
            correlation_id: "fake",
            request_id: None,
            body_digest: [0; 32],
            now: Utc::now(),
        };
        let event = NewEvent::new(kind, name).of_request(&request);
        let told = async |_: &rogatory_store::Tx| Ok::<_, StoreError>(Changed::new(name).event(event.clone()));
        self.store.mutate(change, told).await.unwrap();
    }

    fn found(&self, name: &str) -> Option<Verification> {
        self.kept.lock().unwrap().verifications.iter().find(|found| found.name == name).cloned()
    }
}

fn nobody_asks<T>() -> Result<Response<T>, Status> {
    Err(Status::not_found("intake does not ask for this"))
}

#[tonic::async_trait]
impl VerificationService for FakeVerification {
    async fn open_verification(
        &self,
        request: Request<OpenVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        let message = request.into_inner();
        let opened = Verification {
            name: VerificationId::new().name(),
            request: message.request.clone(),
            state: State::Open.into(),
            level: Level::Unverified.into(),
            ..Verification::default()
        };
        let mut kept = self.kept.lock().unwrap();
        kept.opened.push(message);
        kept.verifications.push(opened.clone());
        Ok(Response::new(opened))
    }

    async fn get_verification(
        &self,
        request: Request<GetVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        self.found(&request.get_ref().name).map(Response::new).ok_or_else(|| Status::not_found("no such verification"))
    }

    async fn record_reliance(&self, request: Request<RecordRelianceRequest>) -> Result<Response<Reliance>, Status> {
        let message = request.into_inner();
        let reliance = Reliance {
            verification: message.verification.clone(),
            request: message.request.clone(),
            production: message.production.clone(),
            platform_ids: message.platform_ids.clone(),
            record_time: Some(convert::timestamp(Utc::now())),
        };
        self.kept.lock().unwrap().reliances.push(message);
        Ok(Response::new(reliance))
    }

    async fn list_verifications(
        &self,
        _: Request<ListVerificationsRequest>,
    ) -> Result<Response<ListVerificationsResponse>, Status> {
        nobody_asks()
    }

    async fn record_evidence(&self, _: Request<RecordEvidenceRequest>) -> Result<Response<Verification>, Status> {
        nobody_asks()
    }

    async fn send_challenge(&self, _: Request<SendChallengeRequest>) -> Result<Response<Verification>, Status> {
        nobody_asks()
    }

    async fn answer_challenge(&self, _: Request<AnswerChallengeRequest>) -> Result<Response<Verification>, Status> {
        nobody_asks()
    }

    async fn approve_verification(
        &self,
        _: Request<ApproveVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        nobody_asks()
    }

    async fn conclude_verification(
        &self,
        _: Request<ConcludeVerificationRequest>,
    ) -> Result<Response<Verification>, Status> {
        nobody_asks()
    }
}
