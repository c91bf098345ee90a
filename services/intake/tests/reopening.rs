//! What a request does when the verification on which it rests is reopened.

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_intake::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    life::Moment,
    request::LegalRequest,
    scope::{DecisionState, ItemResult},
    shipped::Rules,
    state::{Outcome, State},
    verification::{Reopening, Verification, VerificationState},
};
use rogatory_names::{CompromiseId, GrantId, ProductionId};

use crate::{
    life::{approved, kinds, under_review, verifying},
    sample,
};

fn after(rules: &Rules, minutes: i64) -> Moment<'_> {
    Moment { now: later(minutes), actor: "person:verifier", ..sample::moment(rules) }
}

fn later(minutes: i64) -> DateTime<Utc> {
    sample::now() + TimeDelta::minutes(minutes)
}

/// The verification of a request, reopened.
fn reopened(request: &LegalRequest, minutes: i64) -> Verification {
    let known = request.verification.clone().unwrap();
    let reopening = Reopening {
        time: later(minutes),
        code: "SENDER_COMPROMISED".to_owned(),
        compromise: Some("cmp_01890000000070008000000000000000".parse().unwrap()),
    };
    Verification { state: VerificationState::Open, expire_time: None, reopening: Some(reopening), ..known }
}

/// The same, concluded anew.
fn concluded(open: &Verification, state: VerificationState, minutes: i64) -> Verification {
    let verified = state == VerificationState::Verified;
    Verification { state, expire_time: verified.then(|| later(minutes) + TimeDelta::days(30)), ..open.clone() }
}

fn status(request: &LegalRequest, kind: ConditionKind) -> (Status, String) {
    let condition = request.conditions.get(kind).unwrap();
    (condition.status, condition.reason.clone())
}

#[test]
fn an_approved_request_waits_again_and_its_grant_is_revoked() {
    let rules = sample::rules();
    let mut request = approved(&rules, &[ItemResult::Allow]);
    let grant = request.grant.as_ref().unwrap().id;
    let open = reopened(&request, 5);
    let progress = request.verification_told(after(&rules, 6), open.clone()).unwrap();
    assert_eq!(request.state, State::Verifying);
    assert_eq!(kinds(&progress), ["request.verification_reopened"]);
    assert_eq!(progress.work, [Work::RevokeGrant { grant }]);
    let facts = &progress.entries[0].facts;
    let fact = |key: &str| facts.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    assert_eq!(fact("compromise"), Some("compromises/cmp_01890000000070008000000000000000"));
    assert_eq!(fact("code"), Some("SENDER_COMPROMISED"));
    assert_eq!(status(&request, ConditionKind::Verified), (Status::Unknown, "REOPENED".to_owned()));
    assert_eq!(status(&request, ConditionKind::Scoped), (Status::Unknown, "REOPENED".to_owned()));
    assert!(request.decision.is_none() && request.grant.is_none());

    // Once is enough, and the word of the revocation is taken.
    assert!(request.verification_told(after(&rules, 7), open.clone()).unwrap().is_empty());
    let noted = request.grant_revoked(after(&rules, 8), grant).unwrap();
    assert_eq!((kinds(&noted), request.state), (vec!["request.grant_revoked"], State::Verifying));

    // Believed again, it is decided anew.
    let again = concluded(&open, VerificationState::Verified, 9);
    let progress = request.verification_told(after(&rules, 9), again).unwrap();
    assert_eq!((request.state, progress.work), (State::UnderReview, vec![Work::ProposeScope]));
    let decision = sample::decision(&request, DecisionState::Proposed, &[ItemResult::Allow]);
    request.scope_proposed(after(&rules, 10), decision.clone()).unwrap();
    let granted = rogatory_intake::domain::scope::Decision {
        state: DecisionState::Approved,
        grant: Some(GrantId::new()),
        ..decision
    };
    request.decision_settled(after(&rules, 11), granted.clone()).unwrap();
    assert_eq!((request.state, request.grant.as_ref().map(|grant| grant.id)), (State::Approved, granted.grant));
}

#[test]
fn a_proposal_is_taken_back_from_a_request_under_review_or_held() {
    let rules = sample::rules();
    for result in [ItemResult::Allow, ItemResult::HoldForAuthority] {
        let mut request = under_review(&rules);
        let proposed = sample::decision(&request, DecisionState::Proposed, &[result]);
        let decision = proposed.id;
        request.scope_proposed(sample::moment(&rules), proposed).unwrap();
        let open = reopened(&request, 5);
        let progress = request.verification_told(after(&rules, 6), open).unwrap();
        assert_eq!((request.state, progress.work), (State::Verifying, vec![Work::WithdrawDecision { decision }]));
        assert!(request.produced(after(&rules, 7), ProductionId::new(), GrantId::new(), false).is_err());
    }
    // What is being proposed while it is reopened is taken back when its word comes.
    let mut request = under_review(&rules);
    let slow = sample::decision(&request, DecisionState::Proposed, &[ItemResult::Allow]);
    let open = reopened(&request, 5);
    request.verification_told(after(&rules, 6), open.clone()).unwrap();
    let progress = request.scope_proposed(after(&rules, 7), slow.clone()).unwrap();
    assert_eq!(progress.work, [Work::WithdrawDecision { decision: slow.id }]);
    request.verification_told(after(&rules, 8), concluded(&open, VerificationState::Verified, 8)).unwrap();
    let progress = request.scope_proposed(after(&rules, 9), slow.clone()).unwrap();
    assert_eq!((request.state, progress.work.len()), (State::UnderReview, 1), "it rests on what was reopened");
    assert!(request.decision.is_none());
}

#[test]
fn an_approval_of_what_rested_on_the_old_belief_never_counts() {
    let rules = sample::rules();
    let mut request = under_review(&rules);
    let decision = sample::decision(&request, DecisionState::Proposed, &[ItemResult::Allow]);
    request.scope_proposed(sample::moment(&rules), decision.clone()).unwrap();
    let open = reopened(&request, 5);
    request.verification_told(after(&rules, 6), open.clone()).unwrap();
    let grant = GrantId::new();
    let late = rogatory_intake::domain::scope::Decision {
        state: DecisionState::Approved,
        grant: Some(grant),
        ..decision.clone()
    };
    let production = ProductionId::new();
    assert!(request.produced(after(&rules, 7), production, grant, false).is_err(), "the grant is not known yet");
    let progress = request.decision_settled(after(&rules, 7), late.clone()).unwrap();
    assert_eq!((request.state, progress.work), (State::Verifying, vec![Work::RevokeGrant { grant }]));
    assert!(request.decision_settled(after(&rules, 7), late).unwrap().is_empty(), "told again");

    // Files that left in between are noted, and their users can be found.
    let progress = request.produced(after(&rules, 8), production, grant, false).unwrap();
    assert_eq!((request.state, kinds(&progress)), (State::Verifying, vec!["request.produced"]));
    assert_eq!(progress.work, [Work::RecordReliance { production, grant }]);
    let refused = request.close(after(&rules, 9), Outcome::Rejected, "no".to_owned()).unwrap_err();
    assert_eq!(refused.obstacles[0].code, "ALREADY_PRODUCED");

    // Nor does a rejection, and nor does either after the requester was believed again.
    request.verification_told(after(&rules, 9), concluded(&open, VerificationState::Verified, 9)).unwrap();
    let rejected = rogatory_intake::domain::scope::Decision { state: DecisionState::Rejected, ..decision.clone() };
    assert!(request.decision_settled(after(&rules, 10), rejected).unwrap().is_empty());
    let second = rogatory_intake::domain::scope::Decision {
        state: DecisionState::Approved,
        grant: Some(GrantId::new()),
        ..decision
    };
    let progress = request.decision_settled(after(&rules, 10), second).unwrap();
    assert_eq!((request.state, progress.work.len()), (State::UnderReview, 1));
}

#[test]
fn what_was_produced_or_has_ended_stays_and_tells_of_it() {
    let rules = sample::rules();
    for ended in [false, true] {
        let mut request = approved(&rules, &[ItemResult::Allow]);
        let grant = request.grant.as_ref().unwrap().id;
        let production = ProductionId::new();
        let progress = request.produced(after(&rules, 1), production, grant, false).unwrap();
        assert_eq!(progress.work, [Work::RecordReliance { production, grant }]);
        if ended {
            request.close(after(&rules, 2), Outcome::CompliedInFull, "done".to_owned()).unwrap();
        }
        let state = request.state;
        let open = reopened(&request, 5);
        let progress = request.verification_told(after(&rules, 6), open.clone()).unwrap();
        assert_eq!((request.state, kinds(&progress)), (state, vec!["request.verification_reopened"]));
        assert_eq!(progress.work, [Work::RevokeGrant { grant }]);
        assert_eq!(status(&request, ConditionKind::Verified), (Status::Unknown, "REOPENED".to_owned()));
        // What had left before the revocation is noted, and moves nothing.
        let late = ProductionId::new();
        let progress = request.produced(after(&rules, 7), late, grant, false).unwrap();
        assert_eq!((request.state, progress.work), (state, vec![Work::RecordReliance { production: late, grant }]));
        let nothing = request.produced(after(&rules, 7), ProductionId::new(), grant, true).unwrap();
        assert_eq!(nothing.work, [], "nothing left: no user is concerned");

        let mut denied = request.clone();
        let progress =
            denied.verification_told(after(&rules, 8), concluded(&open, VerificationState::Denied, 8)).unwrap();
        assert_eq!((denied.state, kinds(&progress)), (state, vec!["request.verification_denied"]));
        assert_eq!(status(&denied, ConditionKind::Verified), (Status::False, "DENIED".to_owned()));
        let good = concluded(&open, VerificationState::Verified, 8);
        let progress = request.verification_told(after(&rules, 8), good.clone()).unwrap();
        assert_eq!((request.state, kinds(&progress)), (state, vec!["request.verified"]));
        assert_eq!(progress.work, []);
        assert!(request.conditions.holds(ConditionKind::Verified));
        assert!(request.verification_told(after(&rules, 9), good).unwrap().is_empty());
    }
}

#[test]
fn a_denial_after_it_ends_the_request() {
    let rules = sample::rules();
    let mut request = approved(&rules, &[ItemResult::Allow]);
    let open = reopened(&request, 5);
    request.verification_told(after(&rules, 6), open.clone()).unwrap();
    request.verification_told(after(&rules, 7), concluded(&open, VerificationState::Denied, 7)).unwrap();
    assert_eq!((request.state, request.outcome), (State::Closed, Some(Outcome::Rejected)));
}

#[test]
fn the_order_and_the_age_of_the_words_do_not_matter() {
    let rules = sample::rules();
    let mut request = approved(&rules, &[ItemResult::Allow]);
    let grant = request.grant.as_ref().unwrap().id;
    let before = request.verification.clone().unwrap();
    let open = reopened(&request, 5);
    let again = concluded(&open, VerificationState::Verified, 7);
    // The word of the conclusion comes first: both are taken in at once.
    let progress = request.verification_told(after(&rules, 8), again.clone()).unwrap();
    assert_eq!(kinds(&progress), ["request.verification_reopened", "request.verified"]);
    assert_eq!(progress.work, [Work::RevokeGrant { grant }, Work::ProposeScope]);
    assert_eq!(request.state, State::UnderReview);
    for old in [open, before.clone(), again] {
        assert!(request.verification_told(after(&rules, 9), old).unwrap().is_empty());
        assert_eq!(request.state, State::UnderReview);
    }

    // A slow step has read what was so before: it believes nobody.
    let mut request = approved(&rules, &[ItemResult::Allow]);
    let before = request.verification.clone().unwrap();
    let open = reopened(&request, 5);
    request.verification_told(after(&rules, 6), open).unwrap();
    assert!(request.verification_told(after(&rules, 7), before).unwrap().is_empty());
    assert_eq!(request.state, State::Verifying);

    // Reopened before the request heard that it was ever believed.
    let mut request = verifying(&rules);
    request.verification_opened(sample::moment(&rules), sample::verification(request.id, VerificationState::Open));
    let open = reopened(&request, 5);
    let progress = request.verification_told(after(&rules, 6), open).unwrap();
    assert_eq!((request.state, progress.work.len(), kinds(&progress).len()), (State::Verifying, 0, 1));
}

#[test]
fn a_second_compromise_freezes_it_again() {
    let rules = sample::rules();
    let mut request = under_review(&rules);
    let first = reopened(&request, 5);
    request.verification_told(after(&rules, 6), first.clone()).unwrap();
    request.verification_told(after(&rules, 7), concluded(&first, VerificationState::Verified, 7)).unwrap();
    assert_eq!(request.state, State::UnderReview);
    let mut second = reopened(&request, 9);
    second.reopening.as_mut().unwrap().compromise = Some(CompromiseId::new());
    request.verification_told(after(&rules, 10), second).unwrap();
    assert_eq!(request.state, State::Verifying);
    assert!(request.verification_told(after(&rules, 11), first).unwrap().is_empty());
}
