//! What follows when a verification is reopened: what was decided on it no longer counts.

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::{Grant, LegalRequest},
    scope::{Decision, DecisionState},
    state::State,
    supplement::Supplement,
    verification::{Reopening, Verification, VerificationState},
};

/// What a verification proves that is open.
const NOTHING_PROVEN: &str = "UNVERIFIED";

impl LegalRequest {
    /// The verification was reopened. An open request waits for it again; what was proposed is taken back and what was
    /// granted is revoked. A request that was produced or has ended stays where it is, and its grants are revoked all the same.
    /// The agency is not written to: its mailbox may be in the hands of others.
    ///
    /// # Errors
    /// When the graph has no way back.
    pub(super) fn reopened(
        &mut self,
        moment: Moment<'_>,
        verification: &Verification,
        reopening: &Reopening,
    ) -> Result<Progress, Refusal> {
        let text = "The verification was reopened: something on which it leaned was in the hands of others.";
        self.conditions.set(ConditionKind::Verified, Status::Unknown, "REOPENED", text, moment.now);
        let mut telling =
            Telling::new("request.verification_reopened", text).fact("verification", verification.id.name());
        if let Some(compromise) = reopening.compromise {
            telling = telling.fact("compromise", compromise.name());
        }
        if !reopening.code.is_empty() {
            telling = telling.fact("code", reopening.code.as_str());
        }
        self.verification = Some(Verification {
            state: VerificationState::Open,
            level: NOTHING_PROVEN.to_owned(),
            expire_time: None,
            findings: Vec::new(),
            ..verification.clone()
        });
        let granted = self.grants().filter(|grant| !grant.revoked);
        let revoke: Vec<Work> = granted.map(|grant| Work::RevokeGrant { grant: grant.id }).collect();
        let stays = !matches!(self.state, State::UnderReview | State::Held | State::Approved);
        let (settled, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.supplements).into_iter().partition(settled);
        let waiting = waiting.into_iter().map(|supplement| supplement.decision);
        if stays {
            self.supplements = settled;
            return Ok(self
                .tell(moment, telling)
                .then(waiting.filter_map(|decision| withdrawn(&decision)))
                .then(revoke));
        }
        let decisions = self.decision.take().into_iter().chain(waiting);
        let withdraw: Vec<Work> = decisions.filter_map(|decision| withdrawn(&decision)).collect();
        let supplements = settled.into_iter().filter_map(|supplement| supplement.grant);
        self.former_grants.extend(self.grant.take().into_iter().chain(supplements));
        let scoped = "What was decided rested on a verification that was reopened.";
        self.conditions.set(ConditionKind::Scoped, Status::Unknown, "REOPENED", scoped, moment.now);
        Ok(self.go(moment, Trigger::Reopened, telling)?.then(withdraw).then(revoke))
    }

    /// Whether a decision rests on the verification of this request as it stands now.
    pub(super) fn carries(&self, decision: &Decision) -> bool {
        self.verification.as_ref().is_some_and(|verification| decision.rests_on(verification))
    }

    /// Sees to it that nothing leaves by a decision that does not count: it is taken back while it can be, and its grant is
    /// revoked once there is one.
    pub(super) fn set_aside(&mut self, decision: &Decision) -> Progress {
        match (decision.state, decision.grant) {
            (DecisionState::Proposed, _) => {
                Progress::default().then([Work::WithdrawDecision { decision: decision.id }])
            }
            (DecisionState::Approved, Some(grant)) if !self.knows(grant) => {
                self.former_grants.push(Grant { id: grant, revoked: false });
                Progress::default().then([Work::RevokeGrant { grant }])
            }
            (DecisionState::Approved | DecisionState::Rejected | DecisionState::Superseded, _) => Progress::default(),
        }
    }

    fn knows(&self, grant: rogatory_names::GrantId) -> bool {
        self.grants().chain(&self.former_grants).any(|known| known.id == grant)
    }
}

/// Whether people have approved or rejected it.
fn settled(supplement: &Supplement) -> bool {
    matches!(supplement.decision.state, DecisionState::Approved | DecisionState::Rejected)
}

/// The work that takes a decision back of which nobody has said a word.
fn withdrawn(decision: &Decision) -> Option<Work> {
    (decision.state == DecisionState::Proposed).then_some(Work::WithdrawDecision { decision: decision.id })
}
