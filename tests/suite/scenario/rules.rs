//! An operator publishes the rules.

use rogatory_tests::{suite::Area, wire::Client};
use serde_json::{Value, json};

use super::{Mutation, Recorder, id, text};

/// The shipped policy with what an operator states of its storage.
pub(crate) fn storage_policy() -> String {
    format!("{}\n{}", rogatory_disclosure::shipped_policy(), include_str!("../../cases/operator/storage.toml"))
}

/// Why a policy is published on a machine that has no solver. Where there is one the invariants are proven all the same.
pub(crate) const OVERRIDE: &str = "A test may run where there is no solver.";

/// An operator publishes a guide, the rules by which a requester is believed, a policy that knows where data is stored, and
/// a fee schedule.
pub(super) async fn publish(recorder: &mut Recorder<'_>) {
    let publisher = recorder.suite.client_of("pat", &["publisher"]);
    let guide = include_str!("../../../services/jurisdiction-routing/guides/aliexpress.toml");
    let rules = include_str!("../../../services/verification/rules/verification.toml");
    let schedule = include_str!("../../../services/billing/schedules/example.toml");
    let sets = [
        (Area::Routing, "rogatory.routing.v1.GuideService", "Guide", guide.to_owned()),
        (Area::Verification, "rogatory.verification.v1.RuleService", "Rule", rules.to_owned()),
        (Area::Disclosure, "rogatory.disclosure.v1.PolicyService", "Policy", storage_policy()),
        (Area::Billing, "rogatory.billing.v1.ScheduleService", "Schedule", schedule.to_owned()),
    ];
    for ((area, service, kind, text_of), number) in sets.into_iter().zip(10..) {
        let client = publisher.to(area);
        let valid = client.call(&format!("/{service}/Validate{kind}Revision"), json!({"text": text_of})).await;
        let valid = valid.expect("the file is looked at");
        assert_eq!(valid["faults"], Value::Null, "{valid}");
        let draft = recorder
            .make(
                &client,
                Mutation {
                    area,
                    method: &format!("/{service}/Create{kind}Revision"),
                    body: json!({"text": text_of, "request_id": id(number)}),
                    twist: ("/text", &format!("{text_of}\n# another")),
                },
            )
            .await;
        let mut publish =
            json!({"name": text(&draft, "/name"), "etag": text(&draft, "/etag"), "request_id": id(number + 100)});
        if area == Area::Disclosure {
            publish["override_reason"] = json!(OVERRIDE);
        }
        let published = recorder
            .make(
                &client,
                Mutation {
                    area,
                    method: &format!("/{service}/Publish{kind}Revision"),
                    body: publish,
                    twist: ("/etag", &rogatory_store::etag(99)),
                },
            )
            .await;
        assert_eq!(published["state"], "STATE_PUBLISHED");
        assert_eq!(published["digest"], valid["digest"], "{service}");
        let name = text(&draft, "/name");
        let read = client.call(&format!("/{service}/Get{kind}Revision"), json!({"name": name})).await;
        assert_eq!(read.expect("the revision")["text"], text_of, "{service}");
        let list = client.call(&format!("/{service}/List{kind}Revisions"), json!({})).await.expect("the revisions");
        assert_eq!(list["revisions"][0]["name"], name, "newest first: {service}");
        if area == Area::Disclosure {
            proven(&valid);
            compared(&client, &list).await;
        }
    }
}

/// Every invariant was looked at. Without a solver none is proven, and none may be broken in any case.
fn proven(valid: &Value) {
    let proofs = valid["proofs"].as_array().expect("the proofs");
    assert!(proofs.len() > 5, "{valid}");
    for proof in proofs {
        let verdict = &proof["verdict"];
        assert!(*verdict == "VERDICT_PROVEN" || *verdict == "VERDICT_UNKNOWN", "{proof}");
    }
}

/// What the operator states changes tables beside the packs, and the packs not at all.
async fn compared(client: &Client, list: &Value) {
    let of = |index: usize| list["revisions"][index]["name"].clone();
    let body = json!({"base_revision": of(1), "revision": of(0)});
    let method = "/rogatory.disclosure.v1.PolicyService/ComparePolicyRevisions";
    let compared = client.call(method, body).await.expect("a comparison");
    assert_ne!(compared["equivalence"], "EQUIVALENCE_DIFFERENT", "{compared}");
    assert_eq!(compared["parts"], json!(["storage", "operation"]), "{compared}");
    assert_eq!(compared["decisions"], Value::Null, "nothing was decided yet: {compared}");
}
