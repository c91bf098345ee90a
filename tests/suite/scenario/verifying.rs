//! The requester is believed, and what was believed is taken back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::Utc;
use rogatory::play::Postbox;
use rogatory_rulebook::Digest;
use rogatory_tests::suite::Area;
use serde_json::{Value, json};

use super::{
    Mutation, Recorder, complete_request,
    filing::{MAIL_DOMAIN, MAILBOX},
    id, text,
};

const SERVICE: &str = "/rogatory.verification.v1.VerificationService";
const AGENCIES: &str = "/rogatory.verification.v1.AgencyService";
/// An emergency that nobody filed: what only intake does, done once more by hand.
const BY_HAND: &str = "requests/req_01930000000070008000000000000001";
/// A production that only the scenario knows of.
const PRODUCTION: &str = "productions/prd_01930000000070008000000000000001";

/// A call-back to the number of the agency of the scenario, made now.
pub(crate) fn call_back() -> Value {
    json!({
        "kind": "KIND_CALL_BACK",
        "result": "RESULT_POSITIVE",
        "source": "+12025550100",
        "person_reached": "Watch Commander Sentinel",
        "call_time": Utc::now().to_rfc3339(),
        "note": "Sentinel said so",
    })
}

/// The verifier finds what there is to find, the agency gives a code back, and the requester is believed.
pub(super) async fn believe(recorder: &mut Recorder<'_>, verification: &str) {
    let suite = recorder.suite;
    approve_an_emergency(recorder).await;

    let verifier = suite.client_of("vera", &["verifier"]).to(Area::Verification);
    recorder
        .make(
            &verifier,
            Mutation {
                area: Area::Verification,
                method: &format!("{SERVICE}/RecordEvidence"),
                body: json!({"name": verification, "evidence": call_back(), "request_id": id(31)}),
                twist: ("/evidence/note", "someone else said so"),
            },
        )
        .await;
    let credentials =
        json!({"kind": "KIND_CREDENTIALS", "result": "RESULT_POSITIVE", "source": "Sentinel's badge office"});
    let body = json!({"name": verification, "evidence": credentials, "request_id": id(32)});
    verifier.call(&format!("{SERVICE}/RecordEvidence"), body).await.expect("credentials");
    recorder
        .make(
            &verifier,
            Mutation {
                area: Area::Verification,
                method: &format!("{SERVICE}/SendChallenge"),
                body: json!({"name": verification, "request_id": id(60)}),
                twist: ("/name", "verifications/ver_01930000000070008000000000000009"),
            },
        )
        .await;
    let code = Postbox::new(suite.challenges()).code_for(MAILBOX).await.expect("a code for the agency");
    let believed = recorder
        .make(
            &verifier,
            Mutation {
                area: Area::Verification,
                method: &format!("{SERVICE}/AnswerChallenge"),
                body: json!({"name": verification, "code": code, "request_id": id(61)}),
                twist: ("/code", "000000"),
            },
        )
        .await;
    assert!(!believed.to_string().contains(&code), "the code is in no answer");
    assert!(!suite.log(Area::Verification).contains(&code), "the code is in no log");
    recorder
        .make(
            &verifier,
            Mutation {
                area: Area::Verification,
                method: &format!("{SERVICE}/ConcludeVerification"),
                body: json!({"name": verification, "etag": text(&believed, "/etag"), "request_id": id(33)}),
                twist: ("/etag", &rogatory_store::etag(99)),
            },
        )
        .await;
    let intake = suite.peer("intake", Area::Verification);
    recorder
        .make(
            &intake,
            Mutation {
                area: Area::Verification,
                method: &format!("{SERVICE}/RecordReliance"),
                body: json!({
                    "verification": verification,
                    "request": text(&believed, "/request"),
                    "production": PRODUCTION,
                    "platform_ids": ["platform-sentinel-1"],
                    "request_id": id(62),
                }),
                twist: ("/platform_ids/0", "platform-sentinel-2"),
            },
        )
        .await;
}

/// Intake opens the verification of an emergency, with the message and the copy that came, and somebody approves it.
async fn approve_an_emergency(recorder: &mut Recorder<'_>) {
    let suite = recorder.suite;
    let message = format!(
        "From: Officer Sentinel <officer.sentinel@{MAIL_DOMAIN}>\r\nTo: requests@platform.example\r\n\
         Subject: Sentinel is in danger\r\n\r\nSentinel must be found.\r\n"
    );
    let copy = "Emergency form. Signed: Officer Sentinel";
    let intake = suite.peer("intake", Area::Verification);
    let opened = recorder
        .make(
            &intake,
            Mutation {
                area: Area::Verification,
                method: &format!("{SERVICE}/OpenVerification"),
                body: json!({
                    "request": BY_HAND,
                    "agency_name": "Port Harbour Police Department",
                    "country": "US",
                    "authority_kind": "AUTHORITY_KIND_POLICE",
                    "instrument_kind": "INSTRUMENT_KIND_EMERGENCY_FORM",
                    "officer": complete_request("")["requester"]["officer"],
                    "emergency": true,
                    "signed_copies": [{"digest": Digest::of(copy).to_string(), "content": STANDARD.encode(copy)}],
                    "message": {
                        "raw": STANDARD.encode(message),
                        "client_ip": "192.0.2.10",
                        "helo": format!("mx.{MAIL_DOMAIN}"),
                        "mail_from": format!("officer.sentinel@{MAIL_DOMAIN}"),
                    },
                    "submitter": "person:portal",
                    "target_keys": ["ab".repeat(32)],
                    "receive_time": Utc::now().to_rfc3339(),
                    "request_id": id(30),
                }),
                twist: ("/agency_name", "Another Police Department"),
            },
        )
        .await;
    let approver = suite.client_of("abe", &["approver"]).to(Area::Verification);
    let approved = recorder
        .make(&approver, Mutation {
            area: Area::Verification,
            method: &format!("{SERVICE}/ApproveVerification"),
            body: json!({"name": text(&opened, "/name"), "etag": text(&opened, "/etag"), "reason": "Sentinel is in danger", "request_id": id(63)}),
            twist: ("/reason", "another reason"),
        })
        .await;
    assert_eq!(approved["approvals"][0]["approver"], "person:abe", "{approved}");
}

/// The mail domain turns out to have been in the hands of others: what was believed is reopened, and what had left is
/// listed with the users concerned.
pub(super) async fn take_back(recorder: &mut Recorder<'_>, request: &Value) {
    let suite = recorder.suite;
    let counsel = suite.client_of("cora", &["counsel"]).to(Area::Verification);
    let reported = recorder
        .make(
            &counsel,
            Mutation {
                area: Area::Verification,
                method: &format!("{AGENCIES}/ReportCompromise"),
                body: json!({
                    "mail_domain": MAIL_DOMAIN,
                    "window": {"start_time": "2026-10-01T00:00:00Z"},
                    "reason": "Sentinel was for sale",
                    "request_id": id(64),
                }),
                twist: ("/reason", "another reason"),
            },
        )
        .await;
    let name = text(&reported, "/name");
    let mut compromise = reported;
    for _ in 0..600 {
        if compromise["state"] == "STATE_DONE" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        compromise =
            counsel.call(&format!("{AGENCIES}/GetCompromise"), json!({"name": name})).await.expect("the compromise");
    }
    assert_eq!(compromise["state"], "STATE_DONE", "{compromise}");
    let left = counsel
        .call(&format!("{AGENCIES}/ListCompromisedProductions"), json!({"name": name}))
        .await
        .expect("what had left");
    let of_request: Vec<&Value> =
        left["productions"].as_array().into_iter().flatten().filter(|one| one["request"] == request["name"]).collect();
    // The one that intake told of, and the one that the scenario did.
    assert_eq!(of_request.len(), 2, "{left}");
    for production in of_request {
        assert_eq!(production["verification"], request["verification"], "{production}");
        assert_eq!(production["platform_ids"], json!(["platform-sentinel-1"]), "{production}");
    }
    let verification = counsel
        .call(&format!("{SERVICE}/GetVerification"), json!({"name": text(request, "/verification")}))
        .await
        .expect("the verification");
    assert_eq!(verification["state"], "STATE_OPEN", "{verification}");
    assert_ne!(verification["reopen_time"], Value::Null, "{verification}");
}
