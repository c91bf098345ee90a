//! A decision on the scope of a request: proposed by the service, approved or rejected by people.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rogatory_names::{DecisionId, GrantId, RequestId, VerificationId};
use rogatory_rulebook::{Citation, Confirmation, Effect, Finding, Provenance};
use serde::{Deserialize, Serialize};

use super::{
    evaluate::{Evaluation, ItemResult, Outcome},
    facts::{AuthorityApproval, Facts, Item, Window},
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
    /// A decision made after a competent authority approved has taken its place. Final.
    Superseded,
}

impl State {
    /// As the schema writes it, without the prefix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Superseded => "SUPERSEDED",
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
    /// The decision of which it takes up what was held.
    pub predecessor: Option<DecisionId>,
    /// The decision that took its place.
    pub successor: Option<DecisionId>,
    /// When it was proposed.
    pub create_time: DateTime<Utc>,
}

/// Less of an item than was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    /// Key of the item.
    pub item_id: String,
    /// Key of the target.
    pub target_id: String,
    /// Key of the element.
    pub element: String,
    /// The shorter window; none when nothing of it may leave.
    pub window: Option<Window>,
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
    /// The decision of which it takes up what was held.
    pub predecessor: Option<DecisionId>,
}

/// Code of the finding that an approver has narrowed an item.
pub const NARROWED: &str = "NARROWED_BY_APPROVER";

/// Why a change is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// These narrowings, by their positions, are none.
    #[error("a narrowing is of an item that is not allowed, or would widen it")]
    Widens(Vec<(usize, &'static str)>),
    /// The approval of an authority is about nothing that is held.
    #[error("nothing of it is held that the approval covers")]
    NothingHeld,
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
            predecessor: proposal.predecessor,
            successor: None,
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
        narrowings: &[Narrowing],
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
        let results = self.narrowed(narrowings)?;
        if !results.iter().any(|result| result.outcome.is_allowed()) {
            return Err(Refusal::NothingAllowed);
        }
        self.results = results;
        self.approvals.push(Approval { actor: actor.to_owned(), reason, time: now });
        // A number beyond u32 is beyond what any policy requires.
        if u32::try_from(self.approvals.len()).unwrap_or(u32::MAX) < self.approvals_required {
            return Ok(None);
        }
        self.state = State::Approved;
        self.grant = Some(grant);
        Ok(Some(Grant::issue(grant, self, now)))
    }

    /// The results with less in them. Approvals that were given before covered more, and stand.
    fn narrowed(&self, narrowings: &[Narrowing]) -> Result<Vec<ItemResult>, Refusal> {
        let mut results = self.results.clone();
        let mut faults = Vec::new();
        for (index, narrowing) in narrowings.iter().enumerate() {
            let named = |result: &&mut ItemResult| {
                let item = &result.item;
                (&item.item_id, &item.target_id, &item.element)
                    == (&narrowing.item_id, &narrowing.target_id, &narrowing.element)
            };
            match results.iter_mut().find(named) {
                None => faults.push((index, "is of no item of this decision")),
                Some(result) if !result.outcome.is_allowed() => {
                    faults.push((index, "is of an item that may not leave"));
                }
                Some(result) => match (narrowing.window, result.window) {
                    (None, _) => self.narrow(result, None),
                    (Some(_), None) => faults.push((index, "has a window, and the item has none")),
                    (Some(window), Some(decided)) if decided.encloses(&window) => self.narrow(result, Some(window)),
                    (Some(_), Some(_)) => faults.push((index, "has a window that reaches beyond what was decided")),
                },
            }
        }
        if faults.is_empty() { Ok(results) } else { Err(Refusal::Widens(faults)) }
    }

    fn narrow(&self, result: &mut ItemResult, window: Option<Window>) {
        result.window = window;
        let sentence = match window {
            None => {
                result.outcome = Outcome::Withhold;
                result.approvals_required = 0;
                result.storage.clear();
                "An approver withheld it: less may leave than the policy would allow."
            }
            Some(_) => {
                result.outcome = Outcome::AllowNarrowed;
                "An approver narrowed its window: less may leave than the policy would allow."
            }
        };
        let citation = Citation {
            document: "Approval of the decision".to_owned(),
            revision: Some(self.id.name()),
            section: "narrowings".to_owned(),
            confirmation: Confirmation::Confirmed,
            source: None,
        };
        result.findings.push(Finding::new(NARROWED, Effect::Refuses, sentence, citation));
    }

    /// What is decided anew when a competent authority has approved: all of a decision that is still proposed, and beside an
    /// approved one the items that were held and that the approval covers. The approval is among the facts.
    ///
    /// # Errors
    /// When the state does not allow it, or nothing is held that the approval covers.
    pub fn after_approval(&self, approval: AuthorityApproval) -> Result<Proposal, Refusal> {
        let held: Vec<Item> = self
            .results
            .iter()
            .filter(|result| result.outcome == Outcome::HoldForAuthority)
            .map(|result| result.item.clone())
            .filter(|item| approval.covers(&item.target_id, &item.element))
            .collect();
        let mut facts = self.facts.clone();
        match self.state {
            State::Rejected | State::Superseded => return Err(Refusal::NotProposed),
            _ if held.is_empty() => return Err(Refusal::NothingHeld),
            State::Proposed => {}
            State::Approved => facts.items = held,
        }
        facts.authority_approvals.push(approval);
        Ok(Proposal {
            request: self.request,
            facts,
            verification: self.verification,
            verification_expire_time: self.verification_expire_time,
            preparers: self.preparers.clone(),
            predecessor: Some(self.id),
        })
    }

    /// Another decision takes its place, unless it is approved: then the other stands beside it.
    pub fn succeeded_by(&mut self, successor: DecisionId) {
        if self.state == State::Proposed {
            self.state = State::Superseded;
            self.successor = Some(successor);
        }
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
