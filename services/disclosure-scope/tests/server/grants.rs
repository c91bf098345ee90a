use std::time::Duration;

use rogatory_names::GrantId;
use rogatory_proto::rogatory::disclosure::v1::{
    CheckDisclosureRequest, Grant, ProducedFile, RecordProductionRequest, RevokeGrantRequest, grant::State,
};
use rogatory_rulebook::Digest;
use tonic::{Code, Status};

use super::world::{ALICE, COUNSEL, PLATFORM, World, facts, fields, key, month, reason, violations};

super::on_both_engines!(
    a_record_leaves_only_when_it_is_plainly_covered,
    nothing_leaves_once_expired,
    nothing_leaves_once_revoked,
    a_production_is_recorded_once,
    one_uncovered_file_and_nothing_is_recorded,
    no_data_is_a_production_too,
    every_bad_field_is_named,
);

/// A grant for the logins of target-1 from January to March, and for its identity.
async fn granted(world: &World) -> Grant {
    let decision = world.propose(facts(&["login-records", "account-identity"])).await.unwrap();
    world.grant(&world.approve(&ALICE, &decision).await.unwrap().grant).await
}

fn ask(grant: &Grant) -> CheckDisclosureRequest {
    CheckDisclosureRequest {
        grant: grant.name.clone(),
        target_id: "target-1".to_owned(),
        element: "login-records".to_owned(),
        record_time: Some(month(1, 0)),
        storage_country: "SG".to_owned(),
    }
}

async fn check(world: &World, request: CheckDisclosureRequest) -> (bool, String) {
    let answer = world.grants_as(&PLATFORM).check_disclosure(request).await.unwrap().into_inner();
    assert!(!answer.findings[0].citations.is_empty());
    (answer.permitted, answer.findings[0].code.clone())
}

fn file(name: &str, element: &str) -> ProducedFile {
    ProducedFile {
        file_name: name.to_owned(),
        size_bytes: 42,
        digest: Digest::of(name).to_string(),
        record_count: 3,
        target_id: "target-1".to_owned(),
        element: element.to_owned(),
    }
}

fn production(grant: &Grant, files: &[ProducedFile]) -> RecordProductionRequest {
    RecordProductionRequest { grant: grant.name.clone(), files: files.to_vec(), no_data: false, request_id: key() }
}

async fn revoke(world: &World, grant: &Grant) -> Result<Grant, Status> {
    let request = RevokeGrantRequest {
        name: grant.name.clone(),
        etag: grant.etag.clone(),
        reason: "The order was set aside.".to_owned(),
        request_id: key(),
    };
    world.grants_as(&COUNSEL).revoke_grant(request).await.map(tonic::Response::into_inner)
}

async fn a_record_leaves_only_when_it_is_plainly_covered(world: &World) {
    let grant = granted(world).await;
    let base = ask(&grant);
    let cases = [
        ("GRANTED", base.clone()),
        ("GRANTED", CheckDisclosureRequest { record_time: Some(month(3, -1)), ..base.clone() }),
        ("OUTSIDE_WINDOW", CheckDisclosureRequest { record_time: Some(month(3, 0)), ..base.clone() }),
        ("OUTSIDE_WINDOW", CheckDisclosureRequest { record_time: Some(month(1, -1)), ..base.clone() }),
        ("RECORD_TIME_NEEDED", CheckDisclosureRequest { record_time: None, ..base.clone() }),
        ("STORAGE_COUNTRY_NOT_COVERED", CheckDisclosureRequest { storage_country: "CN".to_owned(), ..base.clone() }),
        ("NOT_GRANTED", CheckDisclosureRequest { element: "orders".to_owned(), ..base.clone() }),
        ("NOT_GRANTED", CheckDisclosureRequest { target_id: "target-2".to_owned(), ..base.clone() }),
    ];
    for (code, request) in cases {
        assert_eq!(check(world, request).await, (code == "GRANTED", code.to_owned()));
    }
    let unknown = CheckDisclosureRequest { grant: GrantId::new().name(), ..base };
    assert_eq!(world.grants_as(&PLATFORM).check_disclosure(unknown).await.unwrap_err().code(), Code::NotFound);
}

async fn nothing_leaves_once_expired(world: &World) {
    let grant = granted(world).await;
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    world.clock.advance(days(30) - Duration::from_micros(1));
    assert!(check(world, ask(&grant)).await.0);
    world.clock.advance(Duration::from_micros(1));
    assert_eq!(check(world, ask(&grant)).await, (false, "GRANT_EXPIRED".to_owned()));
    let call = production(&grant, &[file("a.csv", "login-records")]);
    let status = world.grants_as(&PLATFORM).record_production(call).await.unwrap_err();
    assert_eq!((status.code(), violations(&status)), (Code::FailedPrecondition, vec!["GRANT_EXPIRED".to_owned()]));
}

async fn nothing_leaves_once_revoked(world: &World) {
    let grant = granted(world).await;
    let stale = Grant { etag: rogatory_store::etag(9), ..grant.clone() };
    assert_eq!(revoke(world, &stale).await.unwrap_err().code(), Code::Aborted);
    let revoked = revoke(world, &grant).await.unwrap();
    assert_eq!((revoked.state(), revoked.revoker.as_str()), (State::Revoked, "person:carol"));
    assert_eq!(check(world, ask(&grant)).await, (false, "GRANT_REVOKED".to_owned()));
    let status = revoke(world, &revoked).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    let call = production(&grant, &[file("a.csv", "login-records")]);
    let status = world.grants_as(&PLATFORM).record_production(call).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(world.events("production.").await.is_empty());
}

async fn a_production_is_recorded_once(world: &World) {
    let grant = granted(world).await;
    let files = [file("b.csv", "login-records"), file("a.csv", "account-identity")];
    let call = production(&grant, &files);
    let recorded = world.grants_as(&PLATFORM).record_production(call.clone()).await.unwrap().into_inner();
    let again = world.grants_as(&PLATFORM).record_production(call).await.unwrap().into_inner();
    assert_eq!(recorded, again);
    let mut lines: Vec<String> =
        files.iter().map(|one| format!("{} 42 {} target-1 {}\n", one.digest, one.element, one.file_name)).collect();
    lines.sort();
    assert_eq!(recorded.manifest_digest, Digest::of(lines.concat()).to_string());
    assert_eq!((recorded.request, recorded.recorder.as_str()), (grant.request.clone(), "person:warehouse"));
    let events = world.events("production.").await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind.as_str(), &events[0].request), ("production.recorded", &grant.request));
    assert!(events[0].facts.values().all(|fact| !fact.contains("csv")), "{:?}", events[0].facts);
}

async fn one_uncovered_file_and_nothing_is_recorded(world: &World) {
    let grant = granted(world).await;
    let call = production(&grant, &[file("a.csv", "login-records"), file("jane-doe.csv", "messages")]);
    let status = world.grants_as(&PLATFORM).record_production(call).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["files[1]".to_owned()]));
    assert!(!format!("{status:?}").contains("jane-doe"));
    assert!(world.events("production.").await.is_empty());
}

async fn no_data_is_a_production_too(world: &World) {
    let grant = granted(world).await;
    let nothing = RecordProductionRequest { no_data: true, ..production(&grant, &[]) };
    let recorded = world.grants_as(&PLATFORM).record_production(nothing).await.unwrap().into_inner();
    assert!(recorded.no_data && recorded.files.is_empty());
    assert_eq!(world.events("production.").await[0].facts["no_data"], "true");
}

async fn every_bad_field_is_named(world: &World) {
    let grant = granted(world).await;
    let both = RecordProductionRequest { no_data: true, ..production(&grant, &[file("a.csv", "login-records")]) };
    assert_eq!(fields(&world.grants_as(&PLATFORM).record_production(both).await.unwrap_err()), ["no_data"]);
    let wrong = ProducedFile { size_bytes: -1, digest: "md5:0".to_owned(), record_count: -1, ..file("../secret", "") };
    let call = RecordProductionRequest { request_id: String::new(), ..production(&grant, &[wrong]) };
    let status = world.grants_as(&PLATFORM).record_production(call).await.unwrap_err();
    let expected =
        ["file_name", "size_bytes", "record_count", "digest", "element"].map(|field| format!("files[0].{field}"));
    assert_eq!(fields(&status), [&expected[..], &["request_id".to_owned()]].concat());
    assert!(!format!("{status:?}").contains("secret"));
    let wrong = CheckDisclosureRequest { storage_country: "EU".to_owned(), ..CheckDisclosureRequest::default() };
    let status = world.grants_as(&PLATFORM).check_disclosure(wrong).await.unwrap_err();
    assert_eq!(fields(&status), ["grant", "target_id", "element", "storage_country"]);
    let many = production(&grant, &vec![file("a.csv", "login-records"); 10_001]);
    let status = world.grants_as(&PLATFORM).record_production(many).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["files".to_owned()]));
}
