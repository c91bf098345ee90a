//! What follows from the proposal of the scope, and the cost.

use rogatory_names::QuoteId;

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    cost::{self, Quote, QuoteState},
    docket::Work,
    letter::LetterKind,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::LegalRequest,
    scope::Decision,
    state::State,
};

impl LegalRequest {
    /// The scope was proposed. The cost is asked of each contact; a request of which all waits for an authority is held. What
    /// was proposed on a verification that was reopened in the meantime, or for a request that ended, is taken back.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn scope_proposed(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        if decision.request != self.id || self.knows_decision(decision.id) {
            return Ok(Progress::default());
        }
        if self.state != State::UnderReview || self.decision.is_some() || !self.carries(&decision) {
            return Ok(self.set_aside(&decision));
        }
        let progress = self.decide(moment, decision)?;
        let contacts: Vec<String> =
            self.plan.iter().flat_map(|plan| plan.contacts()).map(|(contact, _)| contact.contact_id.clone()).collect();
        Ok(progress.then(contacts.into_iter().map(|contact_id| Work::CreateQuote { contact_id })))
    }

    /// Takes a decision for that of the request, in the place of the one before: a request of which all waits is held, and
    /// one that was held is under review again once something may leave.
    pub(super) fn decide(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        let waits = decision.waits_for_authority();
        let (name, predecessor) = (decision.id.name(), decision.predecessor);
        self.explain(decision.findings.iter().cloned());
        self.decision = Some(decision);
        let (reason, message) = if waits {
            ("AWAITING_AUTHORITY", "Every item waits for the approval of a competent authority.")
        } else {
            ("PROPOSED", "The scope is proposed and waits for approval.")
        };
        self.conditions.set(ConditionKind::Scoped, Status::Unknown, reason, message, moment.now);
        let telling = |kind| {
            let telling = Telling::new(kind, message).fact("decision", name);
            predecessor.into_iter().fold(telling, |telling, before| telling.fact("predecessor", before.name()))
        };
        match (waits, self.state) {
            (true, State::UnderReview) => {
                let letter = LetterKind::Held;
                Ok(self.go(moment, Trigger::ItemsHeld, telling("request.held"))?.then([Work::WriteLetter { letter }]))
            }
            (false, State::Held) => self.go(moment, Trigger::AuthorityApproved, telling("request.scope_proposed")),
            _ => Ok(self.tell(moment, telling("request.scope_proposed"))),
        }
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
}
