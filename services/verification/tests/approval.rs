//! The two people who approve an emergency.

use futures::future::join_all;
use rogatory_chassis::Role;
use rogatory_names::VerificationId;
use rogatory_proto::rogatory::verification::v1::{
    ApproveVerificationRequest, OpenVerificationRequest, Verification,
    evidence::Result as Outcome,
    verification::{Level, State},
};
use tonic::Code;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    samples::{NUMBER, approval, ask, call_back, codes, credentials, emergency, everything, fact, reason, violations},
};

on_both_engines! {
    two_different_people, one_person_counts_once, neither_opener_nor_submitter, only_emergencies_are_approved,
    a_repeated_call_counts_once, a_wrong_etag_is_aborted, only_approvers_and_counsel, what_is_concluded_is_not_approved,
    of_many_at_once_each_counts_once, its_reason_is_nowhere,
}

async fn opened(suite: &Suite) -> Verification {
    suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap()
}

async fn two_different_people(suite: &Suite) {
    let opened = opened(suite).await;
    assert_eq!(violations(&suite.conclude(&opened.name).await.unwrap_err()), ["TWO_APPROVALS"]);
    suite.advance(60);
    let first = suite.approve("ada", Role::Approver, &opened.name).await.unwrap();
    assert_eq!((first.approvals.len(), codes(&first.needs)), (1, vec!["TWO_APPROVALS"]));
    assert_eq!(first.approvals[0].approver, "person:ada");
    assert_eq!(first.approvals[0].approve_time, Some(stamp(suite.now())));
    assert_eq!(violations(&suite.conclude(&opened.name).await.unwrap_err()), ["TWO_APPROVALS"]);
    let second = suite.approve("carl", Role::Counsel, &opened.name).await.unwrap();
    assert_eq!((second.approvals.len(), second.needs.len()), (2, 0));
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Enhanced));
    assert_eq!(concluded.approvals, second.approvals);
    let events = suite.events(&["verification.approved"]).await;
    let actors: Vec<&str> = events.iter().map(|event| event.actor.as_str()).collect();
    assert_eq!(actors, ["person:ada", "person:carl"]);
    assert!(events.iter().all(|event| event.subject == opened.name && event.request == opened.request));
}

async fn one_person_counts_once(suite: &Suite) {
    let opened = opened(suite).await;
    suite.approve("ada", Role::Approver, &opened.name).await.unwrap();
    let before = suite.get(&opened.name).await.unwrap();
    // Under another role, and under another spelling of the same subject.
    for (who, role) in [("ada", Role::Approver), ("ada", Role::Counsel), ("ADA", Role::Counsel)] {
        let status = suite.approve(who, role, &opened.name).await.unwrap_err();
        assert_eq!(reason(&status), "SECOND_PERSON_NEEDED", "{who}");
        assert_eq!(fact(&status, "name"), opened.name);
    }
    assert_eq!(suite.get(&opened.name).await.unwrap(), before);
    assert_eq!(violations(&suite.conclude(&opened.name).await.unwrap_err()), ["TWO_APPROVALS"]);
}

async fn neither_opener_nor_submitter(suite: &Suite) {
    suite.known_agency().await;
    let asked = OpenVerificationRequest { submitter: "person:iris".to_owned(), ..emergency(suite) };
    let opened = suite.verifications(Role::Verifier).open_verification(asked).await.unwrap().into_inner();
    assert_eq!(opened.opener, "person:vera");
    for who in ["vera", "Vera", "iris", "IRIS"] {
        for role in [Role::Approver, Role::Counsel] {
            let status = suite.approve(who, role, &opened.name).await.unwrap_err();
            assert_eq!(reason(&status), "SECOND_PERSON_NEEDED", "{who}");
        }
    }
    // Who recorded the call-back may be one of the two: it is the second pair of eyes that counts.
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    suite.approve("ada", Role::Approver, &opened.name).await.unwrap();
    suite.approve("bo", Role::Approver, &opened.name).await.unwrap();
    assert_eq!(suite.conclude(&opened.name).await.unwrap().state(), State::Verified);
}

async fn only_emergencies_are_approved(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    let status = suite.approve("ada", Role::Approver, &opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["APPROVAL_NOT_NEEDED"]);
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened);
}

async fn a_repeated_call_counts_once(suite: &Suite) {
    let opened = opened(suite).await;
    let ask = approval(&opened.name, &opened.etag);
    let mut ada = suite.verifications_of("ada", Role::Approver);
    let first = ada.approve_verification(ask.clone()).await.unwrap().into_inner();
    assert_eq!(ada.approve_verification(ask.clone()).await.unwrap().into_inner(), first);
    let other = ApproveVerificationRequest { reason: "another".to_owned(), ..ask.clone() };
    assert_eq!(reason(&ada.approve_verification(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    // The key is hers: with the same key from somebody else it is that one's own call.
    let stale = suite.verifications_of("bo", Role::Approver).approve_verification(ask).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    assert_eq!(suite.get(&opened.name).await.unwrap().approvals.len(), 1);
    assert_eq!(suite.events(&["verification.approved"]).await.len(), 1);
}

async fn a_wrong_etag_is_aborted(suite: &Suite) {
    let opened = opened(suite).await;
    // Something came to light since it was read.
    suite.record(&opened.name, credentials(Outcome::Inconclusive)).await.unwrap();
    let stale = approval(&opened.name, &opened.etag);
    let status = suite.verifications_of("ada", Role::Approver).approve_verification(stale).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    assert!(suite.get(&opened.name).await.unwrap().approvals.is_empty());
    let nothing = approval(&VerificationId::new().name(), &opened.etag);
    let status = suite.verifications_of("ada", Role::Approver).approve_verification(nothing).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

async fn only_approvers_and_counsel(suite: &Suite) {
    let opened = opened(suite).await;
    for role in [Role::Verifier, Role::Analyst, Role::Auditor, Role::Operator, Role::Publisher, Role::Submitter] {
        let ask = approval(&opened.name, &opened.etag);
        let status = suite.verifications_of("ada", role).approve_verification(ask).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{role:?}");
    }
    let status = suite.intake().approve_verification(approval(&opened.name, &opened.etag)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

async fn what_is_concluded_is_not_approved(suite: &Suite) {
    let opened = opened(suite).await;
    suite.vouched(&opened.name).await;
    let concluded = suite.conclude(&opened.name).await.unwrap();
    let status = suite.approve("dora", Role::Approver, &opened.name).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "state")), (Code::FailedPrecondition, "VERIFIED".to_owned()));
    assert_eq!(suite.get(&opened.name).await.unwrap(), concluded);
}

async fn of_many_at_once_each_counts_once(suite: &Suite) {
    let opened = opened(suite).await;
    let people = ["ada", "ada", "ada", "carl", "carl"];
    // Each tries until the etag is the current one or it is told no.
    let tries = people.map(|who| async move {
        loop {
            match suite.approve(who, Role::Approver, &opened_name(suite).await).await {
                Err(status) if status.code() == Code::Aborted => {}
                other => return other.is_ok(),
            }
        }
    });
    let done = join_all(tries).await;
    assert_eq!(done.iter().filter(|done| **done).count(), 2, "{done:?}");
    let approvals = suite.get(&opened.name).await.unwrap().approvals;
    let mut approvers: Vec<&str> = approvals.iter().map(|one| one.approver.as_str()).collect();
    approvers.sort_unstable();
    assert_eq!(approvers, ["person:ada", "person:carl"]);
}

/// The one verification that there is.
async fn opened_name(suite: &Suite) -> String {
    suite.events(&["verification.opened"]).await.remove(0).subject
}

async fn its_reason_is_nowhere(suite: &Suite) {
    let opened = opened(suite).await;
    let approved = suite.approve("ada", Role::Approver, &opened.name).await.unwrap();
    let refused = suite.approve("ada", Role::Approver, &opened.name).await.unwrap_err();
    let asked = ApproveVerificationRequest { request_id: id(), ..approval(&opened.name, &approved.etag) };
    let said = format!(
        "{:?} {:?} {approved:?} {asked:?} {}",
        suite.events(&[]).await,
        suite.audit().await,
        everything(&refused)
    );
    assert!(!said.contains("SECRET-REASON"), "{said}");
}
