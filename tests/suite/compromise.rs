//! A mail domain turns out to have been in the hands of others, over five real processes: what leaned on it is reopened,
//! intake stops, grants are revoked and what had left is listed; and a sweep that is killed goes on where it stood.

use std::{collections::BTreeSet, time::Duration};

use rogatory_tests::{
    load::{bare_rows, clones::Original},
    suite::{Area, Engine, Suite},
    wire::Client,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    kill::{PAPER, SUBMIT, believe, feed, fresh_id, insist, paper, power_cut, prepare, start},
    scenario::{MAIL_DOMAIN, agency, complete_request, text, until},
};

const AGENCIES: &str = "/rogatory.verification.v1.AgencyService";
const GRANTS: &str = "/rogatory.disclosure.v1.GrantService";
/// Verifications that the database makes beside those of the requests, so that the sweep takes long enough to be killed.
const CLONES: u64 = 6_000;
/// How often it is killed.
const CUTS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_burned_domain_is_swept_through_every_kill_on_sqlite() {
    is_swept(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burned_domain_is_swept_through_every_kill_on_postgres() {
    is_swept(Engine::Postgres).await;
}

/// An agency that nobody has taken over.
fn other_agency() -> Value {
    let mut other = agency();
    other["display_name"] = json!("Stillwater Sheriff's Office");
    other["mail_domains"] = json!([{"domain": "stillwater.example"}]);
    other["mailboxes"] = json!([]);
    other
}

/// Its request, for another user.
fn of_other_agency(document: &str) -> Value {
    let mut request = complete_request(document);
    request["requester"]["agency_name"] = json!("Stillwater Sheriff's Office");
    request["requester"]["officer"]["email"] = json!("deputy.sentinel@stillwater.example");
    request["targets"][0]["platform_ids"] = json!(["platform-sentinel-2"]);
    request
}

/// The people of the test.
struct People {
    portal: Client,
    analyst: Client,
    verifier: Client,
    counsel: Client,
    approver: Client,
    custodian: Client,
    grants: Client,
}

impl People {
    fn of(suite: &Suite) -> Self {
        Self {
            portal: suite.client_of("portal", &["submitter"]).to(Area::Intake),
            analyst: suite.client_of("ann", &["analyst"]).to(Area::Intake),
            verifier: suite.client_of("vera", &["verifier"]).to(Area::Verification),
            counsel: suite.client_of("cora", &["counsel"]).to(Area::Verification),
            approver: suite.client_of("abe", &["approver"]).to(Area::Disclosure),
            custodian: suite.client_of("warehouse", &["data-platform"]).to(Area::Disclosure),
            grants: suite.client_of("cora", &["counsel"]).to(Area::Disclosure),
        }
    }

    /// Files a request and waits until it is to be verified.
    async fn file(&self, request: Value) -> Value {
        let filed = self.portal.call(SUBMIT, json!({"request": request, "request_id": fresh_id()})).await.unwrap();
        until(&self.analyst, &text(&filed, "/name"), "STATE_VERIFYING", "/verification").await
    }

    /// As [`People::file`], and the requester is believed and the disclosure approved.
    async fn approve(&self, request: Value) -> Value {
        let verifying = self.file(request).await;
        believe(&self.verifier, &text(&verifying, "/verification")).await;
        let name = text(&verifying, "/name");
        let review = until(&self.analyst, &name, "STATE_UNDER_REVIEW", "/decision").await;
        let scope = "/rogatory.disclosure.v1.ScopeService";
        let decision = json!({"name": text(&review, "/decision")});
        let decision = self.approver.call(&format!("{scope}/GetDecision"), decision).await.unwrap();
        let body = json!({
            "name": text(&decision, "/name"), "etag": text(&decision, "/etag"), "reason": "in order", "request_id": fresh_id(),
        });
        self.approver.call(&format!("{scope}/ApproveDecision"), body).await.unwrap();
        until(&self.analyst, &name, "STATE_APPROVED", "/grant").await
    }

    /// What the grant covers leaves.
    async fn produce(&self, approved: &Value) -> Value {
        let file = json!({
            "file_name": "identity.csv", "size_bytes": 120, "digest": format!("sha256:{}", "ab".repeat(32)),
            "record_count": 1, "target_id": "target-1", "element": "account-identity",
            "storage_country": "SG",
        });
        let body = json!({"grant": text(approved, "/grant"), "files": [file], "request_id": fresh_id()});
        let production = self.custodian.call(&format!("{GRANTS}/RecordProduction"), body).await.unwrap();
        until(&self.analyst, &text(approved, "/name"), "STATE_PRODUCED", "/grant").await;
        production
    }

    async fn request(&self, like: &Value) -> Value {
        let method = "/rogatory.intake.v1.RequestService/GetRequest";
        self.analyst.call(method, json!({"name": text(like, "/name")})).await.unwrap()
    }

    async fn grant_state(&self, request: &Value) -> Value {
        let body = json!({"name": text(request, "/grant")});
        self.grants.call(&format!("{GRANTS}/GetGrant"), body).await.unwrap()["state"].clone()
    }

    /// Whether anything may leave under the grant of a request.
    async fn may_leave(&self, request: &Value) -> bool {
        let body = json!({
            "grant": text(request, "/grant"), "target_id": "target-1", "element": "account-identity", "storage_country": "SG",
        });
        let answer = self.custodian.call(&format!("{GRANTS}/CheckDisclosure"), body).await.unwrap();
        answer["permitted"] == true
    }
}

async fn is_swept(engine: Engine) {
    let mut suite = start(engine).await;
    prepare(&suite).await;
    let people = People::of(&suite);
    let body = json!({"agency": other_agency(), "request_id": fresh_id()});
    people.verifier.call(&format!("{AGENCIES}/CreateAgency"), body).await.unwrap();

    // One request has been answered; as it was believed, so were thousands before it.
    let database = suite.database(Area::Verification).await;
    let before = bare_rows::census(&database).await.unwrap();
    let answered = people.approve(complete_request(&paper(&people.portal, PAPER).await)).await;
    let production = people.produce(&answered).await;
    reliance(&suite).await;
    clone(&people, &database, &before, &answered).await;
    database.close().await.unwrap();

    // One is approved and nothing has left, one is not believed yet, and one is of somebody else.
    let approved = people.approve(complete_request(&paper(&people.portal, PAPER).await)).await;
    let waiting = people.file(complete_request(&paper(&people.portal, PAPER).await)).await;
    // "other" in base64: a paper that came from somebody else before is not believed.
    let untouched = people.approve(of_other_agency(&paper(&people.portal, "b3RoZXI=").await)).await;
    assert!(people.may_leave(&approved).await && people.may_leave(&untouched).await);

    let body = json!({
        "mail_domain": MAIL_DOMAIN,
        "window": {"start_time": "2026-01-01T00:00:00Z"},
        "reason": "the mailbox was for sale",
        "request_id": fresh_id(),
    });
    let report = people.counsel.call(&format!("{AGENCIES}/ReportCompromise"), body.clone()).await.unwrap();
    let name = text(&report, "/name");
    let compromise = swept(&mut suite, &people, &name).await;

    // Nothing is missed and nothing doubled.
    let (reopened, left) = (CLONES + 2, CLONES + 1);
    assert_eq!(compromise["verifications_reopened"], reopened, "{compromise}");
    assert_eq!(compromise["productions"], left, "{compromise}");
    for subjects in ["subject", "DISTINCT subject"] {
        let told = format!("SELECT COUNT({subjects}) AS n FROM events WHERE kind = 'verification.reopened'");
        assert_eq!(suite.count(Area::Verification, &told).await.unsigned_abs(), reopened, "{subjects}");
    }
    let open = "SELECT COUNT(*) AS n FROM verifications WHERE lower(state) = 'verified'";
    assert_eq!(suite.count(Area::Verification, open).await, 1, "that of the other agency alone is still believed");
    let productions = listed(&people, &name).await;
    let names: BTreeSet<String> = productions.iter().map(|production| text(production, "/production")).collect();
    assert_eq!((productions.len() as u64, names.len() as u64), (left, left), "each production is listed once");
    let own = productions.iter().find(|one| one["production"] == production["name"]);
    let own = own.unwrap_or_else(|| panic!("{} is not listed", production["name"]));
    assert_eq!(own["request"], answered["name"], "{own}");
    assert_eq!(own["verification"], answered["verification"], "{own}");
    assert_eq!(own["platform_ids"], json!(["platform-sentinel-1"]), "{own}");
    let again = people.counsel.call(&format!("{AGENCIES}/ReportCompromise"), body).await.unwrap();
    assert_eq!(again["name"], report["name"], "the replay of the report is the report");

    // Intake has stopped what leaned on it, and nothing else.
    for request in [&answered, &approved] {
        frozen(&people, request).await;
        assert!(!people.may_leave(request).await, "nothing leaves any more");
    }
    assert_eq!(people.request(&answered).await["state"], "STATE_PRODUCED", "what has left has left");
    assert_eq!(people.request(&approved).await["state"], "STATE_VERIFYING", "it waits to be believed anew");
    let untouched = people.request(&untouched).await;
    assert_eq!(untouched["state"], "STATE_APPROVED", "{untouched}");
    assert_eq!(people.grant_state(&untouched).await, "STATE_ACTIVE");
    assert!(people.may_leave(&untouched).await);
    assert_eq!(people.request(&waiting).await["state"], "STATE_VERIFYING");
    let kinds = feed(&suite, Area::Disclosure).await;
    for request in [&answered, &approved] {
        let revoked = kinds[&text(request, "/name")].iter().filter(|kind| *kind == "grant.revoked").count();
        assert_eq!(revoked, 1, "the grant of {} is revoked once", request["name"]);
    }
}

/// Waits until intake has told on what the production rests.
async fn reliance(suite: &Suite) {
    let sql = "SELECT COUNT(*) AS n FROM events WHERE kind = 'reliance.recorded'";
    for _ in 0..600 {
        if suite.count(Area::Verification, sql).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("intake never told on which verification the production rests");
}

/// Thousands of verifications like that of `answered`, with a production each, for requests that this intake never had.
async fn clone(people: &People, database: &sea_orm::DatabaseConnection, before: &bare_rows::Census, answered: &Value) {
    let method = "/rogatory.verification.v1.VerificationService/GetVerification";
    let known = people.verifier.call(method, json!({"name": text(answered, "/verification")})).await.unwrap();
    let others: Vec<Uuid> = ["/agency", "/provenance/revision"]
        .into_iter()
        .filter_map(|pointer| Uuid::try_parse(text(&known, pointer).rsplit_once('_')?.1).ok())
        .collect();
    assert_eq!(others.len(), 2, "what a clone has in common with its original: {known}");
    let original = Original::added_since(database, before, "verifications", &others).await.unwrap();
    original.multiply(database, 1..CLONES + 1).await.unwrap();
}

/// Kills the service while it sweeps, and waits until it is through.
async fn swept(suite: &mut Suite, people: &People, name: &str) -> Value {
    let (mut cuts, mut reached) = (0, 0);
    for _ in 0..60_000 {
        let found = insist(&people.counsel, &format!("{AGENCIES}/GetCompromise"), json!({"name": name})).await;
        let reopened = found["verifications_reopened"].as_u64().unwrap_or_default();
        assert!(reopened >= reached, "what was done stays done: {found}");
        if found["state"] == "STATE_DONE" {
            assert!(cuts > 0, "it was killed in the middle");
            return found;
        }
        if cuts < CUTS && reopened > reached {
            cuts += 1;
            power_cut(suite, Area::Verification).await;
        }
        reached = reopened;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the sweep does not end at {reached}");
}

/// Every production that is listed, page by page.
async fn listed(people: &People, name: &str) -> Vec<Value> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let body = json!({"name": name, "page_size": 1_000, "page_token": token});
        let page = people.counsel.call(&format!("{AGENCIES}/ListCompromisedProductions"), body).await.unwrap();
        found.extend(page["productions"].as_array().into_iter().flatten().cloned());
        match page["next_page_token"].as_str().filter(|next| !next.is_empty()) {
            Some(next) => token = next.to_owned(),
            None => return found,
        }
    }
}

/// Waits until a request is believed no more and its grant is revoked. Thousands of events are before it in the feed.
async fn frozen(people: &People, request: &Value) {
    let mut last = Value::Null;
    for _ in 0..2_400 {
        last = people.request(request).await;
        let mut conditions = last["conditions"].as_array().into_iter().flatten();
        let believed = conditions.any(|found| found["type"] == "TYPE_VERIFIED" && found["status"] == "STATUS_TRUE");
        if !believed && people.grant_state(request).await == "STATE_REVOKED" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} is not frozen: {last:#}", request["name"]);
}
