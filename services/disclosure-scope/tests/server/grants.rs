use std::time::Duration;

use rogatory_names::GrantId;
use rogatory_proto::rogatory::disclosure::v1::{CheckDisclosureRequest, Grant, RevokeGrantRequest, grant::State};
use tonic::{Code, Status};

use super::{
    grants_produced::{file, production},
    world::{ALICE, COUNSEL, PLATFORM, World, facts, fields, key, month, reason, violations},
};

super::on_both_engines!(
    a_record_leaves_only_when_it_is_plainly_covered,
    nothing_leaves_once_expired,
    nothing_leaves_once_revoked,
    every_bad_field_of_a_check_is_named,
);

/// A grant for the logins of target-1 from January to March, and for its identity.
pub(super) async fn granted(world: &World) -> Grant {
    let decision = world.propose(facts(&["login-records", "account-identity"])).await.unwrap();
    world.grant(&world.approve(&ALICE, &decision).await.unwrap().grant).await
}

pub(super) fn ask(grant: &Grant) -> CheckDisclosureRequest {
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

pub(super) async fn revoke(world: &World, grant: &Grant) -> Result<Grant, Status> {
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

async fn every_bad_field_of_a_check_is_named(world: &World) {
    let wrong = CheckDisclosureRequest { storage_country: "EU".to_owned(), ..CheckDisclosureRequest::default() };
    let status = world.grants_as(&PLATFORM).check_disclosure(wrong).await.unwrap_err();
    assert_eq!(fields(&status), ["grant", "target_id", "element", "storage_country"]);
}
