//! Every mutation of the schema, called once in a life that makes sense, over five real processes: its replay gives the
//! first answer, its `request_id` is not taken for another body, and it leaves an audit entry and an event. A mutation
//! that the scenario does not call fails the test.

use std::collections::BTreeSet;

use rogatory_tests::{
    schema::methods,
    suite::{Area, Engine, Suite},
    wire::{Client, reason},
};
use serde_json::{Value, json};

/// What the trace of a call is looked up in.
struct Recorder<'a> {
    suite: &'a Suite,
    seen: BTreeSet<String>,
}

/// A mutation to make and the change that turns its body into another one.
struct Mutation<'a> {
    area: Area,
    method: &'a str,
    body: Value,
    /// JSON pointer to a string of the body, and what it says in the other body.
    twist: (&'a str, &'a str),
}

impl Recorder<'_> {
    async fn make(&mut self, client: &Client, mutation: Mutation<'_>) -> Value {
        let Mutation { area, method, body, twist: (pointer, other) } = mutation;
        let before = self.traces(area, method).await;
        let first = client.call(method, body.clone()).await.unwrap_or_else(|status| panic!("{method}: {status:?}"));
        let second =
            client.call(method, body.clone()).await.unwrap_or_else(|status| panic!("{method} again: {status:?}"));
        assert_eq!(first, second, "{method}: the replay gives the first answer");

        let mut twisted = body;
        *twisted.pointer_mut(pointer).unwrap_or_else(|| panic!("{method}: no {pointer}")) = json!(other);
        let refused = client.call(method, twisted).await.expect_err("a request_id with another body");
        assert_eq!(reason(&refused), "REQUEST_ID_REUSED", "{method}: {refused:?}");

        self.check(area, method, before).await;
        first
    }

    async fn check(&mut self, area: Area, method: &str, before: (i64, i64)) {
        let after = self.traces(area, method).await;
        assert_eq!(after.0, before.0 + 1, "{method}: one audit entry for one change, however often it is called");
        assert!(after.1 > before.1, "{method}: an event");
        self.seen.insert(method.to_owned());
    }

    /// Audit entries of the method, and events of the service that calls of people and peers made.
    async fn traces(&self, area: Area, method: &str) -> (i64, i64) {
        let audit =
            self.suite.count(area, &format!("SELECT COUNT(*) AS n FROM audit_entries WHERE method = '{method}'")).await;
        let events = self.suite.count(area, "SELECT COUNT(*) AS n FROM events WHERE actor NOT LIKE 'system:%'").await;
        (audit, events)
    }
}

fn id(number: u32) -> String {
    format!("5f0c1d7e-0000-4000-8000-{number:012}")
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}

/// A request of a registered agency that nothing is missing from.
pub(crate) fn complete_request(document: &str) -> Value {
    json!({
        "platform": "aliexpress.com",
        "requester": {
            "agency_name": "Port Harbour Police Department",
            "authority_kind": "AUTHORITY_KIND_POLICE",
            "country": "US",
            "officer": {
                "display_name": "Officer Sentinel",
                "title": "Detective",
                "email": "officer.sentinel@police.port-harbour.example",
                "phone": "+12025550111",
                "postal_address": "1 Sentinel Plaza, Port Harbour",
                "credential_kind": "badge",
                "credential_number": "sentinel-badge-77",
                "credential_issuer": "Port Harbour Police Department",
            },
            "agency_reference": "PH-2026-0042",
        },
        "instrument": {
            "kind": "INSTRUMENT_KIND_SEARCH_WARRANT",
            "title": "Search Warrant",
            "reference": "SW-2026-0042",
            "issue_time": "2026-10-01T00:00:00Z",
            "issuer": "Superior Court of Port Harbour",
        },
        "matter_type": "MATTER_TYPE_CRIMINAL",
        "targets": [{
            "target_id": "target-1",
            "names": ["Target Sentinel"],
            "aliases": ["Alias Sentinel"],
            "street_addresses": ["2 Sentinel Road"],
            "emails": ["target.sentinel@mail.example"],
            "phones": ["+12025550122"],
            "platform_ids": ["platform-sentinel-1"],
            "listings": ["listing-sentinel-1"],
            "transactions": ["transaction-sentinel-1"],
            "residence_country": "US",
        }],
        "items": [{
            "item_id": "item-1",
            "element": "account-identity",
            "description": "Sentinel wants the identity",
            "window": {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-06-01T00:00:00Z"},
        }],
        "nature_of_investigation": "Sentinel fraud investigation",
        "legal_grounds": "Penal Code of Port Harbour, section 487",
        "documents": [document],
    })
}

/// Walks the life of a request and calls every mutation of the schema on the way.
pub(crate) async fn life(suite: &Suite) -> BTreeSet<String> {
    let mut recorder = Recorder { suite, seen: BTreeSet::new() };
    rules(&mut recorder).await;
    let request = filing(&mut recorder).await;
    let request = deciding(&mut recorder, &request).await;
    billing(&mut recorder, &request).await;
    endings(&mut recorder).await;
    recorder.seen
}

/// The shipped policy with what an operator states of its storage.
pub(crate) fn storage_policy() -> String {
    let shipped = include_str!("../../services/disclosure-scope/policies/aliexpress.toml");
    format!("{shipped}\n{}", include_str!("../cases/operator/storage.toml"))
}

/// An operator publishes a guide, a policy that knows where data is stored, and a fee schedule.
async fn rules(recorder: &mut Recorder<'_>) {
    let publisher = recorder.suite.client_of("pat", &["publisher"]);
    let guide = include_str!("../../services/jurisdiction-routing/guides/aliexpress.toml");
    let schedule = include_str!("../../services/billing/schedules/example.toml");
    let sets = [
        (Area::Routing, "rogatory.routing.v1.GuideService", "Guide", guide.to_owned()),
        (Area::Disclosure, "rogatory.disclosure.v1.PolicyService", "Policy", storage_policy()),
        (Area::Billing, "rogatory.billing.v1.ScheduleService", "Schedule", schedule.to_owned()),
    ];
    for ((area, service, kind, text_of), number) in sets.into_iter().zip(10..) {
        let client = publisher.to(area);
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
        let published = recorder
            .make(&client, Mutation {
                area,
                method: &format!("/{service}/Publish{kind}Revision"),
                body: json!({"name": text(&draft, "/name"), "etag": text(&draft, "/etag"), "request_id": id(number + 100)}),
                twist: ("/etag", &rogatory_store::etag(99)),
            })
            .await;
        assert_eq!(published["state"], "STATE_PUBLISHED");
    }
}

/// A portal files a request; what it changes on the way is shown on drafts.
async fn filing(recorder: &mut Recorder<'_>) -> String {
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
        "mail_domains": ["police.port-harbour.example"],
        "phones": [{"number": "+12025550100", "source": "directory of fictional agencies"}],
        "accredited": true,
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

/// People believe the requester, approve what may leave, and a data platform records that it left.
async fn deciding(recorder: &mut Recorder<'_>, request: &str) -> Value {
    let suite = recorder.suite;
    let read = suite.client_of("ann", &["analyst"]).to(Area::Intake);
    let verifying = until(&read, request, "STATE_VERIFYING", "/verification").await;

    // What only intake does it has done by now, with a key of its own; here it is done once more with another request.
    let intake = suite.peer("intake", Area::Verification);
    recorder
        .make(
            &intake,
            Mutation {
                area: Area::Verification,
                method: "/rogatory.verification.v1.VerificationService/OpenVerification",
                body: json!({
                    "request": "requests/req_01930000000070008000000000000001",
                    "agency_name": "Port Harbour Police Department",
                    "country": "US",
                    "authority_kind": "AUTHORITY_KIND_POLICE",
                    "instrument_kind": "INSTRUMENT_KIND_SEARCH_WARRANT",
                    "officer": complete_request("")["requester"]["officer"],
                    "receive_time": "2026-11-01T00:00:00Z",
                    "request_id": id(30),
                }),
                twist: ("/agency_name", "Another Police Department"),
            },
        )
        .await;
    let verifier = suite.client_of("vera", &["verifier"]).to(Area::Verification);
    let verification = text(&verifying, "/verification");
    let evidence = |kind: &str, source: &str| json!({"kind": kind, "result": "RESULT_POSITIVE", "source": source, "note": "Sentinel said so"});
    let believed = recorder
        .make(&verifier, Mutation {
            area: Area::Verification,
            method: "/rogatory.verification.v1.VerificationService/RecordEvidence",
            body: json!({"name": verification, "evidence": evidence("KIND_CALL_BACK", "+12025550100"), "request_id": id(31)}),
            twist: ("/evidence/note", "someone else said so"),
        })
        .await;
    let credentials =
        json!({"name": verification, "evidence": evidence("KIND_CREDENTIALS", "badge office"), "request_id": id(32)});
    let believed = verifier
        .call("/rogatory.verification.v1.VerificationService/RecordEvidence", credentials)
        .await
        .map_or(believed, |answer| answer);
    recorder
        .make(
            &verifier,
            Mutation {
                area: Area::Verification,
                method: "/rogatory.verification.v1.VerificationService/ConcludeVerification",
                body: json!({"name": verification, "etag": text(&believed, "/etag"), "request_id": id(33)}),
                twist: ("/etag", &rogatory_store::etag(99)),
            },
        )
        .await;

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

/// The agency is quoted, agrees, and is billed for what was done.
async fn billing(recorder: &mut Recorder<'_>, request: &Value) {
    let biller = recorder.suite.client_of("bill", &["biller"]).to(Area::Billing);
    let method = "/rogatory.billing.v1.BillingService";
    let quote = text(request, "/quotes/0");
    let quote = biller.call(&format!("{method}/GetQuote"), json!({"name": quote})).await.expect("the quote");
    assert_eq!(quote["state"], "STATE_OPEN", "a warrant has a price in the example schedule: {quote}");
    let mut other = json!({"request": "requests/req_01930000000070008000000000000003", "request_id": id(40)});
    for key in ["contact", "billed_party", "facts"] {
        other[key] = quote[key].clone();
    }
    recorder
        .make(
            &biller,
            Mutation {
                area: Area::Billing,
                method: &format!("{method}/CreateQuote"),
                body: other,
                twist: ("/billed_party/agency_name", "Another Police Department"),
            },
        )
        .await;
    recorder
        .make(&biller, Mutation {
            area: Area::Billing,
            method: &format!("{method}/AnswerQuote"),
            body: json!({"name": text(&quote, "/name"), "etag": text(&quote, "/etag"), "accepted": true, "request_id": id(41)}),
            twist: ("/etag", &rogatory_store::etag(99)),
        })
        .await;
    recorder
        .make(
            &biller,
            Mutation {
                area: Area::Billing,
                method: &format!("{method}/RecordWork"),
                body: json!({
                    "quote": text(&quote, "/name"),
                    "fee": text(&quote, "/estimate/lines/0/fee"),
                    "quantity": 1,
                    "description": "Search and production",
                    "evidence": text(request, "/grant"),
                    "work_time": "2026-11-01T00:00:00Z",
                    "request_id": id(42),
                }),
                twist: ("/description", "something else"),
            },
        )
        .await;
    recorder
        .make(
            &biller,
            Mutation {
                area: Area::Billing,
                method: &format!("{method}/IssueInvoice"),
                body: json!({"quote": text(&quote, "/name"), "request_id": id(43)}),
                twist: ("/quote", "quotes/quo_01930000000070008000000000000009"),
            },
        )
        .await;
}

/// What a request can also come to, and what routing does by itself.
async fn endings(recorder: &mut Recorder<'_>) {
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
    let analyst = recorder.suite.client_of("ann", &["analyst"]).to(Area::Routing);
    recorder
        .make(
            &analyst,
            Mutation {
                area: Area::Routing,
                method: "/rogatory.routing.v1.RoutingService/PlanRoute",
                body: json!({
                    "request": "requests/req_01930000000070008000000000000004",
                    "platform": "aliexpress.com",
                    "authority_country": "US",
                    "authority_kind": "AUTHORITY_KIND_COURT",
                    "instrument_kind": "INSTRUMENT_KIND_COURT_ORDER",
                    "matter_type": "MATTER_TYPE_CIVIL_COMMERCIAL",
                    "targets": [{"target_id": "target-1", "residence_country": "KZ"}],
                    "receive_time": "2026-11-01T00:00:00Z",
                    "request_id": id(52),
                }),
                twist: ("/targets/0/residence_country", "HK"),
            },
        )
        .await;
}

/// Waits until a request is in a state and has what is looked for. The docket works beside the calls; half a minute is
/// far more than it needs.
pub(crate) async fn until(client: &Client, request: &str, state: &str, pointer: &str) -> Value {
    let mut last = Value::Null;
    for _ in 0..600 {
        last = client
            .call("/rogatory.intake.v1.RequestService/GetRequest", json!({"name": request}))
            .await
            .unwrap_or_else(|status| panic!("{request}: {status:?}"));
        if last["state"] == state && last.pointer(pointer).is_some_and(|value| !value.is_null()) {
            return last;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{request} never became {state} with {pointer}: {last:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_is_done_once_and_leaves_a_trace_on_sqlite() {
    covers_all(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_is_done_once_and_leaves_a_trace_on_postgres() {
    covers_all(Engine::Postgres).await;
}

async fn covers_all(engine: Engine) {
    // Nearly everything is logged, so that what must not be in a log would be; frames of HTTP/2 hold no text.
    let suite = Suite::start_with(engine, "[server.telemetry]\nlog_filter = \"trace,h2=info,hyper=info\"").await;
    let seen = life(&suite).await;
    let missing: Vec<String> = methods()
        .into_iter()
        .filter(|method| method.mutates && !seen.contains(&method.path))
        .map(|method| method.path)
        .collect();
    assert!(missing.is_empty(), "mutations that the scenario does not call: {missing:#?}");
    no_sentinel_leaked(&suite).await;
}

/// Every sensitive field of the scenario holds the word `sentinel`; no log, event or audit entry may.
async fn no_sentinel_leaked(suite: &Suite) {
    for area in Area::ALL {
        let log = suite.log(area);
        let leak = log.lines().find(|line| line.to_lowercase().contains("sentinel"));
        assert!(leak.is_none(), "{} logged a sensitive value: {leak:?}", area.name());
        for table in ["events", "audit_entries"] {
            let sql =
                format!("SELECT COUNT(*) AS n FROM {table} AS t WHERE lower(CAST(t.facts AS text)) LIKE '%sentinel%'");
            assert_eq!(suite.count(area, &sql).await, 0, "{} has a sensitive value in {table}", area.name());
        }
    }
}
