//! What intake asks of routing, asked by people.

use rogatory_tests::suite::Area;
use serde_json::{Value, json};

use super::{Mutation, Recorder, id, text};

const SERVICE: &str = "/rogatory.routing.v1.RoutingService";

/// An analyst has a route planned; counsel tells that the request of the plan is closed.
pub(super) async fn plan(recorder: &mut Recorder<'_>) {
    let analyst = recorder.suite.client_of("ann", &["analyst"]).to(Area::Routing);
    let evidence = |kind: &str, country: &str, source: &str| {
        let time = "2026-10-20T00:00:00Z";
        json!({"kind": kind, "country": country, "source": source, "record_time": time})
    };
    let plan = recorder
        .make(
            &analyst,
            Mutation {
                area: Area::Routing,
                method: &format!("{SERVICE}/PlanRoute"),
                body: json!({
                    "request": "requests/req_01930000000070008000000000000004",
                    "platform": "aliexpress.com",
                    "authority_country": "US",
                    "authority_kind": "AUTHORITY_KIND_COURT",
                    "instrument": {
                        "kind": "INSTRUMENT_KIND_COURT_ORDER",
                        "reference": "26-1188",
                        "issue_time": "2026-10-01T00:00:00Z",
                    },
                    "matter_type": "MATTER_TYPE_CIVIL_COMMERCIAL",
                    "targets": [{
                        "target_id": "target-1",
                        "evidence": [
                            evidence("RESIDENCE_EVIDENCE_KIND_DECLARED", "US", "request"),
                            evidence("RESIDENCE_EVIDENCE_KIND_ACCOUNT_RECORD", "Kazakhstan", "account-service"),
                        ],
                    }],
                    "receive_time": "2026-11-01T00:00:00Z",
                    "request_id": id(52),
                }),
                twist: ("/targets/0/evidence/1/country", "HK"),
            },
        )
        .await;
    assert_eq!(plan["targets"][0]["residence_countries"], json!(["KZ"]), "{plan}");
    let counsel = recorder.suite.client_of("cora", &["counsel"]).to(Area::Routing);
    let name = text(&plan, "/name");
    let ask = json!({"name": name});
    let replayed = counsel.call(&format!("{SERVICE}/ReplayPlan"), ask.clone()).await.expect("a replay");
    assert_eq!((&replayed["equal"], &replayed["plan"]), (&json!(true), &plan), "{replayed}");

    let closed = recorder
        .make(
            &counsel,
            Mutation {
                area: Area::Routing,
                method: &format!("{SERVICE}/ClosePlan"),
                body: json!({"name": name, "request_id": id(53)}),
                twist: ("/name", "plans/pln_01930000000070008000000000000009"),
            },
        )
        .await;
    let read = counsel.call(&format!("{SERVICE}/GetPlan"), ask).await.expect("the plan");
    assert_eq!(read, closed);
    assert_ne!(read["close_time"], Value::Null, "{read}");
}
