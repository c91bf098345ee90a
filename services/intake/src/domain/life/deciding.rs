//! What follows when people approve or reject a decision, and when a competent authority has approved what one holds.

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    letter::LetterKind,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::{Grant, LegalRequest},
    scope::{Decision, DecisionState},
    state::{Outcome, State},
    supplement::Supplement,
};

impl LegalRequest {
    /// A decision as its service tells it: approved, rejected, or made after a competent authority approved. Of a decision
    /// that has a predecessor the predecessor must be told first, as it is then. What rests on a verification that was
    /// reopened, or is of a request that ended, is taken back, and a grant that was issued by it is revoked.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn decision_settled(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        if decision.request != self.id {
            return Ok(Progress::default());
        }
        if self.state == State::Closed || !self.carries(&decision) {
            return Ok(self.set_aside(&decision));
        }
        let taken_up = self.take_up(moment, &decision)?;
        if !self.knows_decision(decision.id) {
            return Ok(self.set_aside(&decision));
        }
        let first = self.decision.as_ref().is_some_and(|known| known.id == decision.id);
        let settled =
            if first { self.first_settled(moment, decision)? } else { self.supplement_settled(moment, decision)? };
        Ok(taken_up.and(settled))
    }

    /// Gives a decision that is not known yet its place: that of the decision from which it takes up while nobody has
    /// approved that one, else beside it. One that has no place is left unknown.
    fn take_up(&mut self, moment: Moment<'_>, decision: &Decision) -> Result<Progress, Refusal> {
        if self.knows_decision(decision.id) {
            return Ok(Progress::default());
        }
        let Some(first) = self.decision.as_ref().map(|first| first.id) else {
            // People may be quicker than the step that proposed it.
            let open = self.state == State::UnderReview;
            return if open { self.scope_proposed(moment, decision.clone()) } else { Ok(Progress::default()) };
        };
        let Some(predecessor) = decision.predecessor else { return Ok(Progress::default()) };
        if first == predecessor && self.grant.is_none() {
            return self.decide(moment, decision.clone());
        }
        // An old word of one whose place another has taken.
        if self.supplements.iter().any(|known| known.decision.predecessor == Some(decision.id)) {
            return Ok(Progress::default());
        }
        let supplement = Supplement { decision: decision.clone(), grant: None };
        match self.supplements.iter_mut().find(|known| known.decision.id == predecessor) {
            Some(known) if known.grant.is_none() => *known = supplement,
            Some(_) => self.supplements.push(supplement),
            None if first == predecessor => self.supplements.push(supplement),
            None => return Ok(Progress::default()),
        }
        let text = "A competent authority has approved something that was held: what of it may leave is proposed beside \
                    what was approved before.";
        let telling = Telling::new("request.supplement_proposed", text)
            .fact("decision", decision.id.name())
            .fact("predecessor", predecessor.name());
        Ok(self.tell(moment, telling))
    }

    fn first_settled(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        let name = decision.id.name();
        match (decision.state, decision.grant) {
            (DecisionState::Approved, Some(grant)) if self.grant.is_none() => {
                let telling =
                    self.scoped(moment, "request.approved").fact("decision", name).fact("grant", grant.name());
                self.grant = Some(Grant { id: grant, revoked: false });
                // As it is now: whoever approved it may have narrowed it.
                self.decision = Some(decision);
                self.go(moment, Trigger::Approved, telling)
            }
            (DecisionState::Rejected, _) => {
                let text = "The proposed scope was rejected.";
                self.conditions.set(ConditionKind::Scoped, Status::False, "REJECTED", text, moment.now);
                self.explain(decision.results.iter().flat_map(|result| result.findings.clone()));
                self.decision = Some(decision);
                self.outcome = Some(Outcome::Rejected);
                let telling =
                    Telling::new("request.closed", "The request was rejected: the proposed scope was rejected.")
                        .fact("decision", name)
                        .fact("outcome", Outcome::Rejected.as_str());
                let letter = LetterKind::Rejected;
                Ok(self.go(moment, Trigger::DecisionRejected, telling)?.then([Work::WriteLetter { letter }]))
            }
            // Of one that is superseded the decision that took its place is told too.
            (DecisionState::Approved | DecisionState::Proposed | DecisionState::Superseded, _) => {
                Ok(Progress::default())
            }
        }
    }

    fn supplement_settled(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        let Some(place) = self.supplements.iter().position(|known| known.decision.id == decision.id) else {
            return Ok(Progress::default());
        };
        let known = &self.supplements[place];
        let name = decision.id.name();
        match (decision.state, decision.grant) {
            (DecisionState::Approved, Some(grant)) if known.grant.is_none() => {
                let held = self.state == State::Held;
                let telling = if held {
                    self.scoped(moment, "request.supplement_approved")
                } else {
                    let text = "What of it a competent authority has approved may leave too.";
                    Telling::new("request.supplement_approved", text)
                };
                let telling = telling.fact("decision", name).fact("grant", grant.name());
                self.supplements[place] = Supplement { decision, grant: Some(Grant { id: grant, revoked: false }) };
                // Held, because the grants before it were revoked.
                if held { self.go(moment, Trigger::Approved, telling) } else { Ok(self.tell(moment, telling)) }
            }
            (DecisionState::Rejected, _) if known.decision.state != DecisionState::Rejected => {
                self.supplements[place].decision = decision;
                let text = "What was proposed beside what was approved before was rejected.";
                Ok(self.tell(moment, Telling::new("request.supplement_rejected", text).fact("decision", name)))
            }
            _ => Ok(Progress::default()),
        }
    }

    /// What may leave is decided and approved.
    fn scoped(&mut self, moment: Moment<'_>, kind: &'static str) -> Telling {
        let text = "What may leave is decided and approved.";
        self.conditions.set(ConditionKind::Scoped, Status::True, "APPROVED", text, moment.now);
        Telling::new(kind, text)
    }
}
