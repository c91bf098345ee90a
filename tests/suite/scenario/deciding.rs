//! The requester is believed, people approve what may leave, and it leaves.

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
    let second = propose(recorder, &proposed).await;
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
    recorder
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
                    }],
                    "request_id": id(37),
                }),
                twist: ("/files/0/file_name", "other.csv"),
            },
        )
        .await;
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

/// Intake proposes for another request what it proposed for this one.
async fn propose(recorder: &mut Recorder<'_>, proposed: &Value) -> Value {
    let other = "requests/req_01930000000070008000000000000002";
    let intake = recorder.suite.peer("intake", Area::Disclosure);
    recorder
        .make(
            &intake,
            Mutation {
                area: Area::Disclosure,
                method: "/rogatory.disclosure.v1.ScopeService/ProposeDecision",
                body: json!({
                    "request": other,
                    "facts": proposed["facts"],
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
