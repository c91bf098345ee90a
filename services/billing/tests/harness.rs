//! The service in this process, on a database of its own, with a clock that the test owns.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use rogatory_billing::{Billing, Settings};
use rogatory_chassis::{Clock as _, FakeClock, Program as _, Role, Runtime, caller::role_of_claim, convert};
use rogatory_names::RequestId;
use rogatory_proto::{
    google::r#type::Money,
    rogatory::{
        billing::v1::{
            AnswerQuoteRequest, BilledParty, BillingContact, CostFacts, CreateQuoteRequest,
            CreateScheduleRevisionRequest, Invoice, IssueInvoiceRequest, PublishScheduleRevisionRequest, Quote,
            RecordWorkRequest, WorkEntry, billing_service_client::BillingServiceClient,
            schedule_service_client::ScheduleServiceClient,
        },
        events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient},
        rulebook::v1::{AuthorityKind, DataClass, Finding, InstrumentKind, MatterType, Revision},
    },
};
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use tonic::Status;
use tonic_types::StatusExt as _;

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
        Billing::migrate(&settings, runtime.clone()).await.unwrap();
        let service = Billing::build(settings, runtime).await.unwrap();
        let keys = Arc::new(TestKeys::new());
        let server = TestServer::start("billing", service, &keys, clock.clone()).await;
        Self { server, clock, keys, _database: database }
    }

    /// Who holds this role, with a token that outlives the test's time.
    fn signed(&self, role: &str) -> Signed {
        let role: Role = role_of_claim(role).unwrap();
        let year = Duration::from_secs(365 * 24 * 3600);
        let token = self.keys.development().token("ann", &[role], self.clock.now(), year).unwrap();
        self.server.bearer(token)
    }

    pub(crate) fn billing(&self, role: &str) -> BillingServiceClient<Signed> {
        BillingServiceClient::new(self.signed(role))
    }

    pub(crate) fn billing_as_intake(&self) -> BillingServiceClient<Signed> {
        BillingServiceClient::new(self.server.peer("intake"))
    }

    pub(crate) fn schedules(&self, role: &str) -> ScheduleServiceClient<Signed> {
        ScheduleServiceClient::new(self.signed(role))
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
        let draft = CreateScheduleRevisionRequest { text: text.to_owned(), request_id: id() };
        self.schedules("publisher").create_schedule_revision(draft).await.unwrap().into_inner()
    }

    /// Drafts and publishes a schedule from now.
    pub(crate) async fn publish(&self, text: &str) -> Revision {
        let draft = self.draft(text).await;
        let publish = PublishScheduleRevisionRequest {
            name: draft.name,
            etag: draft.etag,
            effective_time: None,
            request_id: id(),
        };
        self.schedules("publisher").publish_schedule_revision(publish).await.unwrap().into_inner()
    }

    /// A criminal subpoena of a United States prosecutor for three accounts of a platform, received now.
    pub(crate) fn facts(&self, platform: &str) -> CostFacts {
        CostFacts {
            platform: platform.to_owned(),
            authority_country: "US".to_owned(),
            authority_kind: AuthorityKind::Prosecutor.into(),
            instrument_kind: InstrumentKind::Subpoena.into(),
            matter_type: MatterType::Criminal.into(),
            emergency: false,
            mutual_legal_assistance: false,
            account_count: 3,
            data_classes: vec![DataClass::Subscriber.into()],
            receive_time: Some(self.now()),
        }
    }

    /// What intake asks for a new request.
    pub(crate) fn ask_quote(&self, facts: CostFacts, contact_id: &str) -> CreateQuoteRequest {
        CreateQuoteRequest {
            request: RequestId::new().name(),
            contact: Some(BillingContact {
                contact_id: contact_id.to_owned(),
                legal_name: "Test Pte. Ltd.".to_owned(),
            }),
            billed_party: Some(BilledParty {
                agency_name: "Office of the Prosecutor".to_owned(),
                country: "US".to_owned(),
                reference: "P-7".to_owned(),
            }),
            facts: Some(facts),
            request_id: id(),
        }
    }

    pub(crate) async fn quote(&self, facts: CostFacts, contact_id: &str) -> Quote {
        self.billing_as_intake().create_quote(self.ask_quote(facts, contact_id)).await.unwrap().into_inner()
    }

    pub(crate) async fn answer(&self, quote: &Quote, accepted: bool) -> Result<Quote, Status> {
        let ask = AnswerQuoteRequest { name: quote.name.clone(), etag: quote.etag.clone(), accepted, request_id: id() };
        self.billing("analyst").answer_quote(ask).await.map(tonic::Response::into_inner)
    }

    /// A quote of a platform that its agency accepted.
    pub(crate) async fn accepted(&self, platform: &str, contact_id: &str) -> Quote {
        let quote = self.quote(self.facts(platform), contact_id).await;
        self.answer(&quote, true).await.unwrap()
    }

    pub(crate) fn ask_work(&self, quote: &Quote, fee: &str, quantity: i64) -> RecordWorkRequest {
        RecordWorkRequest {
            quote: quote.name.clone(),
            fee: fee.to_owned(),
            quantity,
            description: "Copied the records".to_owned(),
            evidence: "ticket 7".to_owned(),
            work_time: Some(self.now()),
            request_id: id(),
        }
    }

    pub(crate) async fn work(&self, quote: &Quote, fee: &str, quantity: i64) -> Result<WorkEntry, Status> {
        let ask = self.ask_work(quote, fee, quantity);
        self.billing("analyst").record_work(ask).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn invoice(&self, quote: &Quote) -> Result<Invoice, Status> {
        let ask = IssueInvoiceRequest { quote: quote.name.clone(), request_id: id() };
        self.billing("biller").issue_invoice(ask).await.map(tonic::Response::into_inner)
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

/// The violation codes that `PreconditionFailure` names.
pub(crate) fn violations(status: &Status) -> Vec<String> {
    let failure = status.get_details_precondition_failure();
    let failure = failure.unwrap_or_else(|| panic!("{status:?} has no PreconditionFailure"));
    failure.violations.into_iter().map(|violation| violation.r#type).collect()
}

/// The codes of findings.
pub(crate) fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Units and nanos with their currency, as one reads them.
pub(crate) fn shown(money: Option<&Money>) -> (i64, i32, &str) {
    let money = money.expect("an amount");
    (money.units, money.nanos, &money.currency_code)
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
