//! What follows from the scope decision and the cost.

use rogatory_names::QuoteId;

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    cost::{self, Quote, QuoteState},
    docket::Work,
    letter::LetterKind,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::{Grant, LegalRequest},
    scope::{Decision, DecisionState},
    state::{Outcome, State},
};

impl LegalRequest {
    /// The scope was proposed. The cost is asked of each contact; a request of which all waits for an authority is held. What
    /// was proposed on a verification that was reopened in the meantime, or for a request that ended, is taken back.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn scope_proposed(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        if decision.request != self.id || self.decision.as_ref().is_some_and(|known| known.id == decision.id) {
            return Ok(Progress::default());
        }
        if self.state != State::UnderReview || self.decision.is_some() || !self.carries(&decision) {
            return Ok(self.set_aside(&decision));
        }
        let waits = decision.waits_for_authority();
        let name = decision.id.name();
        self.explain(decision.findings.iter().cloned());
        self.decision = Some(decision);
        let (reason, message) = if waits {
            ("AWAITING_AUTHORITY", "Every item waits for the approval of a competent authority.")
        } else {
            ("PROPOSED", "The scope is proposed and waits for approval.")
        };
        self.conditions.set(ConditionKind::Scoped, Status::Unknown, reason, message, moment.now);
        let progress = if waits {
            let telling = Telling::new("request.held", message).fact("decision", name);
            let letter = LetterKind::Held;
            self.go(moment, Trigger::ItemsHeld, telling)?.then([Work::WriteLetter { letter }])
        } else {
            self.tell(moment, Telling::new("request.scope_proposed", message).fact("decision", name))
        };
        let contacts: Vec<String> =
            self.plan.iter().flat_map(|plan| plan.contacts()).map(|(contact, _)| contact.contact_id.clone()).collect();
        Ok(progress.then(contacts.into_iter().map(|contact_id| Work::CreateQuote { contact_id })))
    }

    /// A quote was made. A closed request takes it too: it tells what was reserved.
    pub fn quoted(&mut self, moment: Moment<'_>, quote: Quote) -> Progress {
        if self.quotes.iter().any(|known| known.id == quote.id) {
            return Progress::default();
        }
        let telling = Telling::new("request.quoted", "The cost was estimated.")
            .fact("quote", quote.id.name())
            .fact("quote_state", quote.state.as_str());
        self.quotes.push(quote);
        cost::state_cost(&mut self.conditions, &self.quotes, moment.now);
        self.tell(moment, telling)
    }

    /// The agency answered a quote. It never moves the request: non-payment does not stop a disclosure.
    pub fn quote_answered(&mut self, moment: Moment<'_>, id: QuoteId, state: QuoteState) -> Progress {
        let Some(quote) = self.quotes.iter_mut().find(|quote| quote.id == id && quote.state != state) else {
            return Progress::default();
        };
        quote.state = state;
        cost::state_cost(&mut self.conditions, &self.quotes, moment.now);
        let telling = Telling::new("request.quote_answered", "The agency answered a quote.")
            .fact("quote", id.name())
            .fact("quote_state", state.as_str());
        self.tell(moment, telling)
    }

    /// The decision was approved or rejected. When the request ended in the meantime, or the verification on which it rests
    /// was reopened, a grant that was issued is revoked.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn decision_settled(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        let another = self.decision.as_ref().is_some_and(|known| known.id != decision.id);
        if decision.request != self.id {
            return Ok(Progress::default());
        }
        if self.state == State::Closed || another || !self.carries(&decision) {
            return Ok(self.set_aside(&decision));
        }
        let name = decision.id.name();
        match (decision.state, decision.grant) {
            (DecisionState::Approved, Some(grant)) if self.grant.is_none() => {
                let text = "What may leave is decided and approved.";
                self.conditions.set(ConditionKind::Scoped, Status::True, "APPROVED", text, moment.now);
                self.grant = Some(Grant { id: grant, revoked: false });
                self.decision = Some(decision);
                let telling = Telling::new("request.approved", text).fact("decision", name).fact("grant", grant.name());
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
            (DecisionState::Approved | DecisionState::Proposed, _) => Ok(Progress::default()),
        }
    }
}
