//! The docket: what is still to be done for a request, how often it is tried, and when a person must look.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rogatory_names::{DecisionId, GrantId, PlanId, ProductionId, QuoteId, RequestId, StepId, VerificationId};
use serde::{Deserialize, Serialize};

use super::letter::LetterKind;

/// One kind of work, with what it needs to know beyond the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Work {
    /// Ask routing whom to serve.
    PlanRoute,
    /// Have verification open a verification.
    OpenVerification,
    /// Read a verification that was concluded or reopened, and go on from it.
    SettleVerification {
        /// The verification.
        verification: VerificationId,
        /// Who concluded or reopened it.
        actor: String,
    },
    /// Propose the scope to disclosure.
    ProposeScope,
    /// Have billing make the quote of one contact.
    CreateQuote {
        /// Key of the contact.
        contact_id: String,
    },
    /// Read a decision that was approved or rejected, or made after a competent authority approved, and go on from it.
    SettleDecision {
        /// The decision.
        decision: DecisionId,
        /// Who approved or rejected it, or recorded the word of the authority.
        actor: String,
    },
    /// Take note of files that left.
    SettleProduction {
        /// The production.
        production: ProductionId,
        /// The grant under which they left.
        grant: GrantId,
        /// Whether the search found nothing.
        no_data: bool,
        /// Who recorded it.
        actor: String,
    },
    /// Take note of a grant that was revoked.
    SettleRevocation {
        /// The grant.
        grant: GrantId,
        /// Who revoked it.
        actor: String,
    },
    /// Read a quote that was answered.
    SettleQuote {
        /// The quote.
        quote: QuoteId,
        /// Who recorded the answer.
        actor: String,
    },
    /// Tell verification what left in reliance on it.
    RecordReliance {
        /// The production.
        production: ProductionId,
        /// The grant under which it left.
        grant: GrantId,
    },
    /// Take back a decision that rests on a verification which was reopened, so that nobody approves it.
    WithdrawDecision {
        /// The decision.
        decision: DecisionId,
    },
    /// Revoke a grant of a request that ended, or whose verification was reopened.
    RevokeGrant {
        /// The grant.
        grant: GrantId,
    },
    /// Tell routing that the request of a plan is closed.
    ClosePlan {
        /// The plan.
        plan: PlanId,
    },
    /// Write a letter to the agency.
    WriteLetter {
        /// Which.
        letter: LetterKind,
    },
}

impl Work {
    /// The kind as one word: `plan_route`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PlanRoute => "plan_route",
            Self::OpenVerification => "open_verification",
            Self::SettleVerification { .. } => "settle_verification",
            Self::ProposeScope => "propose_scope",
            Self::CreateQuote { .. } => "create_quote",
            Self::SettleDecision { .. } => "settle_decision",
            Self::SettleProduction { .. } => "settle_production",
            Self::SettleRevocation { .. } => "settle_revocation",
            Self::SettleQuote { .. } => "settle_quote",
            Self::RecordReliance { .. } => "record_reliance",
            Self::WithdrawDecision { .. } => "withdraw_decision",
            Self::RevokeGrant { .. } => "revoke_grant",
            Self::ClosePlan { .. } => "close_plan",
            Self::WriteLetter { .. } => "write_letter",
        }
    }

    /// Who brought it about, where that was somebody at a peer.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        match self {
            Self::SettleVerification { actor, .. }
            | Self::SettleDecision { actor, .. }
            | Self::SettleProduction { actor, .. }
            | Self::SettleRevocation { actor, .. }
            | Self::SettleQuote { actor, .. } => Some(actor),
            Self::PlanRoute
            | Self::OpenVerification
            | Self::ProposeScope
            | Self::CreateQuote { .. }
            | Self::RecordReliance { .. }
            | Self::WithdrawDecision { .. }
            | Self::RevokeGrant { .. }
            | Self::ClosePlan { .. }
            | Self::WriteLetter { .. } => None,
        }
    }
}

/// A step as it stands in the docket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id. Peers are called with it as their `request_id`, so that every try is the same call.
    pub id: StepId,
    /// The request that it serves.
    pub request: RequestId,
    /// What is to be done.
    pub work: Work,
    /// How often it has been taken up, this time included.
    pub attempts: u32,
    /// Correlation id of the call that left it behind.
    pub correlation_id: String,
}

/// How often, and how fast, a step is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The wait after the first failure; it doubles with each further one.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// After so many tries the step is parked.
    pub attempts: u32,
}

/// What becomes of a step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is tried again at this time.
    Again(DateTime<Utc>),
    /// A person must look.
    Park,
}

impl Patience {
    /// What becomes of a step that failed on its `attempts`th try. A permanent failure is parked at once: the same call
    /// would fail the same way.
    #[must_use]
    pub fn after(&self, step: StepId, attempts: u32, permanent: bool, now: DateTime<Utc>) -> Verdict {
        if permanent || attempts >= self.attempts {
            return Verdict::Park;
        }
        Verdict::Again(now + self.wait(step, attempts))
    }

    /// The wait after the `attempts`th failure: doubled each time, spread over a quarter by the id of the step, so that
    /// steps that failed together do not come back together.
    #[must_use]
    pub fn wait(&self, step: StepId, attempts: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(self.longest);
        let spread = u32::from(step.uuid().as_bytes()[15]);
        let spread = doubled.mul_f64(0.25 * f64::from(spread) / 255.0);
        // In microseconds, which is what the databases keep of a time.
        Duration::from_micros(u64::try_from(doubled.saturating_sub(spread).as_micros()).unwrap_or(u64::MAX))
    }
}
