//! The service in this process, on a database of its own, with a clock that the test owns.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use rogatory_chassis::{Clock as _, FakeClock, Program as _, Role, Runtime, caller::role_of_claim, convert};
use rogatory_names::PlanId;
use rogatory_proto::rogatory::{
    events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient},
    routing::v1::{
        CreateGuideRevisionRequest, PublishGuideRevisionRequest, guide_service_client::GuideServiceClient,
        routing_service_client::RoutingServiceClient,
    },
    rulebook::v1::Revision,
};
use rogatory_routing::{Routing, Settings, domain::plan::Plan, store::plan as plans};
use rogatory_store::{Engine, StoreError, Tx};
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use sea_orm::{ConnectionTrait as _, Statement};
use tonic::Status;
use tonic_types::StatusExt as _;

/// The guide that ships.
pub(crate) const SHIPPED: &str = rogatory_routing::SHIPPED_GUIDE;

/// A running service. The database is dropped last, when nothing uses it any more.
pub(crate) struct Suite {
    server: TestServer,
    replica: tokio::sync::Mutex<Option<TestServer>>,
    clock: Arc<FakeClock>,
    keys: Arc<TestKeys>,
    database: TestDatabase,
}

impl Suite {
    /// Migrates, seeds, builds and serves at noon of 24 November 2026.
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let clock = FakeClock::at("2026-11-24T12:00:00Z".parse().unwrap());
        let runtime = Runtime { clock: clock.clone() };
        let settings = Settings { store: database.settings(), ..Settings::default() };
        Routing::migrate(&settings, runtime).await.unwrap();
        let keys = Arc::new(TestKeys::new());
        let server = serve(&database, &keys, &clock).await;
        Self { server, replica: tokio::sync::Mutex::default(), clock, keys, database }
    }

    /// Another server over the same database.
    pub(crate) async fn replica(&self, role: &str) -> RoutingServiceClient<Signed> {
        let server = serve(&self.database, &self.keys, &self.clock).await;
        let client = RoutingServiceClient::new(server.bearer(self.token(role)));
        *self.replica.lock().await = Some(server);
        client
    }

    /// Alters the text of a published revision as only an owner of the database can.
    pub(crate) async fn alter_revision(&self, name: &str) {
        let store = self.database.connect().await;
        let guard = match store.engine() {
            Engine::Sqlite => "DROP TRIGGER published_revisions_are_not_updated",
            Engine::Postgres => "DROP TRIGGER published_revisions_stay ON revisions",
        };
        let alter = format!("UPDATE revisions SET text = text || '# altered' WHERE name = '{name}'");
        let run = async |tx: &Tx| {
            tx.execute_unprepared(guard).await?;
            tx.execute_unprepared(&alter).await.map(|_| ()).map_err(StoreError::from)
        };
        store.transaction("test", run).await.unwrap();
        store.close().await.unwrap();
    }

    /// Drains the other server.
    pub(crate) async fn stop_replica(&self) {
        let replica = self.replica.lock().await.take().expect("a replica");
        replica.stop().await;
    }

    /// Stores an altered copy of a plan behind the service's back, and answers its name.
    pub(crate) async fn altered(&self, name: &str, alter: impl FnOnce(&mut Plan)) -> String {
        let store = self.database.connect().await;
        let id = PlanId::parse_name(name).unwrap();
        let mut copy = plans::get(store.read(), id).await.unwrap().unwrap();
        copy.id = PlanId::new();
        alter(&mut copy);
        store.transaction("test", async |tx| plans::insert(tx, &copy).await).await.unwrap();
        store.close().await.unwrap();
        copy.id.name()
    }

    /// How many entries the audit ledger has.
    pub(crate) async fn audit(&self) -> i64 {
        let store = self.database.connect().await;
        let count =
            Statement::from_string(store.read().get_database_backend(), "SELECT COUNT(*) AS n FROM audit_entries");
        let row = store.read().query_one_raw(count).await.unwrap().unwrap();
        store.close().await.unwrap();
        row.try_get("", "n").unwrap()
    }

    /// A token that outlives the test's time.
    fn token(&self, role: &str) -> String {
        let role: Role = role_of_claim(role).unwrap();
        let year = Duration::from_secs(365 * 24 * 3600);
        self.keys.development().token("ann", &[role], self.clock.now(), year).unwrap()
    }

    /// Who holds this role.
    fn signed(&self, role: &str) -> Signed {
        self.server.bearer(self.token(role))
    }

    pub(crate) fn routing(&self, role: &str) -> RoutingServiceClient<Signed> {
        RoutingServiceClient::new(self.signed(role))
    }

    pub(crate) fn routing_as_peer(&self, name: &str) -> RoutingServiceClient<Signed> {
        RoutingServiceClient::new(self.server.peer(name))
    }

    pub(crate) fn guides(&self, role: &str) -> GuideServiceClient<Signed> {
        GuideServiceClient::new(self.signed(role))
    }

    /// The events of these kinds up to now.
    pub(crate) async fn events(&self, kinds: &[&str]) -> Vec<Event> {
        let kinds = kinds.iter().map(ToString::to_string).collect();
        let ask = StreamEventsRequest { cursor: String::new(), kinds, until_now: true };
        let mut stream = EventServiceClient::new(self.signed("auditor")).stream_events(ask).await.unwrap().into_inner();
        let mut events = Vec::new();
        while let Some(event) = stream.message().await.unwrap() {
            events.push(event);
        }
        events
    }

    pub(crate) async fn draft(&self, text: &str) -> Revision {
        let draft = CreateGuideRevisionRequest { text: text.to_owned(), request_id: id() };
        self.guides("publisher").create_guide_revision(draft).await.unwrap().into_inner()
    }

    /// Drafts and publishes a guide, from a time or from now.
    pub(crate) async fn publish(&self, text: &str, effective: Option<&str>) -> Revision {
        let draft = self.draft(text).await;
        let effective_time = effective.map(stamp);
        let publish =
            PublishGuideRevisionRequest { name: draft.name, etag: draft.etag, effective_time, request_id: id() };
        self.guides("publisher").publish_guide_revision(publish).await.unwrap().into_inner()
    }

    pub(crate) fn now(&self) -> Timestamp {
        convert::timestamp(self.clock.now())
    }

    pub(crate) fn set_now(&self, time: &str) {
        self.clock.set(time.parse().unwrap());
    }

    /// Drains the servers before the database goes.
    pub(crate) async fn end(self) {
        if let Some(replica) = self.replica.into_inner() {
            replica.stop().await;
        }
        self.server.stop().await;
    }
}

async fn serve(database: &TestDatabase, keys: &Arc<TestKeys>, clock: &Arc<FakeClock>) -> TestServer {
    let settings = Settings { store: database.settings(), ..Settings::default() };
    let service = Routing::build(settings, Runtime { clock: clock.clone() }).await.unwrap();
    TestServer::start("routing", service, keys, clock.clone()).await
}

/// A fresh `request_id`.
pub(crate) fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A time for the wire.
pub(crate) fn stamp(time: &str) -> Timestamp {
    convert::timestamp(time.parse::<DateTime<Utc>>().unwrap())
}

/// The reason of the one `ErrorInfo`.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap_or_else(|| panic!("{status:?} has no ErrorInfo")).reason
}

/// The fields that `BadRequest` names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let bad = status.get_details_bad_request().unwrap_or_else(|| panic!("{status:?} has no BadRequest"));
    bad.field_violations.into_iter().map(|violation| violation.field).collect()
}

/// The shipped guide after an operator has confirmed where a contact is incorporated.
pub(crate) fn incorporated(key: &str, place: &str) -> String {
    let start = SHIPPED.find(&format!("[[contact]]\nkey = \"{key}\"")).unwrap();
    let (before, after) = SHIPPED.split_at(start);
    let confirmed = format!("incorporation_country = \"{place}\"");
    let after = after.replacen("incorporation_country = \"\"", &confirmed, 1).replacen(
        "incorporation_source = \"\"",
        "incorporation_source = \"register of companies, for a test\"",
        1,
    );
    before.to_owned() + &after
}

/// Makes a test of each case on SQLite and on PostgreSQL.
macro_rules! on_both_engines {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let suite = $crate::harness::Suite::on(rogatory_testkit::TestDatabase::sqlite()).await;
                super::$case(&suite).await;
                suite.end().await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let suite = $crate::harness::Suite::on(rogatory_testkit::TestDatabase::postgres().await).await;
                super::$case(&suite).await;
                suite.end().await;
            })+
        }
    };
}
pub(crate) use on_both_engines;
