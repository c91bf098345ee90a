//! Intake over its real stack: alone, with peers that nobody answers for, or with the real other four.

use std::{os::unix::fs::PermissionsExt as _, sync::Arc, time::Duration};

use rogatory_billing::Billing;
use rogatory_chassis::{Clock, Program, Role, Runtime, SystemClock};
use rogatory_disclosure::{DisclosureScope, KeySettings, ProofSettings};
use rogatory_intake::{
    Intake, PeersSettings, Settings,
    app::{
        App,
        docket::{Docket, Pace},
        peers::{Peers, billing, disclosure, routing, verification},
    },
    domain::{docket::Patience, enquiry::Links, shipped::Rules},
};
use rogatory_proto::rogatory::{
    billing::v1::{
        CreateScheduleRevisionRequest, PublishScheduleRevisionRequest, billing_service_client::BillingServiceClient,
        schedule_service_client::ScheduleServiceClient,
    },
    disclosure::v1::{
        CreatePolicyRevisionRequest, PublishPolicyRevisionRequest, grant_service_client::GrantServiceClient,
        policy_service_client::PolicyServiceClient, scope_service_client::ScopeServiceClient,
    },
    events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient},
    intake::v1::{
        GetRequestRequest, LegalRequest, document_service_client::DocumentServiceClient,
        enquiry_service_client::EnquiryServiceClient, legal_request::State,
        request_service_client::RequestServiceClient,
    },
    verification::v1::{
        agency_service_client::AgencyServiceClient, verification_service_client::VerificationServiceClient,
    },
};
use rogatory_routing::Routing;
use rogatory_store::{Store, StoreSettings};
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use rogatory_verification::Verification;

use crate::{fake_verification::FakeVerification, wire::fresh_id};

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

async fn database(kind: Kind) -> TestDatabase {
    match kind {
        Kind::Sqlite => TestDatabase::sqlite(),
        Kind::Postgres => TestDatabase::postgres().await,
    }
}

/// Few connections each: many tests run at once.
fn store_settings(database: &TestDatabase) -> StoreSettings {
    StoreSettings { max_connections: 4, ..database.settings() }
}

/// Intake as one person reaches it.
pub(crate) struct Office(Signed);

impl Office {
    pub(crate) fn requests(&self) -> RequestServiceClient<Signed> {
        RequestServiceClient::new(self.0.clone()).max_decoding_message_size(64 * 1024 * 1024)
    }

    pub(crate) fn documents(&self) -> DocumentServiceClient<Signed> {
        DocumentServiceClient::new(self.0.clone())
    }

    pub(crate) fn enquiries(&self) -> EnquiryServiceClient<Signed> {
        EnquiryServiceClient::new(self.0.clone())
    }
}

/// Intake with nobody beside it.
pub(crate) struct Alone {
    pub(crate) server: TestServer,
    pub(crate) keys: Arc<TestKeys>,
    database: TestDatabase,
}

impl Alone {
    /// Its docket rests, so that requests stay where a test puts them.
    pub(crate) async fn start(kind: Kind) -> Self {
        Self::start_with(kind, |settings| settings.docket.workers = 0).await
    }

    pub(crate) async fn start_with(kind: Kind, change: impl FnOnce(&mut Settings)) -> Self {
        let keys = Arc::new(TestKeys::new());
        let database = database(kind).await;
        // Nobody listens on the discard port.
        let nobody = || keys.development().peer("intake", "https://localhost:9".to_owned());
        let peers =
            PeersSettings { routing: nobody(), verification: nobody(), disclosure: nobody(), billing: nobody() };
        let mut settings = settings(&database, peers);
        change(&mut settings);
        let server = start_intake(&keys, settings).await;
        Self { server, keys, database }
    }

    pub(crate) fn person(&self, subject: &str, roles: &[Role]) -> Office {
        Office(self.server.person(subject, roles))
    }

    pub(crate) fn portal(&self) -> Office {
        self.person("portal", &[Role::Submitter])
    }

    pub(crate) fn analyst(&self) -> Office {
        self.person("analyst", &[Role::Analyst])
    }

    /// Another connection to its database.
    pub(crate) async fn store(&self) -> Store {
        Store::connect(&store_settings(&self.database)).await.unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        events(&self.server).await
    }

    /// A docket over the same database, as another replica would have it.
    pub(crate) async fn docket(&self, clock: Arc<dyn Clock>, attempts: u32) -> (App, Docket) {
        let app = App::new(self.store().await, Rules::shipped().unwrap(), Links::default(), Duration::from_millis(50));
        let settings = self.keys.development().peer("intake", "https://localhost:9".to_owned());
        let channel = |name| rogatory_chassis::PeerChannel::new(name, &settings).unwrap();
        let peers = Peers {
            routing: routing::Routing(channel("routing")),
            verification: verification::Verification { channel: channel("verification"), target_key: None },
            disclosure: disclosure::Disclosure(channel("disclosure")),
            billing: billing::Billing(channel("billing")),
        };
        let docket = Docket::new(app.clone(), peers, clock, pace(attempts));
        (app, docket)
    }
}

/// A pace for tests with a clock of their own.
pub(crate) fn pace(attempts: u32) -> Pace {
    Pace {
        workers: 4,
        step_timeout: Duration::from_millis(700),
        lease: Duration::from_secs(60),
        poll: Duration::from_millis(20),
        patience: Patience { first: Duration::from_secs(1), longest: Duration::from_secs(60), attempts },
    }
}

fn settings(database: &TestDatabase, peers: PeersSettings) -> Settings {
    let mut settings = Settings { store: store_settings(database), peers, watch_poll_ms: 200, ..Settings::default() };
    settings.docket.poll_ms = 50;
    settings.docket.first_retry_ms = 50;
    settings.docket.longest_retry_ms = 500;
    settings.docket.feed_pause_ms = 50;
    settings
}

async fn start_intake(keys: &Arc<TestKeys>, settings: Settings) -> TestServer {
    let runtime = Runtime { clock: SystemClock::shared() };
    Intake::migrate(&settings, runtime.clone()).await.unwrap();
    let service = Intake::build(settings, runtime.clone()).await.unwrap();
    TestServer::start("intake", service, keys, runtime.clock).await
}

async fn events(server: &TestServer) -> Vec<Event> {
    let mut client = EventServiceClient::new(server.person("auditor", &[Role::Auditor]));
    let ask = StreamEventsRequest { until_now: true, ..StreamEventsRequest::default() };
    let mut stream = client.stream_events(ask).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        events.push(event);
    }
    events
}

/// The five services, each with its own database, as they find each other over mTLS.
pub(crate) struct Suite {
    pub(crate) keys: Arc<TestKeys>,
    intake: Option<TestServer>,
    settings: Settings,
    pub(crate) routing: TestServer,
    pub(crate) verification: TestServer,
    pub(crate) disclosure: TestServer,
    pub(crate) billing: TestServer,
    _databases: Vec<TestDatabase>,
}

/// A key of Ed25519 for tests alone, made of 32 bytes of five.
const SIGNING_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF
-----END PRIVATE KEY-----
";

/// Where the data of this test's operator is.
const OPERATOR: &str = r#"
[storage]
account-identity = ["SG"]
contact-data = ["SG"]
orders = ["SG"]
messages = ["SG"]
merchant-identity = ["CN"]

[operation]
staff_countries = ["SG"]
"#;

impl Suite {
    pub(crate) async fn start(kind: Kind) -> Self {
        let (keys, databases) = Self::ground(kind).await;
        let settings = rogatory_verification::Settings {
            store: store_settings(&databases[2]),
            ..rogatory_verification::Settings::default()
        };
        let verification = peer::<Verification>(&keys, settings).await;
        Self::around(keys, databases, verification).await
    }

    /// The same with a verification service that says what the test wants.
    pub(crate) async fn start_with_fake(kind: Kind) -> (Self, FakeVerification) {
        let (keys, databases) = Self::ground(kind).await;
        let (fake, verification) = FakeVerification::start(&keys, &databases[2]).await;
        (Self::around(keys, databases, verification).await, fake)
    }

    async fn ground(kind: Kind) -> (Arc<TestKeys>, Vec<TestDatabase>) {
        let mut databases = Vec::new();
        for _ in 0..5 {
            databases.push(database(kind).await);
        }
        (Arc::new(TestKeys::new()), databases)
    }

    async fn around(keys: Arc<TestKeys>, databases: Vec<TestDatabase>, verification: TestServer) -> Self {
        let store = |index: usize| store_settings(&databases[index]);
        let routing = peer::<Routing>(
            &keys,
            rogatory_routing::Settings { store: store(1), ..rogatory_routing::Settings::default() },
        );
        let signing_key_file = keys.folder().join("signing.pem");
        std::fs::write(&signing_key_file, SIGNING_KEY).unwrap();
        std::fs::set_permissions(&signing_key_file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let disclosure = peer::<DisclosureScope>(
            &keys,
            rogatory_disclosure::Settings {
                store: store(3),
                keys: KeySettings { signing_key_file, ..KeySettings::default() },
                // Proofs have tests of their own.
                proof: ProofSettings { solver: String::new(), ..ProofSettings::default() },
                ..rogatory_disclosure::Settings::default()
            },
        );
        let billing = peer::<Billing>(
            &keys,
            rogatory_billing::Settings { store: store(4), ..rogatory_billing::Settings::default() },
        );
        let (routing, disclosure, billing) = (routing.await, disclosure.await, billing.await);
        let of = |server: &TestServer| keys.development().peer("intake", server.endpoint());
        let peers = PeersSettings {
            routing: of(&routing),
            verification: of(&verification),
            disclosure: of(&disclosure),
            billing: of(&billing),
        };
        let secret = keys.folder().join("target.key");
        std::fs::write(&secret, "a secret of this test, and long enough").unwrap();
        let settings = Settings { target_key_file: Some(secret), ..settings(&databases[0], peers) };
        let intake = Some(start_intake(&keys, settings.clone()).await);
        let suite = Self { keys, intake, settings, routing, verification, disclosure, billing, _databases: databases };
        suite.publish_operator().await;
        suite
    }

    /// Stops intake and leaves the others running.
    pub(crate) async fn stop_intake(&mut self) {
        if let Some(intake) = self.intake.take() {
            intake.stop().await;
        }
    }

    /// Starts intake on the same database.
    pub(crate) async fn start_intake(&mut self) {
        self.intake = Some(start_intake(&self.keys, self.settings.clone()).await);
    }

    pub(crate) fn intake(&self) -> &TestServer {
        self.intake.as_ref().unwrap()
    }

    pub(crate) fn person(&self, subject: &str, roles: &[Role]) -> Office {
        Office(self.intake().person(subject, roles))
    }

    pub(crate) fn portal(&self) -> Office {
        self.person("portal", &[Role::Submitter])
    }

    pub(crate) fn analyst(&self) -> Office {
        self.person("analyst", &[Role::Analyst])
    }

    pub(crate) async fn store(&self) -> Store {
        Store::connect(&self.settings.store).await.unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        events(self.intake()).await
    }

    pub(crate) async fn disclosure_events(&self) -> Vec<Event> {
        events(&self.disclosure).await
    }

    pub(crate) async fn verification_events(&self) -> Vec<Event> {
        events(&self.verification).await
    }

    pub(crate) fn verification_approver(&self, subject: &str) -> VerificationServiceClient<Signed> {
        VerificationServiceClient::new(self.verification.person(subject, &[Role::Approver]))
    }

    pub(crate) fn verifier(&self) -> VerificationServiceClient<Signed> {
        VerificationServiceClient::new(self.verification.person("verifier", &[Role::Verifier]))
    }

    pub(crate) fn agencies(&self) -> AgencyServiceClient<Signed> {
        AgencyServiceClient::new(self.verification.person("verifier", &[Role::Verifier]))
    }

    pub(crate) fn decisions(&self, subject: &str) -> ScopeServiceClient<Signed> {
        ScopeServiceClient::new(self.disclosure.person(subject, &[Role::Approver]))
    }

    pub(crate) fn counsel(&self) -> ScopeServiceClient<Signed> {
        ScopeServiceClient::new(self.disclosure.person("counsel", &[Role::Counsel]))
    }

    pub(crate) fn grants(&self) -> GrantServiceClient<Signed> {
        GrantServiceClient::new(self.disclosure.person("platform", &[Role::DataPlatform]))
    }

    pub(crate) fn biller(&self) -> BillingServiceClient<Signed> {
        BillingServiceClient::new(self.billing.person("biller", &[Role::Biller]))
    }

    /// The request as it is now.
    pub(crate) async fn read(&self, name: &str) -> LegalRequest {
        let read = GetRequestRequest { name: name.to_owned() };
        self.analyst().requests().get_request(read).await.unwrap().into_inner()
    }

    /// The request once it is as wanted.
    pub(crate) async fn until(&self, name: &str, wanted: impl Fn(&LegalRequest) -> bool) -> LegalRequest {
        for _ in 0..600 {
            let request = self.read(name).await;
            if wanted(&request) {
                return request;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let stuck = self.read(name).await;
        panic!("{:?} {:#?} {:#?}", stuck.state(), stuck.conditions, stuck.timeline);
    }

    pub(crate) async fn until_state(&self, name: &str, state: State) -> LegalRequest {
        self.until(name, |request| request.state() == state).await
    }

    async fn publish_operator(&self) {
        let mut policies = PolicyServiceClient::new(self.disclosure.person("publisher", &[Role::Publisher]));
        let text = format!("{}\n{OPERATOR}", rogatory_disclosure::shipped_policy());
        let draft = CreatePolicyRevisionRequest { text, request_id: fresh_id() };
        let draft = policies.create_policy_revision(draft).await.unwrap().into_inner();
        let publish = PublishPolicyRevisionRequest {
            name: draft.name,
            etag: draft.etag,
            request_id: fresh_id(),
            override_reason: "no solver is needed for this test".to_owned(),
            ..PublishPolicyRevisionRequest::default()
        };
        policies.publish_policy_revision(publish).await.unwrap();
    }

    /// Publishes a fee schedule from now on.
    pub(crate) async fn publish_schedule(&self, text: &str) {
        let mut schedules = ScheduleServiceClient::new(self.billing.person("publisher", &[Role::Publisher]));
        let draft = CreateScheduleRevisionRequest { text: text.to_owned(), request_id: fresh_id() };
        let draft = schedules.create_schedule_revision(draft).await.unwrap().into_inner();
        let publish = PublishScheduleRevisionRequest {
            name: draft.name,
            etag: draft.etag,
            request_id: fresh_id(),
            ..PublishScheduleRevisionRequest::default()
        };
        schedules.publish_schedule_revision(publish).await.unwrap();
    }
}

async fn peer<P: Program>(keys: &Arc<TestKeys>, settings: P::Settings) -> TestServer {
    let runtime = Runtime { clock: SystemClock::shared() };
    P::migrate(&settings, runtime.clone()).await.unwrap();
    let service = P::build(settings, runtime.clone()).await.unwrap();
    TestServer::start(P::NAME, service, keys, runtime.clock).await
}
