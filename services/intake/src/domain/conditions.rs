//! What stands beside the state of a request, in the Kubernetes manner.

use chrono::{DateTime, Utc};
use rogatory_rulebook::words;
use serde::{Deserialize, Serialize};

words! {
    /// What a condition states.
    ConditionKind, "condition" {
        /// The seven required items are there.
        Complete = "COMPLETE",
        /// Whom to serve is known.
        Routed = "ROUTED",
        /// The requester was believed.
        Verified = "VERIFIED",
        /// What may leave is decided and approved.
        Scoped = "SCOPED",
        /// The cost is agreed, waived or reserved.
        CostAgreed = "COST_AGREED",
        /// Data has left, or a search found none.
        Produced = "PRODUCED",
        /// The docket carries the request.
        Progressing = "PROGRESSING",
    }
}

words! {
    /// Whether a condition holds.
    Status, "status of a condition" {
        /// It holds.
        True = "TRUE",
        /// It does not hold.
        False = "FALSE",
        /// Not known yet.
        Unknown = "UNKNOWN",
    }
}

/// One condition of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is stated.
    pub kind: ConditionKind,
    /// Whether it holds.
    pub status: Status,
    /// Stable code of the reason.
    pub reason: String,
    /// The reason as a sentence, without sensitive values.
    pub message: String,
    /// When the status last changed.
    pub last_transition_time: DateTime<Utc>,
}

/// The conditions of a request, at most one of each kind, in the order in which they were first set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// States something. The time of transition moves only when the status does.
    pub fn set(
        &mut self,
        kind: ConditionKind,
        status: Status,
        reason: impl Into<String>,
        message: impl Into<String>,
        now: DateTime<Utc>,
    ) {
        let (reason, message) = (reason.into(), message.into());
        match self.0.iter_mut().find(|condition| condition.kind == kind) {
            Some(condition) => {
                if condition.status != status {
                    condition.status = status;
                    condition.last_transition_time = now;
                }
                condition.reason = reason;
                condition.message = message;
            }
            None => self.0.push(Condition { kind, status, reason, message, last_transition_time: now }),
        }
    }

    /// The condition of a kind, when it was ever stated.
    #[must_use]
    pub fn get(&self, kind: ConditionKind) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the condition is known to hold. What was never stated does not.
    #[must_use]
    pub fn holds(&self, kind: ConditionKind) -> bool {
        self.get(kind).is_some_and(|condition| condition.status == Status::True)
    }

    /// Every condition.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }
}
