use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use rogatory_disclosure::domain::{
    decision::{Decision, Proposal, Refusal, State},
    facts::Facts,
};
use rogatory_names::{DecisionId, GrantId, RequestId, VerificationId};
use rogatory_rulebook::{Digest, InstrumentKind, Provenance};

use super::{REVISION, day, evaluation, facts, policy};

/// A decision proposed on 1 November, which needs as many approvals as there are people in the field, 2 in an emergency.
fn proposed(emergency: bool, elements: &[&str]) -> Decision {
    let facts =
        Facts { emergency, formal_request_assured: true, instrument: InstrumentKind::SearchWarrant, ..facts(elements) };
    let evaluation = evaluation(&policy("SG", "SG"), &facts);
    let proposal = Proposal {
        request: RequestId::new(),
        facts,
        verification: VerificationId::new(),
        verification_expire_time: day(11, 8),
        preparers: BTreeSet::from(["person:preparer".to_owned(), "peer:intake".to_owned()]),
        predecessor: None,
    };
    let provenance = Provenance {
        revision: REVISION.to_owned(),
        digest: Digest::of(""),
        engine_version: "test".to_owned(),
        decide_time: day(11, 1),
        rules_time: day(11, 1),
    };
    Decision::propose(DecisionId::new(), proposal, evaluation, provenance, day(11, 1))
}

#[test]
fn the_second_person_completes_and_the_grant_has_what_was_allowed() {
    let mut decision = proposed(false, &["messages", "everything", "account-identity"]);
    let grant = GrantId::new();
    assert_eq!(decision.approve("person:a", "ok".to_owned(), &[], grant, day(11, 2)), Ok(None));
    assert_eq!(decision.state, State::Proposed);
    let again = decision.approve("person:a", "ok".to_owned(), &[], grant, day(11, 2));
    assert_eq!(again, Err(Refusal::AnotherPersonNeeded));
    let issued = decision.approve("person:b", "ok".to_owned(), &[], grant, day(11, 2)).unwrap().unwrap();
    assert_eq!((decision.state, decision.grant), (State::Approved, Some(grant)));
    let elements: Vec<&str> = issued.permissions.iter().map(|one| one.element.as_str()).collect();
    assert_eq!(elements, ["messages", "account-identity"]);
    assert_eq!(issued.expire_time, day(12, 2));
    assert_eq!(decision.approve("person:c", "ok".to_owned(), &[], grant, day(11, 2)), Err(Refusal::NotProposed));
    assert_eq!(decision.reject("person:c", "no".to_owned(), day(11, 2)), Err(Refusal::NotProposed));
}

#[test]
fn nothing_allowed_is_not_approved() {
    let mut decision = proposed(false, &["everything"]);
    let approved = decision.approve("person:a", "ok".to_owned(), &[], GrantId::new(), day(11, 2));
    assert_eq!(approved, Err(Refusal::NothingAllowed));
    assert_eq!(decision.reject("person:a", "no".to_owned(), day(11, 2)), Ok(()));
}

#[test]
fn the_verification_must_still_hold_at_the_instant_of_approval() {
    let expiry = day(11, 8);
    let mut decision = proposed(false, &["account-identity"]);
    let late = decision.approve("person:a", "ok".to_owned(), &[], GrantId::new(), expiry);
    assert_eq!(late, Err(Refusal::VerificationExpired));
    let last = expiry - Duration::from_micros(1);
    assert!(decision.approve("person:a", "ok".to_owned(), &[], GrantId::new(), last).unwrap().is_some());
}

#[derive(Debug, Clone)]
enum Step {
    Approve(&'static str),
    Reject(&'static str),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let people = ["person:a", "person:b", "person:c", "person:preparer", "peer:intake", "system:docket", "a", ""];
    prop_oneof![
        8 => prop::sample::select(people.to_vec()).prop_map(Step::Approve),
        1 => prop::sample::select(people.to_vec()).prop_map(Step::Reject),
        2 => (0_u64..80).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever is tried in whatever order: approved means enough different people who did not prepare it, all before the
    /// verification expired, and one grant.
    #[test]
    fn no_path_around_the_people(
        emergency in any::<bool>(),
        content in any::<bool>(),
        steps in prop::collection::vec(step(), 0..24),
    ) {
        let mut decision = proposed(emergency, if content { &["messages"] } else { &["account-identity"] });
        let required = if emergency || content { 2 } else { 1 };
        let mut now = day(11, 1);
        let mut approvers = BTreeSet::new();
        let (mut grants, mut rejected) = (0, false);
        for step in steps {
            match step {
                Step::Wait(hours) => now += Duration::from_secs(hours * 3600),
                Step::Reject(actor) => {
                    if decision.reject(actor, "no".to_owned(), now).is_ok() {
                        rejected = true;
                    }
                }
                Step::Approve(actor) => {
                    let before = decision.clone();
                    match decision.approve(actor, "ok".to_owned(), &[], GrantId::new(), now) {
                        Ok(grant) => {
                            prop_assert!(actor.starts_with("person:") && actor != "person:preparer");
                            prop_assert!(now < day(11, 8) && !rejected);
                            prop_assert!(approvers.insert(actor), "twice the same");
                            grants += usize::from(grant.is_some());
                        }
                        Err(_) => prop_assert_eq!(&before, &decision, "a refusal changes nothing"),
                    }
                }
            }
            prop_assert_eq!(decision.state == State::Approved, approvers.len() >= required);
            prop_assert_eq!(grants, usize::from(decision.state == State::Approved));
            prop_assert_eq!(decision.grant.is_some(), decision.state == State::Approved);
            prop_assert_eq!(decision.state == State::Rejected, rejected);
        }
    }
}
