//! The debt of an emergency: the formal Request that the guide says must follow (§6).

use chrono::{DateTime, Utc};
use rogatory_rulebook::Citation;
use serde::{Deserialize, Serialize};

use super::{request::LegalRequest, requirements::Requirements};

/// Something that the agency still owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Stable code: `FORMAL_REQUEST_OWED`.
    pub code: String,
    /// What is owed.
    pub sentence: String,
    /// By when; none where the rules name no time.
    pub due_time: Option<DateTime<Utc>>,
    /// When it was met.
    pub settle_time: Option<DateTime<Utc>>,
    /// Where it is required.
    pub citations: Vec<Citation>,
}

/// What an emergency owes from the moment it is filed. The guide names no time, so there is none.
#[must_use]
pub fn owed(requirements: &Requirements) -> Obligation {
    let rule = requirements.follow_up();
    Obligation {
        code: rule.code.clone(),
        sentence: rule.sentence.clone(),
        due_time: None,
        settle_time: None,
        citations: vec![requirements.cite(&rule.section, &rule.heading)],
    }
}

/// Whether a request may be named as the emergency that another one follows.
#[must_use]
pub fn may_be_followed(emergency: &LegalRequest) -> bool {
    emergency.is_emergency() && emergency.receive_time.is_some()
}

/// Lets go what a request that ended without a disclosure still owes: the formal Request is the price of one (guide §6),
/// and an impostor who was turned away owes nothing.
pub fn lapse(request: &mut LegalRequest) {
    request.obligations.retain(|obligation| obligation.settle_time.is_some());
}

/// Settles what the emergency still owes. Answers whether anything was settled.
pub fn settle(emergency: &mut LegalRequest, now: DateTime<Utc>) -> bool {
    let mut settled = false;
    for obligation in emergency.obligations.iter_mut().filter(|obligation| obligation.settle_time.is_none()) {
        obligation.settle_time = Some(now);
        settled = true;
    }
    settled
}
