//! Which outcomes fit what happened.

use rogatory_intake::domain::{
    outcome::misfits,
    request::LegalRequest,
    scope::{DecisionState, ItemResult},
    state::{Outcome, State},
};

use crate::sample;

fn produced(results: &[ItemResult], data: bool, no_data: bool) -> LegalRequest {
    let rules = sample::rules();
    let mut request = sample::draft(&rules, sample::particulars());
    request.state = State::Produced;
    request.decision = Some(sample::decision(&request, DecisionState::Approved, results));
    request.production.data = data;
    request.production.no_data = no_data;
    request
}

fn codes(request: &LegalRequest, outcome: Outcome) -> Vec<String> {
    misfits(request, outcome).into_iter().map(|obstacle| obstacle.code).collect()
}

#[test]
fn complied_in_full_needs_a_production_and_no_item_withheld() {
    let whole = produced(&[ItemResult::Allow, ItemResult::Allow], true, false);
    assert_eq!(codes(&whole, Outcome::CompliedInFull), Vec::<String>::new());
    for less in [ItemResult::Withhold, ItemResult::AllowNarrowed, ItemResult::HoldForAuthority] {
        let part = produced(&[ItemResult::Allow, less], true, false);
        assert_eq!(codes(&part, Outcome::CompliedInFull), ["ITEM_WITHHELD"]);
        assert_eq!(codes(&part, Outcome::CompliedInPart), Vec::<String>::new());
    }
    let nothing = produced(&[ItemResult::Allow], false, true);
    assert_eq!(codes(&nothing, Outcome::CompliedInFull), ["NO_PRODUCTION"]);
    assert_eq!(codes(&nothing, Outcome::NoData), Vec::<String>::new());
    assert_eq!(codes(&whole, Outcome::NoData), ["NO_SEARCH", "DATA_PRODUCED"]);
}

#[test]
fn what_was_produced_was_not_rejected_and_nobody_else_withdraws() {
    let whole = produced(&[ItemResult::Allow], true, false);
    assert_eq!(codes(&whole, Outcome::Rejected), ["ALREADY_PRODUCED"]);
    for outcome in [Outcome::Duplicate, Outcome::OutOfScope, Outcome::Redirected] {
        assert_eq!(codes(&whole, outcome), ["ALREADY_APPROVED"]);
    }
    let rules = sample::rules();
    let mut open = sample::draft(&rules, sample::particulars());
    for state in [State::Received, State::Deficient, State::Misdirected, State::Verifying, State::Held] {
        open.state = state;
        for outcome in [Outcome::Rejected, Outcome::Duplicate, Outcome::OutOfScope, Outcome::Redirected] {
            assert_eq!(codes(&open, outcome), Vec::<String>::new());
        }
        assert_eq!(codes(&open, Outcome::Withdrawn), ["NOT_WITHDRAWN"]);
        assert_eq!(codes(&open, Outcome::CompliedInPart), ["NO_PRODUCTION"]);
    }
}
