//! The requester is believed, people approve what may leave, and it leaves.

use chrono::Utc;
use rogatory_disclosure::domain::{grant::Record, token::KeySet};
use rogatory_tests::{
    suite::{Area, Suite},
    wire::Client,
};
use serde_json::{Value, json};

use super::{Mutation, Recorder, id, text, until, verifying};

/// The requester is believed, people approve what may leave, and a data platform records that it left.
pub(super) async fn decide(recorder: &mut Recorder<'_>, request: &str) -> Value {
    let suite = recorder.suite;
    let read = suite.client_of("ann", &["analyst"]).to(Area::Intake);
    let verifying = until(&read, request, "STATE_VERIFYING", "/verification").await;

    verifying::believe(recorder, &text(&verifying, "/verification")).await;

    let review = until(&read, request, "STATE_UNDER_REVIEW", "/decision").await;
    let decision = text(&review, "/decision");
    let approver = suite.client_of("abe", &["approver"]).to(Area::Disclosure);
    let proposed = approver
        .call("/rogatory.disclosure.v1.ScopeService/GetDecision", json!({"name": decision}))
        .await
        .expect("the decision");
    let held = propose(recorder, &proposed).await;
    let second = authorise(recorder, &held).await;
    recorder
        .make(&approver, Mutation {
            area: Area::Disclosure,
            method: "/rogatory.disclosure.v1.ScopeService/RejectDecision",
            body: json!({"name": text(&second, "/name"), "etag": text(&second, "/etag"), "reason": "Sentinel: too broad", "request_id": id(35)}),
            twist: ("/reason", "another reason"),
        })
        .await;
    recorder
        .make(&approver, Mutation {
            area: Area::Disclosure,
            method: "/rogatory.disclosure.v1.ScopeService/ApproveDecision",
            body: json!({"name": decision, "etag": text(&proposed, "/etag"), "reason": "Sentinel: in order", "request_id": id(36)}),
            twist: ("/reason", "another reason"),
        })
        .await;

    let approved = until(&read, request, "STATE_APPROVED", "/grant").await;
    let platform = suite.client_of("warehouse", &["data-platform"]).to(Area::Disclosure);
    let production = recorder
        .make(
            &platform,
            Mutation {
                area: Area::Disclosure,
                method: "/rogatory.disclosure.v1.GrantService/RecordProduction",
                body: json!({
                    "grant": text(&approved, "/grant"),
                    "files": [{
                        "file_name": "sentinel-identity.csv",
                        "size_bytes": 120,
                        "digest": format!("sha256:{}", "ab".repeat(32)),
                        "record_count": 1,
                        "target_id": "target-1",
                        "element": "account-identity",
                        "storage_country": "SG",
                    }],
                    "request_id": id(37),
                }),
                twist: ("/files/0/file_name", "other.csv"),
            },
        )
        .await;
    signed(&platform, &production).await;
    let produced = until(&read, request, "STATE_PRODUCED", "/grant").await;
    revoke(recorder, &produced).await;
    let closing = settled(suite, &read, request).await;
    recorder
        .make(
            &read,
            Mutation {
                area: Area::Intake,
                method: "/rogatory.intake.v1.RequestService/CloseRequest",
                body: json!({
                    "name": request,
                    "etag": text(&closing, "/etag"),
                    "outcome": "OUTCOME_COMPLIED_IN_FULL",
                    "reason": "Sentinel: all was produced",
                    "request_id": id(39),
                }),
                twist: ("/reason", "another reason"),
            },
        )
        .await
}

/// Waits until intake has heard of the revocation and nothing is left to do: from here on the etag stays.
async fn settled(suite: &Suite, client: &Client, request: &str) -> Value {
    for _ in 0..600 {
        let steps = suite.count(Area::Intake, "SELECT COUNT(*) AS n FROM docket_steps").await;
        let found = until(client, request, "STATE_PRODUCED", "/timeline").await;
        let mut kinds = found["timeline"].as_array().into_iter().flatten().map(|entry| entry["kind"].clone());
        if kinds.any(|kind| kind == "request.grant_revoked") && steps == 0 {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("intake never heard that the grant of {request} was revoked");
}

/// What left is signed, with a key that the service publishes.
async fn signed(platform: &Client, production: &Value) {
    let service = "/rogatory.disclosure.v1.GrantService";
    let name = json!({"name": text(production, "/name")});
    let read = platform.call(&format!("{service}/GetProduction"), name).await.expect("the production");
    assert_eq!(&read, production, "as it was recorded");
    let grant = platform.call(&format!("{service}/GetGrant"), json!({"name": text(production, "/grant")})).await;
    let grant = grant.expect("the grant");
    let keys = platform.call(&format!("{service}/GetKeySet"), json!({})).await.expect("the keys");
    let keys = KeySet::read(&text(&keys, "/jwks")).expect("a key set");
    let manifest = keys.manifest(&text(production, "/signature")).expect("a signature of the service");
    assert_eq!(manifest.grant.name(), text(production, "/grant"));
    assert_eq!(manifest.manifest_digest.to_string(), text(production, "/manifest_digest"));
    let token = keys.grant(&text(&grant, "/token"), Utc::now()).expect("a token of the service");
    let record = |storage: &str| Record {
        target_id: "target-1".to_owned(),
        element: "account-identity".to_owned(),
        time: None,
        storage: storage.parse().expect("a country"),
    };
    assert!(token.check(&record("SG"), Utc::now()).permitted, "without a call");
    assert!(!token.check(&record("CN"), Utc::now()).permitted, "from nowhere else");
}

/// Counsel records that the authority has approved what a decision holds; it is decided anew, and both can be replayed.
async fn authorise(recorder: &mut Recorder<'_>, held: &Value) -> Value {
    assert_eq!(held["results"][1]["result"], "RESULT_HOLD_FOR_AUTHORITY", "{held}");
    let service = "/rogatory.disclosure.v1.ScopeService";
    let counsel = recorder.suite.client_of("cora", &["counsel"]).to(Area::Disclosure);
    let decided = recorder
        .make(
            &counsel,
            Mutation {
                area: Area::Disclosure,
                method: &format!("{service}/RecordAuthorityApproval"),
                body: json!({
                    "name": text(held, "/name"),
                    "etag": text(held, "/etag"),
                    "approval": {
                        "country": "CN",
                        "authority": "Ministry of Justice",
                        "reference": "2026-17",
                        "approve_time": text(held, "/create_time"),
                        "elements": ["merchant-identity"],
                    },
                    "request_id": id(44),
                }),
                twist: ("/approval/reference", "2026-18"),
            },
        )
        .await;
    assert_eq!(decided["predecessor"], held["name"], "{decided}");
    assert_eq!(decided["results"][1]["result"], "RESULT_ALLOW", "{decided}");
    for decision in [held, &decided] {
        let replay = json!({"name": text(decision, "/name")});
        let replayed = counsel.call(&format!("{service}/ReplayDecision"), replay).await.expect("a replay");
        assert_eq!(replayed["equal"], true, "{replayed}");
    }
    let before = counsel.call(&format!("{service}/GetDecision"), json!({"name": text(held, "/name")})).await;
    let before = before.expect("the decision before");
    assert_eq!((&before["state"], &before["successor"]), (&json!("STATE_SUPERSEDED"), &decided["name"]), "{before}");
    decided
}

/// Intake proposes for another request what it proposed for this one, and something that is stored in the PRC.
async fn propose(recorder: &mut Recorder<'_>, proposed: &Value) -> Value {
    let other = "requests/req_01930000000070008000000000000002";
    let intake = recorder.suite.peer("intake", Area::Disclosure);
    let mut facts = proposed["facts"].clone();
    let mut held = facts["items"][0].clone();
    (held["item_id"], held["element"]) = (json!("item-2"), json!("merchant-identity"));
    facts["items"].as_array_mut().expect("the items").push(held);
    recorder
        .make(
            &intake,
            Mutation {
                area: Area::Disclosure,
                method: "/rogatory.disclosure.v1.ScopeService/ProposeDecision",
                body: json!({
                    "request": other,
                    "facts": facts,
                    "verification": text(proposed, "/verification"),
                    "verification_request": other,
                    "verification_expire_time": text(proposed, "/verification_expire_time"),
                    "preparers": ["person:portal"],
                    "request_id": id(34),
                }),
                twist: ("/preparers/0", "person:another"),
            },
        )
        .await
}

/// The grant has served; counsel takes it back.
async fn revoke(recorder: &mut Recorder<'_>, request: &Value) {
    let counsel = recorder.suite.client_of("cora", &["counsel"]).to(Area::Disclosure);
    let name = text(request, "/grant");
    let grant =
        counsel.call("/rogatory.disclosure.v1.GrantService/GetGrant", json!({"name": name})).await.expect("the grant");
    recorder
        .make(&counsel, Mutation {
            area: Area::Disclosure,
            method: "/rogatory.disclosure.v1.GrantService/RevokeGrant",
            body: json!({"name": name, "etag": text(&grant, "/etag"), "reason": "Sentinel: served", "request_id": id(38)}),
            twist: ("/reason", "another reason"),
        })
        .await;
}
