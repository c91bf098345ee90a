//! An agency is registered, files a request, and withdraws another.

use rogatory_tests::{
    suite::Area,
    wire::{Client, reason},
};
use serde_json::{Value, json};

use super::{Mutation, Recorder, complete_request, id, text};

/// The mail domain of the agency of the scenario.
pub(crate) const MAIL_DOMAIN: &str = "police.port-harbour.example";
/// Its mailbox in the registry, which lies in another domain.
pub(crate) const MAILBOX: &str = "sentinel-desk@mailboxes.state.example";

/// A portal files a request; what it changes on the way is shown on drafts.
pub(super) async fn file(recorder: &mut Recorder<'_>) -> String {
    let verifier = recorder.suite.client_of("vera", &["verifier"]).to(Area::Verification);
    let agency = recorder
        .make(
            &verifier,
            Mutation {
                area: Area::Verification,
                method: "/rogatory.verification.v1.AgencyService/CreateAgency",
                body: json!({"agency": agency(), "request_id": id(20)}),
                twist: ("/agency/source", "another directory"),
            },
        )
        .await;
    let mut changed = agency.clone();
    changed["source"] = json!("directory of fictional agencies, second edition");
    recorder
        .make(
            &verifier,
            Mutation {
                area: Area::Verification,
                method: "/rogatory.verification.v1.AgencyService/UpdateAgency",
                body: json!({"agency": changed, "request_id": id(21)}),
                twist: ("/agency/source", "another directory"),
            },
        )
        .await;
    let then = json!({"name": text(&agency, "/name"), "read_time": text(&agency, "/create_time")});
    let then =
        verifier.call("/rogatory.verification.v1.AgencyService/GetAgency", then).await.expect("the agency of then");
    assert_eq!(then["source"], agency["source"], "what the registry held before the change: {then}");

    let portal = recorder.suite.client_of("portal", &["submitter"]).to(Area::Intake);
    let document = upload(recorder, &portal).await;
    let draft = recorder
        .make(
            &portal,
            Mutation {
                area: Area::Intake,
                method: "/rogatory.intake.v1.RequestService/CreateRequest",
                body: json!({"request": complete_request(&document), "request_id": id(23)}),
                twist: ("/request/legal_grounds", "another ground"),
            },
        )
        .await;
    let draft = recorder
        .make(&portal, Mutation {
            area: Area::Intake,
            method: "/rogatory.intake.v1.RequestService/UpdateRequest",
            body: json!({
                "request": {"name": text(&draft, "/name"), "etag": text(&draft, "/etag"), "legal_grounds": "Sections 487 and 488"},
                "update_mask": "legalGrounds",
                "request_id": id(24),
            }),
            twist: ("/request/legal_grounds", "another ground"),
        })
        .await;
    let filed = recorder
        .make(
            &portal,
            Mutation {
                area: Area::Intake,
                method: "/rogatory.intake.v1.RequestService/SubmitRequest",
                body: json!({"name": text(&draft, "/name"), "etag": text(&draft, "/etag"), "request_id": id(25)}),
                twist: ("/etag", &rogatory_store::etag(99)),
            },
        )
        .await;
    assert_eq!(filed["deficiencies"], Value::Null, "nothing is missing: {filed}");
    recorder
        .make(
            &portal,
            Mutation {
                area: Area::Intake,
                method: "/rogatory.intake.v1.EnquiryService/SubmitEnquiry",
                body: json!({
                    "enquiry": {
                        "sender": "enquirer.sentinel@mail.example",
                        "subject_line": "Sentinel question",
                        "body": "Which section of the guide speaks of emergencies? Sentinel wants to know.",
                    },
                    "request_id": id(26),
                }),
                twist: ("/enquiry/subject_line", "another question"),
            },
        )
        .await;
    text(&filed, "/name")
}

pub(crate) fn agency() -> Value {
    json!({
        "display_name": "Port Harbour Police Department",
        "country": "US",
        "kind": "AUTHORITY_KIND_POLICE",
        "mail_domains": [{"domain": MAIL_DOMAIN}],
        "phones": [{"number": "+12025550100", "source": "directory of fictional agencies"}],
        "mailboxes": [{"address": MAILBOX, "source": "directory of fictional agencies"}],
        "accreditation": {"source": "register of fictional agencies"},
        "source": "directory of fictional agencies",
        "confirmation": "CONFIRMATION_CONFIRMED",
    })
}

/// An upload is a stream, so it is called by hand.
async fn upload(recorder: &mut Recorder<'_>, portal: &Client) -> String {
    let method = "/rogatory.intake.v1.DocumentService/UploadDocument";
    // "sentinel paper" in base64, as JSON carries bytes.
    let parts = |name: &str| {
        let document = json!({"kind": "KIND_SIGNED_REQUEST", "file_name": name, "media_type": "text/plain"});
        vec![
            json!({"metadata": {"document": document, "request_id": id(22)}}),
            json!({"chunk": "c2VudGluZWwgcGFwZXI="}),
        ]
    };
    let before = recorder.traces(Area::Intake, method).await;
    let first = portal.upload(method, parts("sentinel-warrant.txt")).await.expect("an upload");
    let second = portal.upload(method, parts("sentinel-warrant.txt")).await.expect("the upload again");
    assert_eq!(first, second, "{method}: the replay gives the first answer");
    let refused = portal.upload(method, parts("other.txt")).await.expect_err("a request_id with another body");
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED", "{method}");
    recorder.check(Area::Intake, method, before).await;
    text(&first, "/name")
}

/// A draft is withdrawn.
pub(super) async fn withdraw(recorder: &mut Recorder<'_>) {
    let portal = recorder.suite.client_of("portal", &["submitter"]).to(Area::Intake);
    let draft = json!({"request": {"platform": "aliexpress.com"}, "request_id": id(50)});
    let draft = portal.call("/rogatory.intake.v1.RequestService/CreateRequest", draft).await.expect("a draft");
    recorder
        .make(&portal, Mutation {
            area: Area::Intake,
            method: "/rogatory.intake.v1.RequestService/WithdrawRequest",
            body: json!({"name": text(&draft, "/name"), "etag": text(&draft, "/etag"), "reason": "Sentinel: settled", "request_id": id(51)}),
            twist: ("/reason", "another reason"),
        })
        .await;
}
