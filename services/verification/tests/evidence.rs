//! What people record.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    RecordEvidenceRequest,
    evidence::{Kind, Result as Outcome},
    verification::State,
};
use tonic::Code;

use crate::harness::{
    NUMBER, Suite, ask, call_back, credentials, emergency, everything, fact, fields, id, on_both_engines, phone,
    reason, violations,
};

on_both_engines! {
    a_call_back_only_to_a_number_held_before, a_number_that_comes_back_was_not_held, people_record_two_kinds_only,
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
        let status = suite.record(&opened.name, call_back(wrong, Outcome::Positive)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "STATE_FORBIDS".to_owned()));
        assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
        assert!(!everything(&status).contains(wrong), "the number is repeated");
    }
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened, "nothing was half-written");

    let recorded = suite.record(&opened.name, call_back(NUMBER, Outcome::Positive)).await.unwrap();
    let piece = recorded.evidence.last().unwrap();
    assert_eq!((piece.kind(), piece.result(), piece.weight), (Kind::CallBack, Outcome::Positive, 80));
    assert_eq!((piece.source.as_str(), piece.recorder.as_str()), (NUMBER, "person:vera"));
    assert!(recorded.needs.is_empty());
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
    let status = suite.record(&opened.name, call_back(NUMBER, Outcome::Positive)).await.unwrap_err();
    assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
}

async fn people_record_two_kinds_only(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    for kind in [Kind::Registry, Kind::Competence, Kind::SenderDomain, Kind::SignedCopy, Kind::Unspecified] {
        let mut evidence = credentials(Outcome::Positive);
        evidence.kind = kind.into();
        let status = suite.record(&opened.name, evidence).await.unwrap_err();
        assert_eq!(
            (status.code(), fields(&status)),
            (Code::InvalidArgument, vec!["evidence.kind".to_owned()]),
            "{kind:?}"
        );
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
        call_back(NUMBER, Outcome::Inconclusive),
        credentials(Outcome::Positive),
        call_back(NUMBER, Outcome::Positive),
    ] {
        let after = suite.record(&before.name, evidence).await.unwrap();
        assert_eq!(after.evidence[..before.evidence.len()], before.evidence[..]);
        assert_eq!(after.evidence.len(), before.evidence.len() + 1);
        before = after;
    }
    assert_eq!(suite.get(&before.name).await.unwrap(), before);

    // Not even the program may: the database refuses it.
    let store = suite.store().await;
    for statement in ["UPDATE evidence SET place = place + 100", "DELETE FROM evidence"] {
        let refused = store
            .transaction("test", async |tx| {
                use sea_orm::ConnectionTrait as _;
                tx.execute_unprepared(statement).await?;
                Ok::<_, rogatory_store::StoreError>(())
            })
            .await;
        assert!(refused.is_err(), "{statement}");
    }
    assert_eq!(suite.get(&before.name).await.unwrap(), before);
}

async fn nothing_is_recorded_after_the_conclusion(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!(concluded.state(), State::Verified);
    let status = suite.record(&opened.name, credentials(Outcome::Negative)).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "state")), (Code::FailedPrecondition, "VERIFIED".to_owned()));
    assert_eq!(suite.get(&opened.name).await.unwrap(), concluded);
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
    assert_eq!(suite.get(&opened.name).await.unwrap().evidence.len(), 5);
}
