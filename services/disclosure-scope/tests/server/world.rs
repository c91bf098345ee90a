//! A running service with the operator's policy published, the people who call it, and shorthands.

use std::sync::Arc;

use chrono::{DateTime, TimeZone as _, Utc};
use prost_types::Timestamp;
use rogatory_chassis::{FakeClock, Program as _, Role, Runtime, convert::timestamp};
use rogatory_disclosure::{DisclosureScope, KeySettings, ProofSettings, Settings};
use rogatory_names::{RequestId, VerificationId};
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::{
        disclosure::v1::{
            ApproveDecisionRequest, AuthorityApproval, CreatePolicyRevisionRequest, Decision, GetDecisionRequest,
            GetGrantRequest, Grant, ItemResult, ListGrantsRequest, ProposeDecisionRequest,
            PublishPolicyRevisionRequest, ScopeFacts, ScopeItem, grant_service_client::GrantServiceClient,
            item_result::Result as Outcome, policy_service_client::PolicyServiceClient,
            scope_service_client::ScopeServiceClient,
        },
        events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient},
        rulebook::v1::{AuthorityKind, InstrumentKind, MatterType, Revision},
    },
};
use rogatory_store::{
    StoreSettings,
    audit::{self, AuditEntry},
};
use rogatory_testkit::{Signed, TestDatabase, TestKeys, TestServer};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::domain::{operated, stated, token::ed25519};

/// Somebody who calls.
pub(crate) enum Who {
    /// By a token.
    Person(&'static str, Role),
    /// By a certificate.
    Peer(&'static str),
}

pub(crate) const ALICE: Who = Who::Person("alice", Role::Approver);
pub(crate) const BOB: Who = Who::Person("bob", Role::Approver);
/// An approver who has prepared every proposal of [`World::proposal`].
pub(crate) const PAULA: Who = Who::Person("paula", Role::Approver);
pub(crate) const COUNSEL: Who = Who::Person("carol", Role::Counsel);
pub(crate) const ANALYST: Who = Who::Person("anna", Role::Analyst);
pub(crate) const PUBLISHER: Who = Who::Person("peter", Role::Publisher);
pub(crate) const AUDITOR: Who = Who::Person("otto", Role::Auditor);
pub(crate) const PLATFORM: Who = Who::Person("warehouse", Role::DataPlatform);
pub(crate) const INTAKE: Who = Who::Peer("intake");

/// A running service.
pub(crate) struct World {
    /// Its clock, which stands at [`start`].
    pub(crate) clock: Arc<FakeClock>,
    /// The operator's policy: everything is stored in SG, and the staff is there.
    pub(crate) policy: Revision,
    server: TestServer,
    keys: Arc<TestKeys>,
    settings: Settings,
    // Last, so that it goes after the server that uses it.
    database: TestDatabase,
}

/// When every test starts, and its request was received.
fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap()
}

/// So many hours after the start.
pub(crate) fn at(hours: i64) -> Timestamp {
    timestamp(start() + chrono::Duration::hours(hours))
}

/// So many seconds after a month of 2026 began.
pub(crate) fn month(month: u32, seconds: i64) -> Timestamp {
    let begin = Utc.with_ymd_and_hms(2026, month, 1, 0, 0, 0).unwrap();
    timestamp(begin + chrono::Duration::seconds(seconds))
}

/// A new `request_id`.
pub(crate) fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A criminal matter of a US police force with a warrant, for these elements of `target-1`.
pub(crate) fn facts(elements: &[&str]) -> ScopeFacts {
    ScopeFacts {
        platform: "aliexpress.com".to_owned(),
        authority_country: "US".to_owned(),
        authority_kind: AuthorityKind::Police.into(),
        instrument_kind: InstrumentKind::SearchWarrant.into(),
        matter_type: MatterType::Criminal.into(),
        requester_verified: Some(true),
        requester_accredited: Some(true),
        items: elements.iter().enumerate().map(|(index, element)| item(index, element)).collect(),
        receive_time: Some(at(0)),
        ..ScopeFacts::default()
    }
}

/// An approval of a PRC authority for these elements, as counsel records it.
pub(crate) fn prc_approval(elements: &[&str]) -> AuthorityApproval {
    AuthorityApproval {
        country: "CN".to_owned(),
        authority: "Ministry of Justice".to_owned(),
        reference: "ILCC 2026-17".to_owned(),
        approve_time: Some(at(0)),
        elements: elements.iter().map(|element| (*element).to_owned()).collect(),
        ..AuthorityApproval::default()
    }
}

/// An element of `target-1` from January until March.
pub(crate) fn item(index: usize, element: &str) -> ScopeItem {
    ScopeItem {
        item_id: format!("item-{index}"),
        target_id: "target-1".to_owned(),
        element: element.to_owned(),
        window: Some(Interval { start_time: Some(month(1, 0)), end_time: Some(month(3, 0)) }),
        residence_country: "US".to_owned(),
    }
}

impl World {
    pub(crate) async fn on_sqlite() -> Self {
        Self::start(TestDatabase::sqlite(), ProofSettings::default()).await
    }

    pub(crate) async fn on_postgres() -> Self {
        Self::start(TestDatabase::postgres().await, ProofSettings::default()).await
    }

    /// On this database, with policies proven like that.
    pub(crate) async fn start(database: TestDatabase, proof: ProofSettings) -> Self {
        let keys = Arc::new(TestKeys::new());
        let clock = FakeClock::at(start());
        let signing_key_file = keys.folder().join("signing.pem");
        std::fs::write(&signing_key_file, ed25519([5; 32])).unwrap();
        let settings = Settings {
            store: StoreSettings::for_url(database.url()),
            keys: KeySettings { signing_key_file, ..KeySettings::default() },
            proof,
            ..Settings::default()
        };
        DisclosureScope::migrate(&settings, Runtime { clock: clock.clone() }).await.unwrap();
        let server = replica(&settings, &keys, &clock).await;
        let mut world = Self { clock, policy: Revision::default(), server, keys, settings, database };
        world.policy = world.published(operated("SG", "SG")).await;
        world
    }

    /// Another replica over the same database.
    pub(crate) async fn replica(&self) -> TestServer {
        replica(&self.settings, &self.keys, &self.clock).await
    }

    /// The database, to make it go away.
    pub(crate) fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Publishes from now the shipped policy with these elements stored in these countries.
    pub(crate) async fn publish_storage(&self, storage: &[(&str, &str)], staff: &str) -> Revision {
        self.published(stated(storage, staff)).await
    }

    async fn published(&self, text: String) -> Revision {
        let mut publisher = self.policies(&PUBLISHER);
        let create = CreatePolicyRevisionRequest { text, request_id: key() };
        let draft = publisher.create_policy_revision(create).await.unwrap().into_inner();
        let publish = PublishPolicyRevisionRequest {
            name: draft.name,
            etag: draft.etag,
            effective_time: None,
            request_id: key(),
            override_reason: "Where there is no solver.".to_owned(),
        };
        publisher.publish_policy_revision(publish).await.unwrap().into_inner()
    }

    fn line(&self, who: &Who) -> Signed {
        match who {
            Who::Person(subject, role) => self.server.person(subject, &[*role]),
            Who::Peer(name) => self.server.peer(name),
        }
    }

    pub(crate) fn scope(&self, who: &Who) -> ScopeServiceClient<Signed> {
        ScopeServiceClient::new(self.line(who))
    }

    pub(crate) fn grants_as(&self, who: &Who) -> GrantServiceClient<Signed> {
        GrantServiceClient::new(self.line(who))
    }

    pub(crate) fn policies(&self, who: &Who) -> PolicyServiceClient<Signed> {
        PolicyServiceClient::new(self.line(who))
    }

    /// A proposal of intake, prepared by paula, on a verification that holds for a year.
    pub(crate) fn proposal(&self, facts: ScopeFacts) -> ProposeDecisionRequest {
        let request = RequestId::new().name();
        ProposeDecisionRequest {
            request: request.clone(),
            facts: Some(facts),
            verification: VerificationId::new().name(),
            verification_request: request,
            verification_expire_time: Some(at(365 * 24)),
            preparers: vec!["person:paula".to_owned()],
            request_id: key(),
        }
    }

    pub(crate) async fn propose(&self, facts: ScopeFacts) -> Result<Decision, Status> {
        let answer = self.scope(&INTAKE).propose_decision(self.proposal(facts)).await?;
        Ok(answer.into_inner())
    }

    /// An approval of the decision as it was read.
    pub(crate) fn approval(&self, read: &Decision) -> ApproveDecisionRequest {
        ApproveDecisionRequest {
            name: read.name.clone(),
            etag: read.etag.clone(),
            reason: "In order.".to_owned(),
            narrowings: Vec::new(),
            request_id: key(),
        }
    }

    pub(crate) async fn approve(&self, who: &Who, read: &Decision) -> Result<Decision, Status> {
        Ok(self.scope(who).approve_decision(self.approval(read)).await?.into_inner())
    }

    pub(crate) async fn decision(&self, name: &str) -> Decision {
        let request = GetDecisionRequest { name: name.to_owned() };
        self.scope(&ANALYST).get_decision(request).await.unwrap().into_inner()
    }

    pub(crate) async fn grant(&self, name: &str) -> Grant {
        let request = GetGrantRequest { name: name.to_owned() };
        self.grants_as(&AUDITOR).get_grant(request).await.unwrap().into_inner()
    }

    pub(crate) async fn grants(&self) -> Vec<Grant> {
        self.grants_as(&AUDITOR).list_grants(ListGrantsRequest::default()).await.unwrap().into_inner().grants
    }

    /// The audit entries so far, the oldest first.
    pub(crate) async fn audit(&self) -> Vec<AuditEntry> {
        audit::list(self.database.connect().await.read(), 0, 10_000).await.unwrap()
    }

    /// The events so far whose kind starts like this.
    pub(crate) async fn events(&self, kind: &str) -> Vec<Event> {
        let request = StreamEventsRequest { until_now: true, ..StreamEventsRequest::default() };
        let mut stream =
            EventServiceClient::new(self.line(&AUDITOR)).stream_events(request).await.unwrap().into_inner();
        let mut events = Vec::new();
        while let Some(event) = stream.message().await.unwrap() {
            events.push(event);
        }
        events.retain(|event| event.kind.starts_with(kind));
        events
    }
}

async fn replica(settings: &Settings, keys: &Arc<TestKeys>, clock: &Arc<FakeClock>) -> TestServer {
    let runtime = Runtime { clock: clock.clone() };
    let service = DisclosureScope::build(settings.clone(), runtime).await.unwrap();
    TestServer::start("disclosure", service, keys, clock.clone()).await
}

/// The reason of a failure.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

/// The fields that a failure names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request().unwrap_or_else(|| panic!("{status:?}"));
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

/// The codes of what stands in the way.
pub(crate) fn violations(status: &Status) -> Vec<String> {
    let details = status.get_details_precondition_failure().unwrap_or_else(|| panic!("{status:?}"));
    details.violations.into_iter().map(|violation| violation.r#type).collect()
}

pub(crate) fn results(results: &[ItemResult]) -> Vec<Outcome> {
    results.iter().map(ItemResult::result).collect()
}

pub(crate) fn result_codes(result: &ItemResult) -> Vec<&str> {
    result.findings.iter().map(|finding| finding.code.as_str()).collect()
}
