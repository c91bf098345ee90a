//! Bad input over the wire: each kind has its named answer, and nothing is stored.

use std::fmt::Write as _;

use rogatory_chassis::Role;
use rogatory_testkit::TestKeys;
use rogatory_tests::{
    schema::method,
    suite::{Area, Engine, Suite, health},
    wire::{Client, encoded, fields, reason},
};
use serde_json::{Value, json};
use tonic::{Code, Status, body::Body};
use tower::ServiceExt as _;

use crate::scenario::{complete_request, text};

const SUBMIT: &str = "/rogatory.intake.v1.RequestService/SubmitRequest";
const CHECK: &str = "/rogatory.intake.v1.RequestService/CheckRequest";
const RESOLVE: &str = "/rogatory.routing.v1.RoutingService/ResolveContact";
const LIST: &str = "/rogatory.intake.v1.RequestService/ListRequests";

fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Asserts code, reason and the fields that a refusal names.
fn answers(status: &Status, code: Code, named: &str, bad: &[&str]) {
    assert_eq!((status.code(), reason(status).as_str()), (code, named), "{status:?}");
    assert_eq!(fields(status), bad, "{status:?}");
}

/// A request without papers, changed.
fn request(change: impl FnOnce(&mut Value)) -> Value {
    let mut request = complete_request("");
    request["documents"] = json!([]);
    change(&mut request);
    request
}

async fn refused(client: &Client, change: impl FnOnce(&mut Value)) -> Status {
    let body = json!({"request": request(change), "request_id": fresh_id()});
    client.call(SUBMIT, body).await.expect_err("a bad request")
}

fn targets(count: usize) -> Value {
    (0..count).map(|index| json!({"target_id": format!("target-{index}"), "residence_country": "US"})).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_bad_input_has_its_named_answer() {
    let suite = Suite::start(Engine::Sqlite).await;
    let portal = suite.client_of("portal", &["submitter"]).to(Area::Intake);
    let analyst = suite.client_of("ann", &["analyst"]).to(Area::Routing);
    let invalid = |status: &Status, bad: &[&str]| answers(status, Code::InvalidArgument, "FIELDS_INVALID", bad);

    for code in ["XX", "EU", "Korea", "Narnia", "000", "U\u{0}"] {
        let body = json!({"platform": "aliexpress.com", "residence_country": code});
        invalid(&analyst.call(RESOLVE, body).await.expect_err(code), &["residence_country"]);
        invalid(
            &refused(&portal, |request| request["requester"]["country"] = json!(code)).await,
            &["request.requester.country"],
        );
        let status = refused(&portal, |request| request["targets"][0]["residence_country"] = json!(code)).await;
        invalid(&status, &["request.targets[0].residence_country"]);
    }
    invalid(&refused(&portal, |request| request["targets"] = json!([])).await, &["request.targets"]);
    invalid(&refused(&portal, |request| request["targets"] = targets(10_000)).await, &["request.targets"]);
    let status = refused(&portal, |request| request["instrument"]["issue_time"] = json!("2999-01-01T00:00:00Z")).await;
    invalid(&status, &["request.instrument.issue_time"]);
    for name in ["Ann\u{0}", "Ann\u{7}", "Ann\u{1b}[2J", "Ann\nBob", "Ann\u{85}"] {
        invalid(
            &refused(&portal, |request| request["targets"][0]["names"] = json!([name])).await,
            &["request.targets[0].names[0]"],
        );
    }

    let status = refused(&portal, |request| {
        request["requester"]["country"] = json!("EU");
        request["requester"]["officer"]["email"] = json!("nobody");
        request["instrument"]["issue_time"] = json!("2999-01-01T00:00:00Z");
        request["targets"][0]["residence_country"] = json!("XX");
        request["targets"][0]["names"] = json!(["Ann\u{0}"]);
        request["items"][0]["target_ids"] = json!(["target-9"]);
        request["documents"] = json!(["documents/1"]);
    })
    .await;
    invalid(
        &status,
        &[
            "request.documents[0]",
            "request.instrument.issue_time",
            "request.items[0].target_ids[0]",
            "request.requester.country",
            "request.requester.officer.email",
            "request.targets[0].names[0]",
            "request.targets[0].residence_country",
        ],
    );
    let told = format!("{status:?}");
    assert!(!told.contains("Ann") && !told.contains("nobody"), "a refusal does not repeat what was sent: {told}");
    let body = json!({"request": request(|_| {}), "request_id": "again"});
    invalid(&portal.call(SUBMIT, body).await.expect_err("a request_id that is no UUID"), &["request_id"]);

    assert_eq!(suite.count(Area::Intake, "SELECT COUNT(*) AS n FROM requests").await, 0, "nothing is stored");
    assert_eq!(suite.count(Area::Intake, "SELECT COUNT(*) AS n FROM events").await, 0, "nothing happened");
    assert_eq!(suite.count(Area::Intake, "SELECT COUNT(*) AS n FROM audit_entries").await, 0, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_etags_keys_and_tokens_that_do_not_fit_are_named() {
    let suite = Suite::start(Engine::Sqlite).await;
    let person = suite.client_of("portal", &["submitter"]);
    let portal = person.to(Area::Intake);
    let knock = method(SUBMIT);
    let stranger = TestKeys::new();
    for token in
        [stranger.token("portal", &[Role::Submitter]), suite.keys().expired_token("portal", &[Role::Submitter])]
    {
        let status = suite.bearer(Some(token)).to(Area::Intake).knock(&knock).await.expect_err("a bad token");
        answers(&status, Code::Unauthenticated, "CREDENTIAL_INVALID", &[]);
    }

    // An etag of another version, and one that is none.
    let draft = json!({"request": request(|_| {}), "request_id": fresh_id()});
    let first = portal.call("/rogatory.intake.v1.RequestService/CreateRequest", draft.clone()).await.unwrap();
    let submit = |etag: &str| json!({"name": text(&first, "/name"), "etag": etag, "request_id": fresh_id()});
    let stale = portal.call(SUBMIT, submit(&rogatory_store::etag(99))).await.expect_err("a stale etag");
    answers(&stale, Code::Aborted, "ETAG_MISMATCH", &[]);
    let none = portal.call(SUBMIT, submit("W/\"1\"")).await.expect_err("no etag");
    answers(&none, Code::InvalidArgument, "FIELDS_INVALID", &["etag"]);

    // The key of an earlier call with another body.
    let mut other = draft.clone();
    other["request"]["legal_grounds"] = json!("another ground");
    let status = portal.call("/rogatory.intake.v1.RequestService/CreateRequest", other).await.expect_err("a used key");
    answers(&status, Code::InvalidArgument, "REQUEST_ID_REUSED", &["request_id"]);

    // Page tokens.
    for _ in 0..2 {
        let draft = json!({"request": request(|_| {}), "request_id": fresh_id()});
        portal.call("/rogatory.intake.v1.RequestService/CreateRequest", draft).await.unwrap();
    }
    let page = portal.call(LIST, json!({"page_size": 1})).await.unwrap();
    let token = text(&page, "/next_page_token");
    portal.call(LIST, json!({"page_size": 2, "page_token": token})).await.expect("its own token, of another size");
    let filtered = portal.call(LIST, json!({"page_token": token, "country": "US"})).await.expect_err("another filter");
    answers(&filtered, Code::InvalidArgument, "TOKEN_MISMATCH", &["page_token"]);
    let enquiries = "/rogatory.intake.v1.EnquiryService/ListEnquiries";
    let analyst = suite.client_of("ann", &["analyst"]);
    let list = analyst.to(Area::Intake).call(enquiries, json!({"page_token": token})).await.expect_err("another list");
    answers(&list, Code::InvalidArgument, "TOKEN_MISMATCH", &["page_token"]);
    let agencies = "/rogatory.verification.v1.AgencyService/ListAgencies";
    let verifier = suite.client_of("vera", &["verifier"]).to(Area::Verification);
    let service = verifier.call(agencies, json!({"page_token": token})).await.expect_err("another service");
    answers(&service, Code::InvalidArgument, "TOKEN_MISMATCH", &["page_token"]);
    for token in ["garbage", "AAAA", "%%%", &"A".repeat(100_000)] {
        let status = portal.call(LIST, json!({"page_token": token})).await.expect_err("no token");
        answers(&status, Code::InvalidArgument, "TOKEN_MISMATCH", &["page_token"]);
    }
    for size in [-1, i32::MIN] {
        let status = portal.call(LIST, json!({"page_size": size})).await.expect_err("a negative page");
        answers(&status, Code::InvalidArgument, "FIELDS_INVALID", &["page_size"]);
    }

    // Cursors.
    let feed = "/rogatory.events.v1.EventService/StreamEvents";
    let auditor = suite.client_of("aud", &["auditor"]);
    let events = auditor.to(Area::Intake).stream(feed, json!({"until_now": true}), 10).await.unwrap();
    let cursor = text(&events[0], "/cursor");
    for (area, cursor) in [(Area::Routing, cursor.as_str()), (Area::Intake, "garbage"), (Area::Intake, token.as_str())]
    {
        let body = json!({"cursor": cursor, "until_now": true});
        let status = auditor.to(area).stream(feed, body, 10).await.expect_err("a cursor of another service");
        answers(&status, Code::InvalidArgument, "TOKEN_MISMATCH", &["cursor"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_record_of_a_stream_answers_for_itself_alone() {
    const BATCH: &str = "/rogatory.routing.v1.RoutingService/BatchResolveContacts";
    let suite = Suite::start(Engine::Sqlite).await;
    let platform = suite.client_of("warehouse", &["data-platform"]).to(Area::Routing);
    let record = |id: &str, country: &str| json!({"record_id": id, "residence_country": country});
    let batch = |records: Vec<Value>| json!({"platform": "aliexpress.com", "records": records});

    let good = batch(vec![record("a", "HK"), record("b", "Macao"), record("c", "344")]);
    let mixed = batch(vec![record("d", "Narnia"), record("e", "US"), record("", "US"), record(&"x".repeat(65), "US")]);
    let (answers, end) = platform.converse(BATCH, vec![good.clone(), mixed, good.clone()]).await;
    end.expect("the stream goes on to its end");
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert_eq!(answers[0]["results"], answers[2]["results"], "what stands between changes nothing");
    let contact = |at: usize, place: usize| {
        let answer = &answers[at]["results"][place]["answer"];
        let answer = usize::try_from(answer.as_u64().unwrap_or_else(|| panic!("{}", answers[at]))).unwrap();
        text(&answers[at]["answers"][answer], "/contact/contact_id")
    };
    for place in 0..3 {
        assert_eq!(contact(0, place), "hong-kong");
    }
    assert_eq!(contact(1, 1), "e-commerce-one");
    let keys: Vec<&str> =
        answers[1]["results"].as_array().unwrap().iter().filter_map(|r| r["record_id"].as_str()).collect();
    assert_eq!(keys.first(), Some(&"d"), "each answer carries its record's key");
    for place in [0, 2, 3] {
        let error = &answers[1]["results"][place]["error"];
        assert_eq!(error["code"], i32::from(Code::InvalidArgument), "{error}");
        assert!(!error.to_string().contains("Narnia"), "an error does not repeat what was sent: {error}");
    }

    for bad in [Vec::new(), vec![record("a", "HK"); 10_001]] {
        let (answers, end) = platform.converse(BATCH, vec![good.clone(), batch(bad), good.clone()]).await;
        assert!(answers.len() <= 1, "nothing is answered after the fault");
        let status = end.expect_err("too few records, or too many");
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELDS_INVALID"), "{status:?}");
    }
    let (answers, end) = platform.converse(BATCH, Vec::new()).await;
    assert!(answers.is_empty() && end.is_ok(), "nobody asked: {end:?}");
    still_well(&suite).await;
}

/// A field of this number that holds this many bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![(number << 3) | 2];
    let mut length = content.len();
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(content);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_refused() {
    let suite = Suite::start(Engine::Sqlite).await;
    let analyst = suite.client_of("ann", &["analyst"]).to(Area::Intake);
    let unreadable = |status: &Status| answers(status, Code::InvalidArgument, "FIELDS_INVALID", &["request"]);
    let broken: [(&str, Vec<u8>); 6] = [
        ("a varint without end", vec![0xff; 20]),
        ("a length past the end", vec![0x0a, 0x7f, 1]),
        ("a wire type that is none", vec![0x0f, 0]),
        ("text that is not UTF-8", field(1, &field(5, &[0xc3, 0x28]))),
        ("the end of a group that never began", vec![0x0c]),
        ("groups in groups", vec![0x0b; 50_000]),
    ];
    for (what, bytes) in broken {
        let status = analyst.send(CHECK, vec![bytes]).await.expect_err(what);
        unreadable(&status);
    }

    let mut long = json!({"request": request(|_| {})});
    long["request"]["legal_grounds"] = json!("x".repeat(5 * 1024 * 1024));
    let status = analyst.send(CHECK, vec![encoded(CHECK, long)]).await.expect_err("an oversized message");
    answers(&status, Code::ResourceExhausted, "TOO_LARGE", &[]);

    // Small on the wire, large in memory: targets (9) and papers (15) of two bytes each.
    for number in [9, 15] {
        let many = field(number, &[]).repeat(500_000);
        let status = analyst.send(CHECK, vec![field(1, &many)]).await.expect_err("many");
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELDS_INVALID"), "{status:?}");
        let list = if number == 9 { "request.targets" } else { "request.documents" };
        assert!(fields(&status).contains(&list.to_owned()), "{status:?}");
    }
    // As many faults as a message can have: the answer is still one that a client takes.
    let mut bad = targets(1_000);
    for target in bad.as_array_mut().unwrap() {
        target["residence_country"] = json!("XX");
    }
    let body = json!({"request": request(|request| request["targets"] = bad), "request_id": fresh_id()});
    let portal = suite.client_of("portal", &["submitter"]).to(Area::Intake);
    let status = portal.call(SUBMIT, body).await.expect_err("a thousand faults");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELDS_INVALID"), "{status:?}");
    assert!(fields(&status).len() >= 20 && status.message().contains("further"), "{status:?}");

    let nothing = analyst.send(CHECK, vec![]).await.expect_err("no message at all");
    assert_eq!(nothing.code(), Code::InvalidArgument, "{nothing:?}");
    for path in ["/rogatory.intake.v1.RequestService/DropRequests", "/rogatory.intake.v9.Nothing/Nothing", "/", "/x"] {
        let status = analyst.send(path, vec![vec![]]).await.expect_err(path);
        answers(&status, Code::Unimplemented, "NO_SUCH_METHOD", &[]);
    }
    still_well(&suite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_no_grpc_are_turned_away() {
    let suite = Suite::start(Engine::Sqlite).await;
    let token = suite.keys().token("ann", &[Role::Analyst]);
    let call = async |content_type: Option<&str>, frame: &'static str| {
        let mut request = http::Request::post(format!("https://localhost{CHECK}")).header("te", "trailers");
        request = request.header("authorization", format!("Bearer {token}"));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(Body::new(frame.to_owned())).unwrap();
        suite.connection(Area::Intake).oneshot(request).await.unwrap()
    };
    for content_type in [None, Some("application/json"), Some("text/plain"), Some("application/grpcx")] {
        let answer = call(content_type, "\0\0\0\0\0").await;
        let status = answer.headers().get("grpc-status").map(|value| value.to_str().unwrap().to_owned());
        let refused = answer.status() == http::StatusCode::UNSUPPORTED_MEDIA_TYPE || status.as_deref() == Some("3");
        assert!(refused, "{content_type:?}: {} {status:?}", answer.status());
    }
    // Frames: marked as compressed though nothing was agreed on, and shorter than they say.
    for frame in ["\u{1}\0\0\0\u{1}x", "\0\0\0\0\u{7f}short", "\u{2}\0\0\0\0", "\0\0"] {
        let answer = call(Some("application/grpc"), frame).await;
        let status = Status::from_header_map(answer.headers()).unwrap_or_else(|| panic!("{frame:?}: a status at once"));
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, "FIELDS_INVALID"),
            "{frame:?}: {status:?}"
        );
    }
    still_well(&suite).await;
}

/// Every process still serves, and none has panicked or failed.
pub(crate) async fn still_well(suite: &Suite) {
    let mut told = String::new();
    for area in Area::ALL {
        if health(suite.port(area) + 1).await != Some(true) {
            let _ = writeln!(told, "{} does not serve", area.name());
        }
        for line in suite.log(area).lines().filter(|line| line.contains("panic") || line.contains("ERROR")) {
            let _ = writeln!(told, "{}: {line}", area.name());
        }
    }
    assert_eq!(told, "");
}
