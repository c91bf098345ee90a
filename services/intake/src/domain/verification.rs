//! What intake keeps of a verification.

use chrono::{DateTime, Utc};
use rogatory_names::{CompromiseId, RequestId, VerificationId};
use rogatory_rulebook::{Finding, words};
use serde::{Deserialize, Serialize};

words! {
    /// Where a verification is in its life.
    VerificationState, "state of a verification" {
        /// Gathering evidence.
        Open = "OPEN",
        /// The requester was believed.
        Verified = "VERIFIED",
        /// The requester was not believed.
        Denied = "DENIED",
    }
}

/// A verification as its service last told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Its id.
    pub id: VerificationId,
    /// The one request to which it binds.
    pub request: RequestId,
    /// Where it is in its life.
    pub state: VerificationState,
    /// How much was proven: `BASIC`, `ENHANCED`.
    pub level: String,
    /// Until when it may be relied on; none unless VERIFIED.
    pub expire_time: Option<DateTime<Utc>>,
    /// Why it came out as it did.
    pub findings: Vec<Finding>,
    /// That it was reopened, and why; the last time when it was more than once.
    pub reopening: Option<Reopening>,
}

/// Something on which a verification leaned turned out to have been in the hands of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopening {
    /// When it was reopened. A later one is another reopening.
    pub time: DateTime<Utc>,
    /// What was found, as a stable code: `SENDER_COMPROMISED`; empty when it was not told.
    pub code: String,
    /// The report; none when it was not told.
    pub compromise: Option<CompromiseId>,
}

impl Verification {
    /// Whether it waits to be concluded anew.
    #[must_use]
    pub fn is_reopened(&self) -> bool {
        self.state == VerificationState::Open && self.reopening.is_some()
    }
}
