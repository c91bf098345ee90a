//! What intake keeps of the cost of a request. Cost never stops a disclosure.

use rogatory_names::QuoteId;
use rogatory_rulebook::words;
use serde::{Deserialize, Serialize};

use super::conditions::{ConditionKind, Conditions, Status};

words! {
    /// Where a quote is in its life.
    QuoteState, "state of a quote" {
        /// The right is reserved; there is nothing to answer.
        Reserved = "RESERVED",
        /// Waived by rule.
        Waived = "WAIVED",
        /// Waits for the agency's answer.
        Open = "OPEN",
        /// Accepted.
        Accepted = "ACCEPTED",
        /// Declined.
        Declined = "DECLINED",
    }
}

/// A quote as its service last told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// Key of the contact that bills.
    pub contact_id: String,
    /// Where it is in its life.
    pub state: QuoteState,
}

/// States CostAgreed from all quotes: one declined makes it false, one open leaves it unknown.
pub fn state_cost(conditions: &mut Conditions, quotes: &[Quote], now: chrono::DateTime<chrono::Utc>) {
    let any = |state| quotes.iter().any(|quote| quote.state == state);
    let (status, reason, message) = if any(QuoteState::Declined) {
        (Status::False, "DECLINED", "A quote was declined. Non-payment does not stop a disclosure.")
    } else if any(QuoteState::Open) {
        (Status::Unknown, "OPEN", "A quote waits for the agency's answer.")
    } else if any(QuoteState::Accepted) {
        (Status::True, "ACCEPTED", "The cost is agreed.")
    } else if any(QuoteState::Reserved) {
        (Status::True, "RESERVED", "The right to be reimbursed is reserved; no schedule names an amount.")
    } else {
        (Status::True, "WAIVED", "The cost is waived by rule.")
    };
    conditions.set(ConditionKind::CostAgreed, status, reason, message, now);
}
