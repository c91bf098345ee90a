//! What each happening does to a request.

use rogatory_intake::domain::{
    conditions::{ConditionKind, Status},
    cost::{Quote, QuoteState},
    docket::Work,
    letter::LetterKind,
    life::Moment,
    progress::Progress,
    request::LegalRequest,
    route::Verdict,
    scope::{DecisionState, ItemResult, scope_items},
    shipped::Rules,
    state::{Outcome, State},
    verification::VerificationState,
};
use rogatory_names::{GrantId, ProductionId, QuoteId, RequestId};
use rogatory_rulebook::Effect;

use crate::sample;

pub(crate) fn submitted(rules: &Rules) -> LegalRequest {
    let mut request = sample::draft(rules, sample::particulars());
    request.submit(sample::moment(rules), rules.requirements("aliexpress.com").unwrap()).unwrap();
    request
}

pub(crate) fn assessing(rules: &Rules) -> LegalRequest {
    let mut request = submitted(rules);
    request.begin_assessment(sample::moment(rules)).unwrap();
    request
}

pub(crate) fn verifying(rules: &Rules) -> LegalRequest {
    let mut request = assessing(rules);
    request.routed(sample::moment(rules), sample::plan(Verdict::Routed)).unwrap();
    request
}

pub(crate) fn under_review(rules: &Rules) -> LegalRequest {
    let mut request = verifying(rules);
    let verification = sample::verification(request.id, VerificationState::Verified);
    request.verification_told(sample::moment(rules), verification).unwrap();
    request
}

pub(crate) fn approved(rules: &Rules, results: &[ItemResult]) -> LegalRequest {
    let mut request = under_review(rules);
    let proposed = sample::decision(&request, DecisionState::Proposed, results);
    let approved = rogatory_intake::domain::scope::Decision {
        state: DecisionState::Approved,
        grant: Some(GrantId::new()),
        ..proposed.clone()
    };
    request.scope_proposed(sample::moment(rules), proposed).unwrap();
    request.decision_settled(sample::moment(rules), approved).unwrap();
    request
}

pub(crate) fn kinds(progress: &Progress) -> Vec<&str> {
    progress.entries.iter().map(|entry| entry.kind.as_str()).collect()
}

#[test]
fn filing_states_completeness_at_once_and_leaves_the_route_to_the_docket() {
    let rules = sample::rules();
    let mut request = sample::draft(&rules, sample::particulars());
    let requirements = rules.requirements("aliexpress.com").unwrap();
    let progress = request.submit(sample::moment(&rules), requirements).unwrap();
    assert_eq!((request.state, request.receive_time), (State::Received, Some(sample::now())));
    assert!(request.conditions.holds(ConditionKind::Complete));
    assert_eq!((kinds(&progress), progress.work.clone()), (vec!["request.submitted"], vec![Work::PlanRoute]));
    let again = request.submit(sample::moment(&rules), requirements).unwrap_err();
    assert_eq!(again.state, State::Received);
}

#[test]
fn the_plan_decides_how_it_goes_on_and_which_letter_is_written() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    for (verdict, state, letter) in [
        (Verdict::Routed, State::Verifying, LetterKind::Acknowledgement),
        (Verdict::Misdirected, State::Misdirected, LetterKind::Misdirected),
        (Verdict::Held, State::Held, LetterKind::Held),
        (Verdict::OutOfScope, State::Closed, LetterKind::OutOfScope),
    ] {
        let mut request = assessing(&rules);
        let progress = request.routed(moment, sample::plan(verdict)).unwrap();
        assert_eq!(request.state, state);
        assert!(progress.work.contains(&Work::WriteLetter { letter }), "{verdict}");
        assert_eq!(progress.work.contains(&Work::OpenVerification), verdict == Verdict::Routed);
        assert_eq!(request.conditions.holds(ConditionKind::Routed), verdict == Verdict::Routed);
        assert_eq!(request.outcome, (verdict == Verdict::OutOfScope).then_some(Outcome::OutOfScope));
    }
}

#[test]
fn what_is_missing_comes_before_where_it_was_served_but_not_before_scope() {
    let rules = sample::rules();
    for (verdict, state) in [
        (Verdict::Routed, State::Deficient),
        (Verdict::Misdirected, State::Deficient),
        (Verdict::OutOfScope, State::Closed),
    ] {
        let mut particulars = sample::particulars();
        particulars.legal_grounds = None;
        let mut request = sample::draft(&rules, particulars);
        request.submit(sample::moment(&rules), rules.requirements("aliexpress.com").unwrap()).unwrap();
        request.begin_assessment(sample::moment(&rules)).unwrap();
        request.routed(sample::moment(&rules), sample::plan(verdict)).unwrap();
        assert_eq!(request.state, state, "{verdict}");
        assert!(!request.conditions.holds(ConditionKind::Complete));
    }
}

#[test]
fn an_amended_request_keeps_its_date_and_is_assessed_again() {
    let rules = sample::rules();
    let mut request = assessing(&rules);
    request.routed(sample::moment(&rules), sample::plan(Verdict::Misdirected)).unwrap();
    let later =
        Moment { now: sample::now() + chrono::TimeDelta::days(2), actor: "person:other", ..sample::moment(&rules) };
    let progress = request.amend(later, sample::particulars(), rules.requirements("aliexpress.com")).unwrap();
    assert_eq!((request.state, request.receive_time), (State::Assessing, Some(sample::now())));
    assert_eq!(progress.work, [Work::PlanRoute]);
    assert!(request.plan.is_none() && request.preparers.contains("person:other"));
    assert_eq!(request.conditions.get(ConditionKind::Routed).unwrap().status, Status::Unknown);
}

#[test]
fn once_the_requester_was_believed_nothing_of_the_request_may_change() {
    let rules = sample::rules();
    let mut request = under_review(&rules);
    let held = sample::decision(&request, DecisionState::Proposed, &[ItemResult::HoldForAuthority]);
    request.scope_proposed(sample::moment(&rules), held).unwrap();
    assert_eq!(request.state, State::Held);
    let refusal =
        request.amend(sample::moment(&rules), sample::particulars(), rules.requirements("aliexpress.com")).unwrap_err();
    let codes: Vec<&str> = refusal.obstacles.iter().map(|obstacle| obstacle.code.as_str()).collect();
    assert_eq!(codes, ["ROUTED_TRUE", "VERIFIED_TRUE"]);
    // Held for want of a route, it may.
    let mut request = assessing(&rules);
    request.routed(sample::moment(&rules), sample::plan(Verdict::Held)).unwrap();
    request.amend(sample::moment(&rules), sample::particulars(), rules.requirements("aliexpress.com")).unwrap();
}

#[test]
fn only_a_verification_of_this_request_that_is_in_date_is_believed() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = verifying(&rules);
    let other = sample::verification(RequestId::new(), VerificationState::Verified);
    assert!(request.verification_told(moment, other).unwrap().is_empty());
    let mut expired = sample::verification(request.id, VerificationState::Verified);
    expired.expire_time = Some(sample::now());
    request.verification_told(moment, expired.clone()).unwrap();
    assert_eq!(request.state, State::Verifying);
    assert!(!request.conditions.holds(ConditionKind::Verified));
    let second = sample::verification(request.id, VerificationState::Verified);
    assert!(request.verification_told(moment, second).unwrap().is_empty(), "a request has one verification");

    let mut request = verifying(&rules);
    let denied = sample::verification(request.id, VerificationState::Denied);
    let progress = request.verification_told(moment, denied).unwrap();
    assert_eq!((request.state, request.outcome), (State::Closed, Some(Outcome::Rejected)));
    let plan = request.plan.as_ref().unwrap().id;
    assert_eq!(progress.work, [Work::ClosePlan { plan }, Work::WriteLetter { letter: LetterKind::Rejected }]);
}

#[test]
fn a_scope_of_which_all_waits_is_held_and_every_contact_is_asked_for_the_cost() {
    let rules = sample::rules();
    let mut request = under_review(&rules);
    let decision =
        sample::decision(&request, DecisionState::Proposed, &[ItemResult::HoldForAuthority, ItemResult::Withhold]);
    let progress = request.scope_proposed(sample::moment(&rules), decision).unwrap();
    assert_eq!(request.state, State::Held);
    assert!(progress.work.contains(&Work::CreateQuote { contact_id: "e-commerce-one".to_owned() }));

    let mut request = under_review(&rules);
    let decision = sample::decision(&request, DecisionState::Proposed, &[ItemResult::Allow, ItemResult::Withhold]);
    request.scope_proposed(sample::moment(&rules), decision).unwrap();
    assert_eq!(request.state, State::UnderReview);
}

#[test]
fn routing_learns_of_every_end_of_a_request_that_was_planned() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let closes = |progress: Progress, request: &LegalRequest| {
        let plan = request.latest_plan;
        assert!(plan.is_some() && request.state == State::Closed);
        progress.work.iter().filter(|work| plan.is_some_and(|plan| **work == Work::ClosePlan { plan })).count() == 1
    };
    let mut request = assessing(&rules);
    let progress = request.routed(moment, sample::plan(Verdict::OutOfScope)).unwrap();
    assert!(closes(progress, &request));
    let mut request = verifying(&rules);
    let progress = request.withdraw(moment, "over".to_owned()).unwrap();
    assert!(closes(progress, &request));
    let mut request = verifying(&rules);
    let progress = request.close(moment, Outcome::Duplicate, "the same".to_owned()).unwrap();
    assert!(closes(progress, &request));
    let mut request = under_review(&rules);
    let rejected = sample::decision(&request, DecisionState::Rejected, &[ItemResult::Allow]);
    let progress = request.decision_settled(moment, rejected).unwrap();
    assert!(closes(progress, &request));
    // Changed, and ended before it was planned again: the plan before the change is the latest that routing has.
    let mut request = assessing(&rules);
    request.routed(moment, sample::plan(Verdict::Held)).unwrap();
    request.amend(moment, sample::particulars(), rules.requirements("aliexpress.com")).unwrap();
    assert!(request.plan.is_none());
    let progress = request.withdraw(moment, "over".to_owned()).unwrap();
    assert!(closes(progress, &request));
    // Never planned: there is nothing to close.
    let mut request = submitted(&rules);
    let progress = request.withdraw(moment, "over".to_owned()).unwrap();
    assert!(!progress.work.iter().any(|work| matches!(work, Work::ClosePlan { .. })));
}

#[test]
fn the_scope_is_asked_for_the_residence_that_was_found_and_not_for_the_declared_one() {
    let rules = sample::rules();
    let mut request = verifying(&rules);
    let residence = |request: &LegalRequest| scope_items(request)[0].residence_country.map(|found| found.alpha2());
    assert_eq!(residence(&request), Some("US"));
    request.plan = Some(sample::plan_by_evidence(Verdict::Routed));
    assert_eq!(residence(&request), Some("KZ"));
    request.plan.as_mut().unwrap().targets[0].residence_countries.push("HK".parse().unwrap());
    assert_eq!(residence(&request), None, "of two nobody chooses one");
    request.plan = None;
    assert_eq!(residence(&request), Some("US"), "as declared");
}

#[test]
fn what_the_platform_knows_of_a_user_stays_as_long_as_it_is_the_same_user() {
    let mut before = sample::particulars();
    before.targets[0].residence_evidence = vec![sample::evidence()];
    let mut after = sample::particulars();
    after.targets[0].residence_country = Some("DE".parse().unwrap());
    after.targets.push(sample::target("target-2"));
    after.keep_residence_evidence(&before);
    assert_eq!(after.targets[0].residence_evidence, [sample::evidence()]);
    assert_eq!(after.targets[1].residence_evidence, []);
    after.targets[0].platform_ids.push("another account".to_owned());
    after.keep_residence_evidence(&before);
    assert_eq!(after.targets[0].residence_evidence, [], "of another user nothing is known");
}

#[test]
fn cost_never_moves_a_request() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = approved(&rules, &[ItemResult::Allow]);
    let id = QuoteId::new();
    request.quoted(moment, Quote { id, contact_id: "x".to_owned(), state: QuoteState::Open });
    assert_eq!(request.conditions.get(ConditionKind::CostAgreed).unwrap().status, Status::Unknown);
    request.quote_answered(moment, id, QuoteState::Declined);
    assert_eq!(request.conditions.get(ConditionKind::CostAgreed).unwrap().status, Status::False);
    let grant = request.grant.as_ref().unwrap().id;
    request.produced(moment, ProductionId::new(), grant, false).unwrap();
    assert_eq!(request.state, State::Produced);
}

#[test]
fn nothing_is_produced_without_an_approval() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    for mut request in [submitted(&rules), assessing(&rules), verifying(&rules), under_review(&rules)] {
        let before = request.state;
        assert!(request.produced(moment, ProductionId::new(), GrantId::new(), false).is_err());
        assert_eq!(request.state, before);
    }
}

#[test]
fn a_grant_of_a_request_that_ended_is_revoked_also_when_it_comes_late() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = approved(&rules, &[ItemResult::Allow]);
    let grant = request.grant.as_ref().unwrap().id;
    let progress = request.withdraw(moment, "no longer needed".to_owned()).unwrap();
    assert!(progress.work.contains(&Work::RevokeGrant { grant }));
    assert_eq!((request.state, request.outcome), (State::Closed, Some(Outcome::Withdrawn)));
    request.grant_revoked(moment, grant).unwrap();
    assert!(request.grant.as_ref().unwrap().revoked);

    let mut request = under_review(&rules);
    request.withdraw(moment, "no longer needed".to_owned()).unwrap();
    let late = sample::decision(&request, DecisionState::Approved, &[ItemResult::Allow]);
    let grant = late.grant.unwrap();
    let progress = request.decision_settled(moment, late).unwrap();
    assert_eq!(progress.work, [Work::RevokeGrant { grant }]);
    assert_eq!((request.state, request.grant.is_none()), (State::Closed, true));
}

#[test]
fn a_revoked_grant_holds_the_request_before_anything_left_and_is_noted_after() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = approved(&rules, &[ItemResult::Allow]);
    let grant = request.grant.as_ref().unwrap().id;
    request.grant_revoked(moment, grant).unwrap();
    assert_eq!(request.state, State::Held);
    assert!(!request.conditions.holds(ConditionKind::Scoped));
    assert!(request.produced(moment, ProductionId::new(), grant, false).is_err());

    let mut request = under_review(&rules);
    assert!(request.grant_revoked(moment, GrantId::new()).is_err(), "the word of the approval is still under way");
}

#[test]
fn a_closed_request_ignores_what_still_comes() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    let mut request = verifying(&rules);
    request.withdraw(moment, "no longer needed".to_owned()).unwrap();
    let before = request.clone();
    let id = request.id;
    assert!(request.begin_assessment(moment).unwrap().is_empty());
    let late = sample::plan(Verdict::Routed);
    let plan = late.id;
    assert_eq!(request.routed(moment, late).unwrap().work, [Work::ClosePlan { plan }], "routing learns that it ended");
    assert!(request.verification_opened(moment, sample::verification(id, VerificationState::Open)).is_empty());
    for state in [VerificationState::Verified, VerificationState::Denied] {
        assert!(request.verification_told(moment, sample::verification(id, state)).unwrap().is_empty());
    }
    let decision = sample::decision(&request, DecisionState::Rejected, &[ItemResult::Allow]);
    assert!(request.scope_proposed(moment, decision.clone()).unwrap().is_empty());
    assert!(request.decision_settled(moment, decision).unwrap().is_empty());
    assert!(request.produced(moment, ProductionId::new(), GrantId::new(), false).unwrap().is_empty());
    assert!(request.grant_revoked(moment, GrantId::new()).unwrap().is_empty());
    assert_eq!(request, before);
    assert!(request.withdraw(moment, "again".to_owned()).is_err());
}

#[test]
fn an_emergency_owes_the_formal_request_until_it_has_come() {
    let rules = sample::rules();
    let mut request = sample::draft(&rules, sample::emergency());
    request.submit(sample::moment(&rules), rules.requirements("aliexpress.com").unwrap()).unwrap();
    let owed = &request.obligations[0];
    assert_eq!((owed.code.as_str(), owed.due_time, owed.settle_time), ("FORMAL_REQUEST_OWED", None, None));
    assert_eq!(owed.citations[0].section, "§6");
    assert!(!request.obligation_settled(sample::moment(&rules), "requests/req_1").is_empty());
    assert_eq!(request.obligations[0].settle_time, Some(sample::now()));
    assert!(request.obligation_settled(sample::moment(&rules), "requests/req_1").is_empty());
}

#[test]
fn whoever_was_turned_away_owes_nothing_and_whoever_got_data_still_does() {
    let rules = sample::rules();
    let moment = sample::moment(&rules);
    for data in [false, true] {
        let mut request = sample::draft(&rules, sample::emergency());
        request.submit(moment, rules.requirements("aliexpress.com").unwrap()).unwrap();
        request.production.data = data;
        request.withdraw(moment, "over".to_owned()).unwrap();
        assert_eq!(request.obligations.len(), usize::from(data));
    }
}

#[test]
fn an_item_without_targets_concerns_all_of_them() {
    let rules = sample::rules();
    let mut particulars = sample::particulars();
    particulars.targets.push(sample::target("target-2"));
    let mut second = sample::item("item-2", "orders");
    second.target_ids = vec!["target-2".to_owned()];
    particulars.items.push(second);
    let asked = scope_items(&sample::draft(&rules, particulars));
    let asked: Vec<(&str, &str)> = asked.iter().map(|i| (i.item_id.as_str(), i.target_id.as_str())).collect();
    assert_eq!(asked, [("item-1", "target-1"), ("item-1", "target-2"), ("item-2", "target-2")]);
}

#[test]
fn what_does_not_fit_together_is_told_all_at_once() {
    let mut particulars = sample::particulars();
    particulars.targets.push(sample::target("target-1"));
    particulars.items.push(sample::item("item-1", "orders"));
    particulars.items[0].target_ids = vec!["target-9".to_owned(), "target-1".to_owned(), "target-1".to_owned()];
    let found = particulars.inconsistencies();
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["targets[1].target_id", "items[1].item_id", "items[0].target_ids[0]", "items[0].target_ids[2]"]);
    particulars = sample::particulars();
    particulars.targets = (0..40).map(|index| sample::target(&format!("target-{index}"))).collect();
    particulars.items = (0..40).map(|index| sample::item(&format!("item-{index}"), "orders")).collect();
    assert!(particulars.inconsistencies()[0].1.contains("1600"));
}

#[test]
fn no_debug_output_shows_what_is_sensitive() {
    let rules = sample::rules();
    let mut request = under_review(&rules);
    request.particulars.emergency = sample::emergency().emergency;
    let mut shown = format!("{request:?} {:?} {:?}", request.particulars, request.particulars.targets);
    shown += &format!("{:?} {:?}", request.particulars.requester, request.particulars.items);
    assert!(!shown.contains("Zyx"), "{shown}");
}

#[test]
fn findings_are_told_once() {
    let rules = sample::rules();
    let mut request = sample::draft(&rules, sample::particulars());
    let finding = sample::finding("SAME", Effect::Notes);
    request.explain([finding.clone(), finding]);
    assert_eq!(request.findings.len(), 1);
}
