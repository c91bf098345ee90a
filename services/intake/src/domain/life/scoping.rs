//! What follows from the scope decision, the cost, the grant and the production.

use rogatory_names::{GrantId, QuoteId};

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
    /// The scope was proposed. The cost is asked of each contact; a request of which all waits for an authority is held.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn scope_proposed(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        if self.state != State::UnderReview || decision.request != self.id || self.decision.is_some() {
            return Ok(Progress::default());
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

    /// The decision was approved or rejected. When the request ended in the meantime, a grant that was issued is revoked.
    ///
    /// # Errors
    /// When the graph has no way on.
    pub fn decision_settled(&mut self, moment: Moment<'_>, decision: Decision) -> Result<Progress, Refusal> {
        let another = self.decision.as_ref().is_some_and(|known| known.id != decision.id);
        if decision.request != self.id || another {
            return Ok(Progress::default());
        }
        if self.state == State::Closed {
            return Ok(Progress::default().then(decision.grant.map(|grant| Work::RevokeGrant { grant })));
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

    /// Files left under the grant, or a search found none.
    ///
    /// # Errors
    /// When the graph has no way on: not approved, or not verified.
    pub fn produced(&mut self, moment: Moment<'_>, production: &str, no_data: bool) -> Result<Progress, Refusal> {
        if self.state == State::Closed {
            return Ok(Progress::default());
        }
        self.production.data |= !no_data;
        self.production.no_data |= no_data;
        let text = if no_data { "The search found nothing to produce." } else { "Data has left under the grant." };
        let reason = if no_data { "NO_DATA" } else { "DATA_LEFT" };
        let telling =
            Telling::new("request.produced", text).fact("production", production).fact("no_data", no_data.to_string());
        let progress = self.go(moment, Trigger::Produced, telling)?;
        self.conditions.set(ConditionKind::Produced, Status::True, reason, text, moment.now);
        Ok(progress)
    }

    /// The grant was revoked. Before anything left the request is held; after that it is only noted.
    ///
    /// # Errors
    /// When the graph has no way on, and when the request does not know its grant yet: the word of the approval is still
    /// under way.
    pub fn grant_revoked(&mut self, moment: Moment<'_>, id: GrantId) -> Result<Progress, Refusal> {
        if self.grant.is_none() && self.state != State::Closed {
            return Err(Refusal { trigger: Trigger::GrantRevoked, state: self.state, obstacles: Vec::new() });
        }
        let Some(grant) = self.grant.as_mut().filter(|grant| grant.id == id && !grant.revoked) else {
            return Ok(Progress::default());
        };
        grant.revoked = true;
        let telling = Telling::new("request.grant_revoked", "The grant was revoked; nothing leaves under it any more.")
            .fact("grant", id.name());
        if self.state != State::Approved {
            return Ok(self.tell(moment, telling));
        }
        let progress = self.go(moment, Trigger::GrantRevoked, telling)?;
        let text = "The grant was revoked before anything left.";
        self.conditions.set(ConditionKind::Scoped, Status::False, "GRANT_REVOKED", text, moment.now);
        Ok(progress)
    }
}
