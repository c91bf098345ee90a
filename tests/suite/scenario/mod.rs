//! A life that calls every mutation of the schema once, where it makes sense, over five real processes.

mod billing;
mod deciding;
mod filing;
mod routing;
mod rules;
mod verifying;

use std::collections::BTreeSet;

use rogatory_tests::{
    suite::{Area, Suite},
    wire::{Client, reason},
};
use serde_json::{Value, json};

pub(crate) use self::{
    filing::{MAIL_DOMAIN, agency},
    rules::{OVERRIDE, storage_policy},
    verifying::call_back,
};

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
    rules::publish(&mut recorder).await;
    let request = filing::file(&mut recorder).await;
    let request = deciding::decide(&mut recorder, &request).await;
    billing::bill(&mut recorder, &request).await;
    filing::withdraw(&mut recorder).await;
    routing::plan(&mut recorder).await;
    verifying::take_back(&mut recorder, &request).await;
    recorder.seen
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
