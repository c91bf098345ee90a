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
    verification::{Reopening, Verification, VerificationState},
};

/// What a verification proves that is open.
const NOTHING_PROVEN: &str = "UNVERIFIED";

impl LegalRequest {
    /// The verification was reopened. An open request waits for it again; what was proposed is taken back and what was
    /// granted is revoked. A request that was produced or has ended stays where it is, and its grant is revoked all the same.
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
        let granted = self.grant.as_ref().filter(|grant| !grant.revoked);
        let revoke = granted.map(|grant| Work::RevokeGrant { grant: grant.id });
        if !matches!(self.state, State::UnderReview | State::Held | State::Approved) {
            return Ok(self.tell(moment, telling).then(revoke));
        }
        let proposed = self.decision.take().filter(|decision| decision.state == DecisionState::Proposed);
        let withdraw = proposed.map(|decision| Work::WithdrawDecision { decision: decision.id });
        self.former_grants.extend(self.grant.take());
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
            (DecisionState::Approved | DecisionState::Rejected, _) => Progress::default(),
        }
    }

    fn knows(&self, grant: rogatory_names::GrantId) -> bool {
        self.grant.iter().chain(&self.former_grants).any(|known| known.id == grant)
    }
}
