//! A decision on the scope of a request: proposed by the service, approved or rejected by people.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rogatory_names::{DecisionId, GrantId, RequestId, VerificationId};
use rogatory_rulebook::{Finding, Provenance};
use serde::{Deserialize, Serialize};

use super::{
    evaluate::{Evaluation, ItemResult},
    facts::Facts,
    grant::Grant,
};

/// How the actor of a person is written; peers and workers are no people.
const PERSON: &str = "person:";

/// Where a decision is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for approval.
    Proposed,
    /// Approved; its grant says what may leave. Final.
    Approved,
    /// Rejected. Final.
    Rejected,
}

impl State {
    /// As the schema writes it, without the prefix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The request.
    pub request: RequestId,
    /// The verification on which it rests.
    pub verification: VerificationId,
    /// Until when the verification may be relied on.
    pub verification_expire_time: DateTime<Utc>,
    /// Where it is in its life.
    pub state: State,
    /// The facts as they were given.
    pub facts: Facts,
    /// One result for each item, in the order asked.
    pub results: Vec<ItemResult>,
    /// Number of different people who have to approve.
    pub approvals_required: u32,
    /// The approvals so far, each of another person.
    pub approvals: Vec<Approval>,
    /// Actors who prepared it.
    pub preparers: BTreeSet<String>,
    /// Who rejected it and why.
    pub rejection: Option<Approval>,
    /// The grant that the last approval issued.
    pub grant: Option<GrantId>,
    /// Why so many approvals, and findings on the request as a whole.
    pub findings: Vec<Finding>,
    /// The policies that decided.
    pub provenance: Provenance,
    /// How many days the grant lasts, by the policy that decided.
    pub grant_valid_days: u32,
    /// When it was proposed.
    pub create_time: DateTime<Utc>,
}

/// Somebody's word on a decision or a grant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who: `person:<subject>`, `peer:<service>`.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub time: DateTime<Utc>,
}

// The reason may name people; it stays out of whatever is printed.
impl std::fmt::Debug for Approval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Approval").field("actor", &self.actor).field("time", &self.time).finish_non_exhaustive()
    }
}

/// What a decision is proposed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The request.
    pub request: RequestId,
    /// The facts.
    pub facts: Facts,
    /// The verification on which it rests.
    pub verification: VerificationId,
    /// Until when the verification may be relied on.
    pub verification_expire_time: DateTime<Utc>,
    /// Actors who prepared the request.
    pub preparers: BTreeSet<String>,
}

/// Why a change is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is approved or rejected already.
    #[error("it is no longer proposed")]
    NotProposed,
    /// No item may leave, so there is nothing to approve.
    #[error("nothing of it is allowed")]
    NothingAllowed,
    /// The verification may no longer be relied on.
    #[error("the verification on which it rests has expired")]
    VerificationExpired,
    /// The caller prepared it, has approved it already, or is no person.
    #[error("another person has to approve")]
    AnotherPersonNeeded,
}

impl Decision {
    /// A proposed decision.
    #[must_use]
    pub fn propose(
        id: DecisionId,
        proposal: Proposal,
        evaluation: Evaluation,
        provenance: Provenance,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            request: proposal.request,
            verification: proposal.verification,
            verification_expire_time: proposal.verification_expire_time,
            state: State::Proposed,
            facts: proposal.facts,
            results: evaluation.results,
            approvals_required: evaluation.approvals_required,
            approvals: Vec::new(),
            preparers: proposal.preparers,
            rejection: None,
            grant: None,
            findings: evaluation.findings,
            provenance,
            grant_valid_days: evaluation.grant_valid_days,
            create_time: now,
        }
    }

    /// Whether any item may leave.
    #[must_use]
    pub fn allows_something(&self) -> bool {
        self.results.iter().any(|result| result.outcome.is_allowed())
    }

    /// Takes a person's approval. The one that completes the number approves the decision and gives the grant, which
    /// takes the id `grant`.
    ///
    /// # Errors
    /// When the state, the verification or the person does not allow it; nothing has changed then.
    pub fn approve(
        &mut self,
        actor: &str,
        reason: String,
        grant: GrantId,
        now: DateTime<Utc>,
    ) -> Result<Option<Grant>, Refusal> {
        if self.state != State::Proposed {
            return Err(Refusal::NotProposed);
        }
        if !self.allows_something() {
            return Err(Refusal::NothingAllowed);
        }
        if now >= self.verification_expire_time {
            return Err(Refusal::VerificationExpired);
        }
        let approved = self.approvals.iter().any(|approval| approval.actor == actor);
        if !actor.starts_with(PERSON) || self.preparers.contains(actor) || approved {
            return Err(Refusal::AnotherPersonNeeded);
        }
        self.approvals.push(Approval { actor: actor.to_owned(), reason, time: now });
        // A number beyond u32 is beyond what any policy requires.
        if u32::try_from(self.approvals.len()).unwrap_or(u32::MAX) < self.approvals_required {
            return Ok(None);
        }
        self.state = State::Approved;
        self.grant = Some(grant);
        Ok(Some(Grant::issue(grant, self, now)))
    }

    /// Takes a person's rejection.
    ///
    /// # Errors
    /// When it is no longer proposed.
    pub fn reject(&mut self, actor: &str, reason: String, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.state != State::Proposed {
            return Err(Refusal::NotProposed);
        }
        self.state = State::Rejected;
        self.rejection = Some(Approval { actor: actor.to_owned(), reason, time: now });
        Ok(())
    }
}
