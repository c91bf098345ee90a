//! The formal Request that must follow an emergency (guide §6): a debt with a clock.

use chrono::{DateTime, Utc};
use rogatory_names::RequestId;
use serde::{Deserialize, Serialize};

use super::verification::{State, Verification};

/// The debt of one emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// By when the formal Request must have come.
    pub due_time: DateTime<Utc>,
    /// How it was settled; none while it is owed.
    pub settled: Option<Settled>,
}

/// What settled a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The formal Request.
    pub by: RequestId,
    /// When its verification was concluded.
    pub time: DateTime<Utc>,
}

/// A debt of the agency that is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DebtOverdue {
    /// The emergency.
    pub request: RequestId,
    /// By when the formal Request was due.
    pub due_time: DateTime<Utc>,
}

impl DebtOverdue {
    /// Whether the time is over.
    #[must_use]
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.due_time <= now
    }
}

impl Verification {
    /// Until when the formal Request is owed; none when none is.
    #[must_use]
    pub fn debt_due_time(&self) -> Option<DateTime<Utc>> {
        self.debt.as_ref().filter(|debt| debt.settled.is_none()).map(|debt| debt.due_time)
    }

    /// Whether `formal` is the Request that this emergency owes: of the same agency, which was believed, on a paper
    /// with legal force.
    #[must_use]
    pub fn is_followed_up_by(&self, formal: &Verification) -> bool {
        formal.state == State::Verified
            && formal.facts.settles() == Some(self.facts.request)
            && formal.agency.is_some()
            && formal.agency == self.agency
    }

    /// Settles the debt with the formal Request that has come. Tells whether anything changed.
    pub fn settle_debt(&mut self, formal: &Verification, now: DateTime<Utc>) -> bool {
        let follows = self.is_followed_up_by(formal);
        match &mut self.debt {
            Some(debt) if follows && debt.settled.is_none() => {
                debt.settled = Some(Settled { by: formal.facts.request, time: now });
                true
            }
            _ => false,
        }
    }

    /// Owes again what `formal` had settled, because it is no longer believed. Tells whether anything changed.
    pub fn revive_debt(&mut self, formal: RequestId) -> bool {
        match &mut self.debt {
            Some(debt) if debt.settled.is_some_and(|settled| settled.by == formal) => {
                debt.settled = None;
                true
            }
            _ => false,
        }
    }
}
