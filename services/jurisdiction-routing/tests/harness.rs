//! The service in this process, on a database of its own, with a clock that the test owns.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use rogatory_chassis::{Clock as _, FakeClock, Program as _, Role, Runtime, caller::role_of_claim, convert};
use rogatory_proto::rogatory::{
    events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient},
    routing::v1::{
        CreateGuideRevisionRequest, PublishGuideRevisionRequest, guide_service_client::GuideServiceClient,
        routing_service_client::RoutingServiceClient,
    },
    rulebook::v1::Revision,
};
use rogatory_routing::{Routing, Settings};
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use tonic::Status;
use tonic_types::StatusExt as _;

/// The guide that ships.
pub(crate) const SHIPPED: &str = rogatory_routing::SHIPPED_GUIDE;

/// A running service. The database is dropped last, when nothing uses it any more.
pub(crate) struct Suite {
    server: TestServer,
    clock: Arc<FakeClock>,
    keys: Arc<TestKeys>,
    _database: TestDatabase,
}

impl Suite {
    /// Migrates, seeds, builds and serves at noon of 24 November 2026.
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let clock = FakeClock::at("2026-11-24T12:00:00Z".parse().unwrap());
        let runtime = Runtime { clock: clock.clone() };
        let settings = Settings { store: database.settings(), ..Settings::default() };
        Routing::migrate(&settings, runtime.clone()).await.unwrap();
        let service = Routing::build(settings, runtime).await.unwrap();
        let keys = Arc::new(TestKeys::new());
        let server = TestServer::start("routing", service, &keys, clock.clone()).await;
        Self { server, clock, keys, _database: database }
    }

    /// Who holds this role, with a token that outlives the test's time.
    fn signed(&self, role: &str) -> Signed {
        let role: Role = role_of_claim(role).unwrap();
        let year = Duration::from_secs(365 * 24 * 3600);
        let token = self.keys.development().token("ann", &[role], self.clock.now(), year).unwrap();
        self.server.bearer(token)
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

    /// Drains the server before the database goes.
    pub(crate) async fn end(self) {
        self.server.stop().await;
    }
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
    before.to_owned() + &after.replacen("incorporation_country = \"\"", &confirmed, 1)
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
