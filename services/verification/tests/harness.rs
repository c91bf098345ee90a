//! One running service with a database of its own, and what a test may look at behind it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use rogatory_chassis::{Clock as _, FakeClock, Program as _, Role, Runtime};
use rogatory_proto::rogatory::{
    events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient},
    verification::v1::{
        agency_service_client::AgencyServiceClient, rule_service_client::RuleServiceClient,
        verification_service_client::VerificationServiceClient,
    },
};
use rogatory_store::{Engine, Store, StoreError, Tx, audit};
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use rogatory_verification::{Settings, Verification as Program};
use sea_orm::ConnectionTrait as _;
use uuid::Uuid;

use crate::{
    message_check::mail::Kit,
    papers::{CITY, pem},
};

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

/// A running service. Its clock stands at ten in the morning of a Tuesday in New York until the test moves it.
pub(crate) struct Suite {
    server: Mutex<Option<TestServer>>,
    keys: Arc<TestKeys>,
    clock: Arc<FakeClock>,
    /// Who signs messages, and the name server that the service asks.
    pub(crate) kit: Kit,
    pub(crate) settings: Settings,
    /// Mails with codes that were looked at.
    read: Mutex<HashSet<PathBuf>>,
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
        let keys = Arc::new(TestKeys::new());
        let clock = FakeClock::at("2026-11-24T15:00:00Z".parse().unwrap());
        let kit = Kit::new().await;
        let settings = settings(&database, keys.folder(), &kit);
        let suite = Self { server: Mutex::default(), keys, clock, kit, settings, read: Mutex::default(), database };
        Program::migrate(&suite.settings, suite.runtime()).await.unwrap();
        suite.resume().await;
        suite
    }

    /// Ends the service: it drains, and its workers with it.
    pub(crate) async fn halt(&self) {
        let running = self.running().take();
        running.expect("the service runs").stop().await;
    }

    /// Starts the service anew over the same database.
    pub(crate) async fn resume(&self) {
        let server = self.another().await;
        *self.running() = Some(server);
    }

    /// Lets another server answer, and hands over the one that did.
    pub(crate) fn swap(&self, server: TestServer) -> TestServer {
        self.running().replace(server).expect("the service runs")
    }

    /// Another server over the same database.
    pub(crate) async fn another(&self) -> TestServer {
        let service = Program::build(self.settings.clone(), self.runtime()).await.unwrap();
        TestServer::start("verification", service, &self.keys, self.clock.clone()).await
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<TestServer>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, ask: impl FnOnce(&TestServer) -> T) -> T {
        ask(self.running().as_ref().expect("the service runs"))
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn days(&self, days: u64) {
        self.advance(days * 86_400);
    }

    pub(crate) fn runtime(&self) -> Runtime {
        Runtime { clock: self.clock.clone() }
    }

    /// Another connection to the same database.
    pub(crate) async fn store(&self) -> Store {
        self.database.connect().await
    }

    /// The URL of the database.
    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    /// A file of the test.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.keys.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The database itself, where it is a file.
    pub(crate) fn database_folder(&self) -> Option<&Path> {
        self.database.folder()
    }

    fn signed(&self, subject: &str, role: Role) -> Signed {
        self.with(|server| server.person(subject, &[role]))
    }

    /// Vera, in a role.
    pub(crate) fn verifications(&self, role: Role) -> VerificationServiceClient<Signed> {
        self.verifications_of("vera", role)
    }

    /// Anybody, in a role.
    pub(crate) fn verifications_of(&self, subject: &str, role: Role) -> VerificationServiceClient<Signed> {
        large(VerificationServiceClient::new(self.signed(subject, role)))
    }

    pub(crate) fn intake(&self) -> VerificationServiceClient<Signed> {
        large(VerificationServiceClient::new(self.with(|server| server.peer("intake"))))
    }

    pub(crate) fn agencies(&self, role: Role) -> AgencyServiceClient<Signed> {
        AgencyServiceClient::new(self.signed("vera", role))
    }

    pub(crate) fn rules(&self, role: Role) -> RuleServiceClient<Signed> {
        RuleServiceClient::new(self.signed("paula", role))
    }

    /// Every event of these kinds that exists now.
    pub(crate) async fn events(&self, kinds: &[&str]) -> Vec<Event> {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let ask = StreamEventsRequest { cursor: String::new(), kinds, until_now: true };
        let mut client = EventServiceClient::new(self.signed("otto", Role::Operator));
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

    /// Changes the database behind the service's back, one statement for each engine; each may be empty.
    pub(crate) async fn behind(&self, sqlite: &[&str], postgres: &[&str]) -> Result<(), StoreError> {
        let store = self.store().await;
        let statements = match store.engine() {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        };
        let run = async |tx: &Tx| {
            for statement in statements {
                tx.execute_unprepared(statement).await?;
            }
            Ok(())
        };
        let done = store.transaction("test", run).await;
        store.close().await.unwrap();
        done
    }

    /// Every mail with a code that there is, as it was written.
    pub(crate) fn mails(&self) -> Vec<(PathBuf, String)> {
        let folder = challenges(self.keys.folder());
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mails = entries.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
        mails.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
    }

    /// The next mail with a code: a worker writes it.
    pub(crate) async fn next_mail(&self) -> String {
        for _ in 0..400 {
            for (path, text) in self.mails() {
                if self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(path) {
                    return text;
                }
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no mail came")
    }

    /// The code in the next mail.
    pub(crate) async fn next_code(&self) -> String {
        code_in(&self.next_mail().await)
    }
}

/// The code of a mail: it stands in a line of its own.
pub(crate) fn code_in(mail: &str) -> String {
    let (_, body) = mail.split_once("\r\n\r\n").or_else(|| mail.split_once("\n\n")).expect("a mail has a body");
    let is_code = |line: &&str| {
        (6..=40).contains(&line.len())
            && line.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
            && line.chars().any(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase())
    };
    body.lines().map(str::trim).find(is_code).unwrap_or_else(|| panic!("no code in {mail}")).to_owned()
}

/// Messages with large papers in them.
fn large<T>(client: VerificationServiceClient<T>) -> VerificationServiceClient<T>
where
    T: tonic::client::GrpcService<tonic::body::Body>,
    T::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    T::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
    <T::ResponseBody as tonic::codegen::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    client.max_encoding_message_size(64 * 1024 * 1024).max_decoding_message_size(64 * 1024 * 1024)
}

fn challenges(folder: &Path) -> PathBuf {
    folder.join("challenges")
}

fn settings(database: &TestDatabase, folder: &Path, kit: &Kit) -> Settings {
    let mut settings = Settings { store: database.settings(), ..Settings::default() };
    settings.message.name_servers = vec![kit.server.address];
    let anchors = folder.join("anchors.pem");
    std::fs::write(&anchors, format!("# the root of the sample city\n{}", pem(&CITY.root))).unwrap();
    settings.signatures.trust_anchors_file = Some(anchors);
    std::fs::create_dir_all(challenges(folder)).unwrap();
    settings.challenge.transport = rogatory_verification::ChallengeTransport::File;
    settings.challenge.directory = Some(challenges(folder));
    let key = folder.join("challenge.key");
    std::fs::write(&key, Uuid::new_v4().to_string() + &Uuid::new_v4().to_string()).unwrap();
    settings.challenge.key_file = Some(key);
    settings
}

pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

pub(crate) fn stamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    rogatory_chassis::convert::timestamp(time)
}
