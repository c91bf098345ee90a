//! A decision that was approved, made by the service itself before it is measured.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rogatory_chassis::{FakeClock, Program as _, Role, Runtime, convert::timestamp, development::DevelopmentKeys};
use rogatory_disclosure::{DisclosureScope, KeySettings, Settings};
use rogatory_names::{RequestId, VerificationId};
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::{
        disclosure::v1::{
            ApproveDecisionRequest, CreatePolicyRevisionRequest, GetGrantRequest, GetKeySetRequest, Grant,
            ProposeDecisionRequest, PublishPolicyRevisionRequest, ScopeFacts, ScopeItem,
            grant_service_client::GrantServiceClient, policy_service_client::PolicyServiceClient,
            scope_service_client::ScopeServiceClient,
        },
        rulebook::v1::{AuthorityKind, InstrumentKind, MatterType},
    },
};
use rogatory_store::StoreSettings;
use rogatory_testkit::{TestDatabase, TestKeys, TestServer};

use super::scopes::{self, PLATFORM, TARGET};

/// A grant, with the keys that show whose it is.
#[derive(Debug)]
pub(super) struct Granted {
    /// The grant with its token.
    pub(super) grant: Grant,
    /// The public keys, a JWK Set.
    pub(super) jwks: String,
    /// When everything happened.
    pub(super) now: DateTime<Utc>,
}

/// The file with the key that signs.
pub(super) fn signing_key(keys: &TestKeys) -> PathBuf {
    let file = keys.folder().join("signing.pem");
    DevelopmentKeys::signing_key(&file).expect("a key can be made");
    file
}

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Has a warrant for every element but messages proposed and approved, on a database of the service. Only intake proposes,
/// so the service runs in this process for it, where a client's certificate is asked for.
pub(super) async fn granted(keys: &Arc<TestKeys>, database: &TestDatabase) -> Granted {
    let settings = Settings {
        store: StoreSettings::for_url(database.url()),
        keys: KeySettings { signing_key_file: signing_key(keys), ..KeySettings::default() },
        ..Settings::default()
    };
    let now = Utc::now();
    let clock = FakeClock::at(now);
    let runtime = Runtime { clock: clock.clone() };
    DisclosureScope::migrate(&settings, runtime.clone()).await.expect("tables");
    let service = DisclosureScope::build(settings, runtime).await.expect("a service");
    let server = TestServer::start("disclosure", service, keys, clock.clone()).await;

    let mut publisher = PolicyServiceClient::new(server.person("load", &[Role::Publisher]));
    let create = CreatePolicyRevisionRequest { text: scopes::policy_text(), request_id: fresh() };
    let draft = publisher.create_policy_revision(create).await.expect("a draft").into_inner();
    let publish = PublishPolicyRevisionRequest {
        name: draft.name,
        etag: draft.etag,
        effective_time: None,
        request_id: fresh(),
        override_reason: "The load harness may run where there is no solver.".to_owned(),
    };
    publisher.publish_policy_revision(publish).await.expect("a policy");
    clock.advance(Duration::from_secs(1));

    let mut intake = ScopeServiceClient::new(server.peer("intake"));
    let proposed = intake.propose_decision(proposal(now)).await.expect("a decision").into_inner();
    let approve = ApproveDecisionRequest {
        name: proposed.name,
        etag: proposed.etag,
        reason: "In order.".to_owned(),
        request_id: fresh(),
        narrowings: Vec::new(),
    };
    let mut approver = ScopeServiceClient::new(server.person("load", &[Role::Approver]));
    let approved = approver.approve_decision(approve).await.expect("an approval").into_inner();
    let mut platform = GrantServiceClient::new(server.person("load", &[Role::DataPlatform]));
    let grant = platform.get_grant(GetGrantRequest { name: approved.grant }).await.expect("a grant").into_inner();
    let jwks = platform.get_key_set(GetKeySetRequest {}).await.expect("the keys").into_inner().jwks;
    Granted { grant, jwks, now }
}

fn proposal(now: DateTime<Utc>) -> ProposeDecisionRequest {
    let request = RequestId::new().name();
    let window = scopes::window(now);
    let window = Interval { start_time: Some(timestamp(window.start)), end_time: Some(timestamp(window.end)) };
    let items = scopes::ELEMENTS.iter().filter(|element| **element != "messages").map(|element| ScopeItem {
        item_id: (*element).to_owned(),
        target_id: TARGET.to_owned(),
        element: (*element).to_owned(),
        window: Some(window),
        residence_country: "US".to_owned(),
    });
    let facts = ScopeFacts {
        platform: PLATFORM.to_owned(),
        authority_country: "US".to_owned(),
        authority_kind: AuthorityKind::Police.into(),
        instrument_kind: InstrumentKind::SearchWarrant.into(),
        matter_type: MatterType::Criminal.into(),
        requester_verified: Some(true),
        requester_accredited: Some(true),
        items: items.collect(),
        receive_time: Some(timestamp(now)),
        ..ScopeFacts::default()
    };
    ProposeDecisionRequest {
        request: request.clone(),
        facts: Some(facts),
        verification: VerificationId::new().name(),
        verification_request: request,
        verification_expire_time: Some(timestamp(now + chrono::Duration::days(30))),
        preparers: vec!["person:preparer".to_owned()],
        request_id: fresh(),
    }
}
