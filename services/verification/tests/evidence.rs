//! What people record.

use chrono::TimeDelta;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    Evidence, RecordEvidenceRequest,
    evidence::{Kind, Result as Outcome},
    verification::State,
};
use tonic::Code;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    samples::{NUMBER, ask, call_back, credentials, emergency, everything, fact, invalid, phone, reason, violations},
};

on_both_engines! {
    a_call_back_only_to_a_number_held_before, a_number_that_comes_back_was_not_held,
    a_call_back_needs_a_person_and_a_time, a_number_of_another_agency_is_none, people_record_two_kinds_only,
    evidence_is_appended_and_never_changed, nothing_is_recorded_after_the_conclusion, a_repeated_call_records_once,
}

async fn a_call_back_only_to_a_number_held_before(suite: &Suite) {
    let agency = suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    let theirs = ask(suite).officer.unwrap().phone;
    suite.advance(60);
    // Recorded after the request came, by whoever was asked to help.
    let mut changed = agency.clone();
    changed.phones.push(phone("+12025550199"));
    let changed = suite.update(changed).await.unwrap();
    assert_eq!(changed.phones[0].record_time, agency.phones[0].record_time);
    assert!(changed.phones[1].record_time.unwrap().seconds > opened.create_time.unwrap().seconds);

    for wrong in [theirs.as_str(), "+12025550199", "+12025550100"] {
        let status = suite.record(&opened.name, call_back(suite, wrong, Outcome::Positive)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "STATE_FORBIDS".to_owned()));
        assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
        assert!(!everything(&status).contains(wrong), "the number is repeated");
    }
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened, "nothing was half-written");

    let evidence = call_back(suite, NUMBER, Outcome::Positive);
    let recorded = suite.record(&opened.name, evidence.clone()).await.unwrap();
    let piece = recorded.evidence.last().unwrap();
    assert_eq!((piece.kind(), piece.result(), piece.weight), (Kind::CallBack, Outcome::Positive, 80));
    assert_eq!((piece.source.as_str(), piece.recorder.as_str()), (NUMBER, "person:vera"));
    assert_eq!((&piece.person_reached, piece.call_time), (&evidence.person_reached, evidence.call_time));
    assert_eq!(piece.observation, "CALL_BACK_CONFIRMED");
    assert_eq!(crate::samples::codes(&recorded.needs), ["TWO_APPROVALS"]);
    assert_ne!(recorded.etag, opened.etag);
}

async fn a_number_that_comes_back_was_not_held(suite: &Suite) {
    let agency = suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    suite.advance(60);
    let mut without = agency.clone();
    let phones = std::mem::take(&mut without.phones);
    let mut again = suite.update(without).await.unwrap();
    again.phones = phones; // With the old record time, which the service does not take from a caller.
    suite.update(again).await.unwrap();
    let status = suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap_err();
    assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
}

async fn a_call_back_needs_a_person_and_a_time(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    suite.advance(600);
    let good = call_back(suite, NUMBER, Outcome::Positive);
    let bare = Evidence { person_reached: String::new(), call_time: None, ..good.clone() };
    let status = suite.record(&opened.name, bare).await.unwrap_err();
    assert_eq!(invalid(&status), ["evidence.person_reached", "evidence.call_time"]);
    // A call that was made before there was anything to ask about, or was not made yet.
    let at = |time| Evidence { call_time: Some(stamp(time)), ..good.clone() };
    let status = suite.record(&opened.name, at(suite.now() - TimeDelta::seconds(601))).await.unwrap_err();
    assert_eq!(violations(&status), ["CALL_TIME_IMPOSSIBLE"]);
    let status = suite.record(&opened.name, at(suite.now() + TimeDelta::seconds(60))).await.unwrap_err();
    assert!(matches!(status.code(), Code::InvalidArgument | Code::FailedPrecondition), "{status:?}");
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened);
    suite.record(&opened.name, at(suite.now() - TimeDelta::seconds(600))).await.unwrap();
}

async fn a_number_of_another_agency_is_none(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    let status = suite.record(&opened.name, call_back(suite, "+12025550177", Outcome::Positive)).await.unwrap_err();
    assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
}

async fn people_record_two_kinds_only(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    for kind in [
        Kind::Unspecified,
        Kind::Registry,
        Kind::Competence,
        Kind::SenderDomain,
        Kind::SignedCopy,
        Kind::Message,
        Kind::DocumentReuse,
        Kind::Challenge,
        Kind::Signal,
        Kind::Compromise,
        Kind::Debt,
    ] {
        let mut evidence = credentials(Outcome::Positive);
        evidence.kind = kind.into();
        let status = suite.record(&opened.name, evidence).await.unwrap_err();
        assert_eq!(invalid(&status), ["evidence.kind"], "{kind:?}");
    }
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened);
    for role in [Role::Analyst, Role::Counsel, Role::Approver, Role::Operator] {
        let evidence = Some(credentials(Outcome::Positive));
        let ask = RecordEvidenceRequest { name: opened.name.clone(), evidence, request_id: id() };
        let status = suite.verifications(role).record_evidence(ask).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
}

async fn evidence_is_appended_and_never_changed(suite: &Suite) {
    suite.known_agency().await;
    let mut before = suite.open(ask(suite)).await.unwrap();
    for evidence in [
        credentials(Outcome::Inconclusive),
        call_back(suite, NUMBER, Outcome::Inconclusive),
        credentials(Outcome::Positive),
        call_back(suite, NUMBER, Outcome::Positive),
    ] {
        let after = suite.record(&before.name, evidence).await.unwrap();
        assert_eq!(after.evidence[..before.evidence.len()], before.evidence[..]);
        assert_eq!(after.evidence.len(), before.evidence.len() + 1);
        before = after;
    }
    assert_eq!(suite.get(&before.name).await.unwrap(), before);

    // Not even the program may: the database refuses it.
    for statement in ["UPDATE evidence SET place = place + 100", "DELETE FROM evidence"] {
        assert!(suite.behind(&[statement], &[statement]).await.is_err(), "{statement}");
    }
    assert_eq!(suite.get(&before.name).await.unwrap(), before);
}

async fn nothing_is_recorded_after_the_conclusion(suite: &Suite) {
    suite.known_agency().await;
    let concluded = suite.believed(ask(suite)).await;
    assert_eq!(concluded.state(), State::Verified);
    let status = suite.record(&concluded.name, credentials(Outcome::Negative)).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "state")), (Code::FailedPrecondition, "VERIFIED".to_owned()));
    assert_eq!(suite.get(&concluded.name).await.unwrap(), concluded);
}

async fn a_repeated_call_records_once(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    let evidence = Some(credentials(Outcome::Positive));
    let ask = RecordEvidenceRequest { name: opened.name.clone(), evidence, request_id: id() };
    let mut verifier = suite.verifications(Role::Verifier);
    let first = verifier.record_evidence(ask.clone()).await.unwrap().into_inner();
    assert_eq!(verifier.record_evidence(ask.clone()).await.unwrap().into_inner(), first);
    let other = RecordEvidenceRequest { evidence: Some(credentials(Outcome::Negative)), ..ask };
    let status = verifier.record_evidence(other).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED");
    assert_eq!(suite.get(&opened.name).await.unwrap().evidence.len(), opened.evidence.len() + 1);
}
