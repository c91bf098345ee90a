//! What a request does when a competent authority has approved something that its decision holds.

use rogatory_intake::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    life::Moment,
    outcome::misfits,
    request::LegalRequest,
    scope::{Decision, DecisionState, ItemResult},
    state::{Outcome, State},
    verification::{Reopening, Verification, VerificationState},
};
use rogatory_names::{DecisionId, GrantId, ProductionId};

use crate::{
    life::{approved, kinds, under_review},
    sample,
};

/// What takes up from a decision, with these results for its items from `skip` on.
fn successor(of: &Decision, skip: usize, results: &[ItemResult]) -> Decision {
    let items = of.results.iter().skip(skip).zip(results);
    Decision {
        id: DecisionId::new(),
        predecessor: Some(of.id),
        state: DecisionState::Proposed,
        results: items.map(|(item, result)| sample::decided(item, *result)).collect(),
        grant: None,
        ..of.clone()
    }
}

fn granted(decision: &Decision) -> Decision {
    Decision { state: DecisionState::Approved, grant: Some(GrantId::new()), ..decision.clone() }
}

fn scoped(request: &LegalRequest) -> (Status, &str) {
    let found = request.conditions.get(ConditionKind::Scoped).unwrap();
    (found.status, found.reason.as_str())
}

fn in_force(request: &LegalRequest) -> Vec<GrantId> {
    request.grants().filter(|grant| !grant.revoked).map(|grant| grant.id).collect()
}

fn reopened(request: &LegalRequest) -> Verification {
    let known = request.verification.clone().unwrap();
    let reopening = Reopening { time: sample::now(), code: "SENDER_COMPROMISED".to_owned(), compromise: None };
    Verification { state: VerificationState::Open, expire_time: None, reopening: Some(reopening), ..known }
}

const HELD: ItemResult = ItemResult::HoldForAuthority;

/// Approved, with one item that may leave and one that is held; and beside it what an authority approved of that.
fn supplemented(rules: &rogatory_intake::domain::shipped::Rules) -> (LegalRequest, Decision) {
    let mut request = approved(rules, &[ItemResult::Allow, HELD]);
    let beside = successor(request.decision.as_ref().unwrap(), 1, &[ItemResult::Allow]);
    let progress = request.decision_settled(sample::moment(rules), beside.clone()).unwrap();
    assert_eq!((kinds(&progress), progress.work.len()), (vec!["request.supplement_proposed"], 0));
    (request, beside)
}

#[test]
fn a_held_request_is_under_review_again_with_the_successor_for_its_decision() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = under_review(&rules);
    let first = sample::decision(&request, DecisionState::Proposed, &[HELD, HELD]);
    request.scope_proposed(moment, first.clone()).unwrap();
    assert_eq!((request.state, scoped(&request)), (State::Held, (Status::Unknown, "AWAITING_AUTHORITY")));

    // All of it still waits, and then something does not.
    let second = successor(&first, 0, &[HELD, HELD]);
    let progress = request.decision_settled(moment, second.clone()).unwrap();
    assert_eq!((request.state, kinds(&progress)), (State::Held, vec!["request.scope_proposed"]));
    let third = successor(&second, 0, &[ItemResult::AllowNarrowed, HELD]);
    let progress = request.decision_settled(moment, third.clone()).unwrap();
    assert_eq!((request.state, scoped(&request)), (State::UnderReview, (Status::Unknown, "PROPOSED")));
    let facts = &progress.entries[0].facts;
    assert!(facts.contains(&("predecessor".to_owned(), second.id.name())), "{facts:?}");
    assert!(progress.work.is_empty(), "the cost was asked before");
    assert!(request.decision_settled(moment, third.clone()).unwrap().is_empty(), "told again");
    // An old word of those before it does not move it.
    for old in [&first, &second] {
        let superseded = Decision { state: DecisionState::Superseded, ..old.clone() };
        assert!(request.decision_settled(moment, superseded).unwrap().is_empty());
        request.decision_settled(moment, old.clone()).unwrap();
        assert_eq!(request.decision.as_ref().map(|known| known.id), Some(third.id));
    }

    // The approver let less leave: it is taken as it is read now.
    let mut less = granted(&third);
    less.results[0].result = ItemResult::Withhold;
    request.decision_settled(moment, less.clone()).unwrap();
    assert_eq!((request.state, request.decision.as_ref()), (State::Approved, Some(&less)));
}

#[test]
fn a_request_under_review_takes_the_successor_too_and_its_rejection_ends_it() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = under_review(&rules);
    let first = sample::decision(&request, DecisionState::Proposed, &[ItemResult::Allow, HELD]);
    request.scope_proposed(moment, first.clone()).unwrap();
    let second = successor(&first, 0, &[ItemResult::Allow, ItemResult::Allow]);
    let progress = request.decision_settled(moment, second.clone()).unwrap();
    assert_eq!((request.state, kinds(&progress)), (State::UnderReview, vec!["request.scope_proposed"]));
    let rejected = Decision { state: DecisionState::Rejected, ..second };
    request.decision_settled(moment, rejected).unwrap();
    assert_eq!((request.state, request.outcome), (State::Closed, Some(Outcome::Rejected)));
    // What an authority approves after the end is taken back.
    let late = successor(&first, 0, &[ItemResult::Allow, ItemResult::Allow]);
    let progress = request.decision_settled(moment, late.clone()).unwrap();
    assert_eq!(progress.work, [Work::WithdrawDecision { decision: late.id }]);
}

#[test]
fn a_supplement_stands_beside_what_was_approved() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let (mut request, beside) = supplemented(&rules);
    let (first, grant) = (request.decision.clone(), request.grant.as_ref().unwrap().id);
    assert_eq!((request.state, scoped(&request)), (State::Approved, (Status::True, "APPROVED")));
    assert_eq!(in_force(&request), [grant], "nobody has approved it yet");
    let misfit = |request: &LegalRequest| misfits(request, Outcome::CompliedInFull).len();

    let late = ProductionId::new();
    let second = granted(&beside);
    let more = second.grant.unwrap();
    assert!(request.produced(moment, late, more, false).is_err(), "the word of the approval is under way");
    request.produced(moment, ProductionId::new(), grant, false).unwrap();
    assert_eq!((request.state, misfit(&request)), (State::Produced, 1), "an item is still held");
    let progress = request.decision_settled(moment, second.clone()).unwrap();
    assert_eq!((request.state, kinds(&progress)), (State::Produced, vec!["request.supplement_approved"]));
    assert_eq!((request.decision.clone(), in_force(&request)), (first, vec![grant, more]));
    assert_eq!(misfit(&request), 0);
    assert!(request.decision_settled(moment, second).unwrap().is_empty(), "told again");
    let progress = request.produced(moment, late, more, false).unwrap();
    assert_eq!(progress.work, [Work::RecordReliance { production: late, grant: more }]);

    let progress = request.close(moment, Outcome::CompliedInFull, "done".to_owned()).unwrap();
    for grant in [grant, more] {
        assert!(progress.work.contains(&Work::RevokeGrant { grant }));
    }
}

#[test]
fn production_under_a_supplement_is_production_of_the_request() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let (mut request, beside) = supplemented(&rules);
    let second = granted(&beside);
    request.decision_settled(moment, second.clone()).unwrap();
    request.produced(moment, ProductionId::new(), second.grant.unwrap(), false).unwrap();
    assert_eq!(request.state, State::Produced);
}

#[test]
fn a_rejected_supplement_leaves_the_rest_as_it_is() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let (mut request, beside) = supplemented(&rules);
    let grants = in_force(&request);
    let rejected = Decision { state: DecisionState::Rejected, ..beside.clone() };
    let progress = request.decision_settled(moment, rejected.clone()).unwrap();
    assert_eq!((request.state, kinds(&progress)), (State::Approved, vec!["request.supplement_rejected"]));
    assert_eq!((in_force(&request), request.allows_all()), (grants, false));
    assert!(request.decision_settled(moment, rejected).unwrap().is_empty(), "told again");
    // Another approval of an authority, and another supplement.
    let again = successor(request.decision.as_ref().unwrap(), 1, &[ItemResult::Allow]);
    request.decision_settled(moment, again.clone()).unwrap();
    request.decision_settled(moment, granted(&again)).unwrap();
    assert!(request.allows_all());
}

#[test]
fn a_supplement_is_replaced_until_it_is_approved() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = approved(&rules, &[ItemResult::Allow, HELD, HELD]);
    let second = successor(request.decision.as_ref().unwrap(), 1, &[ItemResult::Allow, HELD]);
    request.decision_settled(moment, second.clone()).unwrap();
    let third = successor(&second, 0, &[ItemResult::Allow, HELD]);
    request.decision_settled(moment, third.clone()).unwrap();
    assert_eq!(request.supplements.iter().map(|known| known.decision.id).collect::<Vec<_>>(), [third.id]);
    request.decision_settled(moment, second).unwrap();
    assert_eq!(request.supplements.len(), 1, "an old word of the second");
    let third = granted(&third);
    request.decision_settled(moment, third.clone()).unwrap();
    let fourth = successor(&third, 1, &[ItemResult::Allow]);
    request.decision_settled(moment, fourth.clone()).unwrap();
    assert_eq!((request.supplements.len(), request.allows_all()), (2, false));
    request.decision_settled(moment, granted(&fourth)).unwrap();
    assert_eq!((in_force(&request).len(), request.allows_all()), (3, true));
}

#[test]
fn one_grant_of_several_may_be_revoked_and_only_the_last_holds_the_request() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let (mut request, beside) = supplemented(&rules);
    let grant = request.grant.as_ref().unwrap().id;
    let mut both = request.clone();
    let second = granted(&beside);
    both.decision_settled(moment, second.clone()).unwrap();
    both.grant_revoked(moment, grant).unwrap();
    assert_eq!((both.state, scoped(&both)), (State::Approved, (Status::True, "APPROVED")));
    both.grant_revoked(moment, second.grant.unwrap()).unwrap();
    assert_eq!((both.state, scoped(&both)), (State::Held, (Status::False, "GRANT_REVOKED")));

    // Held, and then people approve what an authority approved.
    request.grant_revoked(moment, grant).unwrap();
    assert_eq!(request.state, State::Held);
    request.decision_settled(moment, second.clone()).unwrap();
    assert_eq!((request.state, in_force(&request)), (State::Approved, vec![second.grant.unwrap()]));
}

#[test]
fn a_reopened_verification_takes_back_all_that_was_decided() {
    let rules = sample::rules();
    let moment = Moment { now: sample::now() + chrono::TimeDelta::minutes(1), ..sample::moment(&rules) };
    for produced in [false, true] {
        // One supplement is approved, and another is proposed.
        let (mut request, beside) = supplemented(&rules);
        let (grant, second) = (request.grant.as_ref().unwrap().id, granted(&beside));
        request.decision_settled(moment, second.clone()).unwrap();
        let third = successor(&second, 0, &[ItemResult::Allow]);
        request.decision_settled(moment, third.clone()).unwrap();
        if produced {
            request.produced(moment, ProductionId::new(), grant, false).unwrap();
        }
        let open = reopened(&request);
        let progress = request.verification_told(moment, open).unwrap();
        let more = second.grant.unwrap();
        let withdraw = Work::WithdrawDecision { decision: third.id };
        let revoke = [grant, more].map(|grant| Work::RevokeGrant { grant });
        assert_eq!(progress.work, [&[withdraw][..], &revoke].concat());
        let (state, many) = if produced { (State::Produced, 1) } else { (State::Verifying, 0) };
        assert_eq!((request.state, request.supplements.len()), (state, many));
        // Files that left under the supplement before that are noted.
        let late = ProductionId::new();
        let progress = request.produced(moment, late, more, false).unwrap();
        assert_eq!((request.state, progress.work.len()), (state, 1));
        for grant in [grant, more] {
            request.grant_revoked(moment, grant).unwrap();
        }
        // Its word comes late, with the approval of a person: it does not count.
        let late = granted(&third);
        let progress = request.decision_settled(moment, late.clone()).unwrap();
        assert_eq!(progress.work, [Work::RevokeGrant { grant: late.grant.unwrap() }]);
    }
}

#[test]
fn a_withdrawn_request_loses_every_grant_and_sets_aside_what_comes_late() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let (mut request, beside) = supplemented(&rules);
    let grant = request.grant.as_ref().unwrap().id;
    let progress = request.withdraw(moment, "over".to_owned()).unwrap();
    assert!(progress.work.contains(&Work::RevokeGrant { grant }));
    let late = granted(&beside);
    let progress = request.decision_settled(moment, late.clone()).unwrap();
    assert_eq!(progress.work, [Work::RevokeGrant { grant: late.grant.unwrap() }]);
}

#[test]
fn people_may_be_quicker_than_the_step_that_proposed() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = under_review(&rules);
    let first = sample::decision(&request, DecisionState::Proposed, &[HELD]);
    let second = successor(&first, 0, &[ItemResult::Allow]);
    let superseded = Decision { state: DecisionState::Superseded, ..first.clone() };
    request.decision_settled(moment, superseded).unwrap();
    request.decision_settled(moment, granted(&second)).unwrap();
    assert_eq!((request.state, request.decision.as_ref().map(|known| known.id)), (State::Approved, Some(second.id)));
    request.scope_proposed(moment, first).unwrap();
    assert_eq!((request.state, in_force(&request).len()), (State::Approved, 1));
}
