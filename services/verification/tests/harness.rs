//! One running service with a database of its own.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rogatory_chassis::{Clock as _, FakeClock, Program as _, Role, Runtime};
use rogatory_names::RequestId;
use rogatory_proto::rogatory::{
    events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient},
    rulebook::v1::{AuthorityKind, Confirmation, Finding, InstrumentKind},
    verification::v1::{
        Agency, ConcludeVerificationRequest, CreateAgencyRequest, Evidence, GetVerificationRequest,
        ListAgenciesRequest, Officer, OpenVerificationRequest, PublishedPhone, RecordEvidenceRequest,
        UpdateAgencyRequest, Verification,
        agency_service_client::AgencyServiceClient,
        evidence::{Kind, Result as Outcome},
        verification_service_client::VerificationServiceClient,
    },
};
use rogatory_store::{Store, audit};
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use rogatory_verification::{Settings, Verification as Program};
use tonic::{Status, metadata::KeyAndValueRef};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// The number that the sample agency publishes.
pub(crate) const NUMBER: &str = "+12025550143";
/// The name of the sample agency.
pub(crate) const AGENCY: &str = "Sampleton Police Department";

/// Makes, of each named function, one test for each engine.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&crate::harness::Suite::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&crate::harness::Suite::postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both_engines;

pub(crate) struct Suite {
    server: TestServer,
    keys: Arc<TestKeys>,
    clock: Arc<FakeClock>,
    pub(crate) settings: Settings,
    // Last, so that it goes after those that use it.
    database: TestDatabase,
}

impl Suite {
    pub(crate) async fn sqlite() -> Self {
        Self::start(TestDatabase::sqlite()).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::start(TestDatabase::postgres().await).await
    }

    async fn start(database: TestDatabase) -> Self {
        let (keys, clock) = (Arc::new(TestKeys::new()), FakeClock::at(Utc::now()));
        let settings = Settings { store: database.settings(), ..Settings::default() };
        let runtime = || Runtime { clock: clock.clone() };
        Program::migrate(&settings, runtime()).await.unwrap();
        let service = Program::build(settings.clone(), runtime()).await.unwrap();
        let server = TestServer::start("verification", service, &keys, clock.clone()).await;
        Self { server, keys, clock, settings, database }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn runtime(&self) -> Runtime {
        Runtime { clock: self.clock.clone() }
    }

    /// Another connection to the same database.
    pub(crate) async fn store(&self) -> Store {
        self.database.connect().await
    }

    fn person(&self, subject: &str, role: Role) -> Signed {
        let token = self.keys.development().token(subject, &[role], self.now(), Duration::from_secs(3600));
        self.server.bearer(token.unwrap())
    }

    pub(crate) fn verifications(&self, role: Role) -> VerificationServiceClient<Signed> {
        VerificationServiceClient::new(self.person("vera", role))
    }

    pub(crate) fn intake(&self) -> VerificationServiceClient<Signed> {
        VerificationServiceClient::new(self.server.peer("intake"))
    }

    pub(crate) fn agencies(&self, role: Role) -> AgencyServiceClient<Signed> {
        AgencyServiceClient::new(self.person("vera", role))
    }

    /// The sample agency, recorded now; the clock then goes on, so that a request may come after.
    pub(crate) async fn known_agency(&self) -> Agency {
        let created = self.agencies(Role::Verifier).create_agency(create(agency())).await.unwrap().into_inner();
        self.advance(60);
        created
    }

    pub(crate) async fn open(&self, ask: OpenVerificationRequest) -> Result<Verification, Status> {
        self.intake().open_verification(ask).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Verification, Status> {
        let ask = GetVerificationRequest { name: name.to_owned() };
        self.verifications(Role::Analyst).get_verification(ask).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn record(&self, name: &str, evidence: Evidence) -> Result<Verification, Status> {
        let ask = RecordEvidenceRequest { name: name.to_owned(), evidence: Some(evidence), request_id: id() };
        self.verifications(Role::Verifier).record_evidence(ask).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn conclude(&self, name: &str) -> Result<Verification, Status> {
        let etag = self.get(name).await?.etag;
        self.conclude_with(name, &etag).await
    }

    pub(crate) async fn conclude_with(&self, name: &str, etag: &str) -> Result<Verification, Status> {
        let ask = ConcludeVerificationRequest { name: name.to_owned(), etag: etag.to_owned(), request_id: id() };
        self.verifications(Role::Verifier).conclude_verification(ask).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn update(&self, agency: Agency) -> Result<Agency, Status> {
        let ask = UpdateAgencyRequest { agency: Some(agency), request_id: id() };
        self.agencies(Role::Verifier).update_agency(ask).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn find(&self, mail_domain: &str) -> Agency {
        let ask = ListAgenciesRequest { mail_domain: mail_domain.to_owned(), ..ListAgenciesRequest::default() };
        self.agencies(Role::Auditor).list_agencies(ask).await.unwrap().into_inner().agencies.remove(0)
    }

    /// Every event of these kinds that exists now.
    pub(crate) async fn events(&self, kinds: &[&str]) -> Vec<Event> {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let ask = StreamEventsRequest { cursor: String::new(), kinds, until_now: true };
        let mut client = EventServiceClient::new(self.person("otto", Role::Operator));
        let mut stream = client.stream_events(ask).await.unwrap().into_inner();
        let mut events = Vec::new();
        while let Some(event) = stream.message().await.unwrap() {
            events.push(event);
        }
        events
    }

    pub(crate) async fn audit(&self) -> Vec<audit::AuditEntry> {
        audit::list(self.store().await.read(), 0, 1000).await.unwrap()
    }
}

pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

pub(crate) fn stamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    rogatory_chassis::convert::timestamp(time)
}

pub(crate) fn phone(number: &str) -> PublishedPhone {
    PublishedPhone { number: number.to_owned(), source: "the state's directory".to_owned(), record_time: None }
}

pub(crate) fn agency() -> Agency {
    Agency {
        display_name: AGENCY.to_owned(),
        country: "US".to_owned(),
        kind: AuthorityKind::Police.into(),
        mail_domains: vec!["police.sampleton.example".to_owned()],
        phones: vec![phone(NUMBER)],
        accredited: true,
        source: "the state's directory".to_owned(),
        confirmation: Confirmation::Confirmed.into(),
        ..Agency::default()
    }
}

pub(crate) fn create(agency: Agency) -> CreateAgencyRequest {
    CreateAgencyRequest { agency: Some(agency), request_id: id() }
}

/// A search warrant that a detective of the sample agency sends, received now.
pub(crate) fn ask(suite: &Suite) -> OpenVerificationRequest {
    OpenVerificationRequest {
        request: RequestId::new().name(),
        agency_name: format!("{AGENCY}, Fraud Squad"),
        country: "US".to_owned(),
        authority_kind: AuthorityKind::Police.into(),
        instrument_kind: InstrumentKind::SearchWarrant.into(),
        officer: Some(Officer {
            display_name: "Quentin Secretson".to_owned(),
            title: "Detective Sergeant".to_owned(),
            email: "q.secretson@police.sampleton.example".to_owned(),
            phone: "+12025559876".to_owned(),
            postal_address: "1 Secret Street\nSampleton".to_owned(),
            credential_kind: "badge".to_owned(),
            credential_number: "SECRET-4711".to_owned(),
            credential_issuer: AGENCY.to_owned(),
        }),
        emergency: false,
        signed_copy_digests: vec![rogatory_rulebook::Digest::of("a copy").to_string()],
        receive_time: Some(stamp(suite.now())),
        request_id: id(),
    }
}

/// As [`ask`], an emergency.
pub(crate) fn emergency(suite: &Suite) -> OpenVerificationRequest {
    OpenVerificationRequest { emergency: true, instrument_kind: InstrumentKind::EmergencyForm.into(), ..ask(suite) }
}

pub(crate) fn credentials(result: Outcome) -> Evidence {
    Evidence {
        kind: Kind::Credentials.into(),
        result: result.into(),
        source: "desk of SECRET-ISSUER".to_owned(),
        note: "SECRET-NOTE".to_owned(),
        ..Evidence::default()
    }
}

pub(crate) fn call_back(number: &str, result: Outcome) -> Evidence {
    let source = number.to_owned();
    Evidence { kind: Kind::CallBack.into(), result: result.into(), source, ..Evidence::default() }
}

pub(crate) fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// The `Reason` of a failure.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

/// One entry of the metadata of a failure's `ErrorInfo`.
pub(crate) fn fact(status: &Status, key: &str) -> String {
    status.get_details_error_info().unwrap().metadata[key].clone()
}

/// The fields that a failure names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let violations = status.get_details_bad_request().unwrap().field_violations;
    violations.into_iter().map(|violation| violation.field).collect()
}

/// The violations that a failure names, by their codes.
pub(crate) fn violations(status: &Status) -> Vec<String> {
    let violations = status.get_details_precondition_failure().unwrap().violations;
    violations.into_iter().map(|violation| violation.r#type).collect()
}

/// All that a failure says, in one text.
pub(crate) fn everything(status: &Status) -> String {
    let details = String::from_utf8_lossy(status.details()).into_owned();
    let headers = status.metadata().iter().map(|entry| match entry {
        KeyAndValueRef::Ascii(key, value) => format!("{key}={value:?}"),
        KeyAndValueRef::Binary(key, value) => format!("{key}={value:?}"),
    });
    format!("{status:?} {} {details} {}", status.message(), headers.collect::<Vec<_>>().join(" "))
}
