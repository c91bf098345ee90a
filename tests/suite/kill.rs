//! Services are killed at many moments, as by a power cut, while requests are filed and decided: what was acknowledged is
//! there exactly once, and comes to where it would have come without.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use rogatory_tests::{
    suite::{Area, Engine, Suite},
    wire::Client,
};
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::scenario::{OVERRIDE, agency, call_back, complete_request, storage_policy, text, until};

pub(crate) const SUBMIT: &str = "/rogatory.intake.v1.RequestService/SubmitRequest";
/// "paper" in base64, as JSON carries bytes.
pub(crate) const PAPER: &str = "cGFwZXI=";
/// Requests that are filed while services are killed.
const FILED: usize = 24;
/// Who is killed while they are filed, and who while they are decided; each time two more calls are answered.
const WHILE_FILING: [Area; 10] = {
    use Area::{Intake, Routing, Verification};
    [Intake, Routing, Intake, Verification, Intake, Intake, Routing, Intake, Verification, Intake]
};
const WHILE_DECIDING: [Area; 10] = {
    use Area::{Billing, Disclosure, Intake, Verification};
    [Disclosure, Billing, Intake, Disclosure, Verification, Intake, Billing, Intake, Disclosure, Intake]
};
/// How often a caller tries again before the test gives up: a service is back within a second or two.
const TRIES: u32 = 600;

/// A lease that is short enough for the test: whoever is killed with a step in hand holds it until the lease is over.
/// The databases keep their real settings, `synchronous=FULL` among them.
const QUICK: &[(Area, &str)] = &[
    (Area::Intake, "docket.lease_ms=1500"),
    (Area::Intake, "docket.step_timeout_ms=1400"),
    (Area::Intake, "docket.longest_retry_ms=500"),
    (Area::Intake, "docket.poll_ms=100"),
    (Area::Intake, "docket.first_retry_ms=50"),
    (Area::Intake, "docket.feed_pause_ms=50"),
];

/// As a careful caller does it: the same message with the same `request_id` until there is an answer.
pub(crate) async fn insist(client: &Client, method: &str, body: Value) -> Value {
    insist_on(method, || client.call(method, body.clone())).await
}

/// The paper of a request, uploaded in the same way; `content` in base64.
pub(crate) async fn paper(portal: &Client, content: &str) -> String {
    let document = json!({"kind": "KIND_SIGNED_REQUEST", "file_name": "warrant.txt", "media_type": "text/plain"});
    let parts = vec![json!({"metadata": {"document": document, "request_id": fresh_id()}}), json!({"chunk": content})];
    let method = "/rogatory.intake.v1.DocumentService/UploadDocument";
    text(&insist_on(method, || portal.upload(method, parts.clone())).await, "/name")
}

async fn insist_on<F: Future<Output = Result<Value, Status>>>(method: &str, call: impl Fn() -> F) -> Value {
    let mut last = None;
    for _ in 0..TRIES {
        let call = tokio::time::timeout(Duration::from_secs(3), call());
        match call.await.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer"))) {
            Ok(answer) => return answer,
            Err(status) => {
                let transport = matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
                    || status.message().contains("transport error")
                    || status.message().contains("h2 protocol error");
                assert!(transport, "{method}: a kill is not answered otherwise: {status:?}");
                last = Some(status);
            }
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{method} was never answered: {last:?}");
}

pub(crate) fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(crate) async fn start(engine: Engine) -> Suite {
    let mut suite = Suite::prepare(engine, "", QUICK).await;
    for area in Area::ALL {
        let _ = suite.output(area, &["migrate"]);
        suite.serve(area).await;
    }
    suite
}

/// What the requests need before they come: the agency in the registry and a policy that knows where data is stored.
pub(crate) async fn prepare(suite: &Suite) {
    let verifier = suite.client_of("vera", &["verifier"]).to(Area::Verification);
    let body = json!({"agency": agency(), "request_id": fresh_id()});
    verifier.call("/rogatory.verification.v1.AgencyService/CreateAgency", body).await.unwrap();
    let publisher = suite.client_of("pat", &["publisher"]).to(Area::Disclosure);
    let service = "/rogatory.disclosure.v1.PolicyService";
    let body = json!({"text": storage_policy(), "request_id": fresh_id()});
    let draft = publisher.call(&format!("{service}/CreatePolicyRevision"), body).await.unwrap();
    let body = json!({
        "name": text(&draft, "/name"), "etag": text(&draft, "/etag"), "override_reason": OVERRIDE, "request_id": fresh_id(),
    });
    publisher.call(&format!("{service}/PublishPolicyRevision"), body).await.unwrap();
}

/// The verifier believes the requester; each call is made until it is answered.
pub(crate) async fn believe(verifier: &Client, verification: &str) {
    let service = "/rogatory.verification.v1.VerificationService";
    let mut known = Value::Null;
    let credentials = json!({"kind": "KIND_CREDENTIALS", "result": "RESULT_POSITIVE", "source": "badge office"});
    for evidence in [call_back(), credentials] {
        let body = json!({"name": verification, "evidence": evidence, "request_id": fresh_id()});
        known = insist(verifier, &format!("{service}/RecordEvidence"), body).await;
    }
    let body = json!({"name": verification, "etag": text(&known, "/etag"), "request_id": fresh_id()});
    insist(verifier, &format!("{service}/ConcludeVerification"), body).await;
}

/// Kills a service and starts it again.
pub(crate) async fn power_cut(suite: &mut Suite, area: Area) {
    suite.kill(area);
    suite.serve(area).await;
}

/// Waits until `done` of the calls under way are answered.
async fn answered(done: &AtomicUsize, count: usize) {
    for _ in 0..2000 {
        if done.load(Ordering::Relaxed) >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{} of {count} calls are answered", done.load(Ordering::Relaxed));
}

/// For each request the kinds of the events that tell of it, sorted; no event comes twice.
pub(crate) async fn feed(suite: &Suite, area: Area) -> BTreeMap<String, Vec<String>> {
    let auditor = suite.client_of("aud", &["auditor"]).to(area);
    let body = json!({"until_now": true});
    let events = auditor.stream("/rogatory.events.v1.EventService/StreamEvents", body, 10_000).await.unwrap();
    let mut names: Vec<String> = events.iter().map(|event| text(event, "/name")).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "{}: every event is in the feed once", area.name());
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in events {
        if let Some(request) = event["request"].as_str().filter(|request| !request.is_empty()) {
            kinds.entry(request.to_owned()).or_default().push(text(&event, "/kind"));
        }
    }
    kinds.values_mut().for_each(|kinds| kinds.sort());
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_and_doubles_nothing_on_sqlite() {
    survives(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_and_doubles_nothing_on_postgres() {
    survives(Engine::Postgres).await;
}

async fn survives(engine: Engine) {
    let mut suite = start(engine).await;
    prepare(&suite).await;
    let portal = suite.client_of("portal", &["submitter"]).to(Area::Intake);
    let analyst = suite.client_of("ann", &["analyst"]).to(Area::Intake);
    let verifier = suite.client_of("vera", &["verifier"]).to(Area::Verification);

    // One that nobody disturbs, to compare with.
    let body = json!({"request": complete_request(&paper(&portal, PAPER).await), "request_id": fresh_id()});
    let model = text(&portal.call(SUBMIT, body).await.unwrap(), "/name");
    let verifying = until(&analyst, &model, "STATE_VERIFYING", "/verification").await;
    believe(&verifier, &text(&verifying, "/verification")).await;
    until(&analyst, &model, "STATE_UNDER_REVIEW", "/quotes/0").await;
    until(&analyst, &model, "STATE_UNDER_REVIEW", "/decision").await;

    // Requests are filed, and intake and the services that it asks are killed again and again.
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let filing: Vec<_> = (0..FILED)
        .map(|_| {
            let (portal, acknowledged) = (portal.clone(), Arc::clone(&acknowledged));
            async move {
                let body = json!({"request": complete_request(&paper(&portal, PAPER).await), "request_id": fresh_id()});
                let answer = insist(&portal, SUBMIT, body.clone()).await;
                acknowledged.fetch_add(1, Ordering::Relaxed);
                (text(&answer, "/name"), body)
            }
        })
        .collect();
    // One after the other in three rows, so that there is always one on its way.
    let filing = tokio::spawn(async move {
        let mut rows: [Vec<_>; 3] = std::array::from_fn(|_| Vec::new());
        for (index, file) in filing.into_iter().enumerate() {
            rows[index % 3].push(file);
        }
        let row = |files: Vec<_>| async move {
            let mut filed: Vec<(String, Value)> = Vec::new();
            for file in files {
                filed.push(file.await);
            }
            filed
        };
        join_all(rows.map(row)).await.concat()
    });
    for (round, area) in WHILE_FILING.into_iter().enumerate() {
        answered(&acknowledged, 1 + 2 * round).await;
        // At another moment of the calls under way each time.
        tokio::time::sleep(Duration::from_millis(7 * round as u64 % 31)).await;
        power_cut(&mut suite, area).await;
    }
    let filed = filing.await.unwrap();
    // Now the docket alone is at work.
    power_cut(&mut suite, Area::Intake).await;

    for (name, body) in &filed {
        let again = insist(&portal, SUBMIT, body.clone()).await;
        assert_eq!(text(&again, "/name"), *name, "the replay of an acknowledged submission gives the same request");
    }
    let all = i64::try_from(FILED + 1).unwrap();
    for table in ["requests", "documents"] {
        let rows = suite.count(Area::Intake, &format!("SELECT COUNT(*) AS n FROM {table}")).await;
        assert_eq!(rows, all, "{table}: each is there once");
    }
    let mut verifications = Vec::new();
    for (name, _) in &filed {
        verifications.push(text(&until(&analyst, name, "STATE_VERIFYING", "/verification").await, "/verification"));
    }

    // They are decided, and the other services are killed.
    let decided = Arc::new(AtomicUsize::new(0));
    let deciding = {
        let (verifier, decided) = (verifier.clone(), Arc::clone(&decided));
        tokio::spawn(async move {
            for verification in verifications {
                believe(&verifier, &verification).await;
                decided.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    for (round, area) in WHILE_DECIDING.into_iter().enumerate() {
        answered(&decided, 1 + 2 * round).await;
        tokio::time::sleep(Duration::from_millis(11 * round as u64 % 37)).await;
        power_cut(&mut suite, area).await;
    }
    deciding.await.unwrap();
    for (name, _) in &filed {
        until(&analyst, name, "STATE_UNDER_REVIEW", "/decision").await;
        let reviewed = until(&analyst, name, "STATE_UNDER_REVIEW", "/quotes/0").await;
        assert_eq!(reviewed["quotes"].as_array().map(Vec::len), Some(1), "one quote for the one contact: {reviewed}");
        assert_eq!(reviewed["deficiencies"], Value::Null, "{reviewed}");
    }
    let quiet = "SELECT COUNT(*) AS n FROM docket_steps";
    for _ in 0..400 {
        if suite.count(Area::Intake, quiet).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(suite.count(Area::Intake, quiet).await, 0, "every step of the docket is done and none is parked");

    for (area, table) in [
        (Area::Routing, "plans"),
        (Area::Verification, "verifications"),
        (Area::Disclosure, "decisions"),
        (Area::Billing, "quotes"),
    ] {
        let rows = suite.count(area, &format!("SELECT COUNT(*) AS n FROM {table}")).await;
        assert_eq!(rows, all, "{table}: one for each request, however often it was asked for");
    }
    for area in Area::ALL {
        let kinds = feed(&suite, area).await;
        let model = kinds.get(&model).unwrap_or_else(|| panic!("{} tells of each request", area.name()));
        for (name, _) in &filed {
            assert_eq!(kinds.get(name), Some(model), "{}: {name} left the events of an undisturbed one", area.name());
        }
    }
}
