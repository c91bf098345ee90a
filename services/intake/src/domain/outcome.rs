//! Which outcomes fit what happened.

use super::{
    lifecycle::Obstacle,
    request::LegalRequest,
    state::{Outcome, State},
};

/// What stands in the way of closing a request with an outcome; empty when it fits.
#[must_use]
pub fn misfits(request: &LegalRequest, outcome: Outcome) -> Vec<Obstacle> {
    // Data may have left before the verification was reopened.
    let produced = request.state == State::Produced || request.production.data;
    let disclosing = produced || request.state == State::Approved;
    let checks: &[(bool, &str, &str)] = match outcome {
        Outcome::CompliedInFull => &[
            (produced && request.production.data, "NO_PRODUCTION", "no production of data was recorded"),
            (
                request.allows_all(),
                "ITEM_WITHHELD",
                "an item was withheld, narrowed or held; close it as complied in part",
            ),
        ],
        Outcome::CompliedInPart => {
            &[(produced && request.production.data, "NO_PRODUCTION", "no production of data was recorded")]
        }
        Outcome::NoData => &[
            (produced && request.production.no_data, "NO_SEARCH", "no search that found nothing was recorded"),
            (!request.production.data, "DATA_PRODUCED", "data was produced"),
        ],
        Outcome::Rejected => &[(!produced, "ALREADY_PRODUCED", "data has left or a search was made")],
        Outcome::Withdrawn => &[(false, "NOT_WITHDRAWN", "only the agency withdraws a request, with WithdrawRequest")],
        Outcome::Duplicate | Outcome::OutOfScope | Outcome::Redirected => {
            &[(!disclosing, "ALREADY_APPROVED", "a disclosure was approved")]
        }
    };
    checks
        .iter()
        .filter(|(fits, _, _)| !fits)
        .map(|(_, code, description)| Obstacle { code: (*code).to_owned(), description: (*description).to_owned() })
        .collect()
}
