//! An estimate, stored as a quote for one request and one contact.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::QuoteId;
use rogatory_store::{Changed, NewEvent};

use super::Charging;
use crate::{
    domain::quote::{NewQuote, Quote},
    store,
};

/// A quote to make.
#[derive(Debug, Clone)]
pub struct CreateQuote {
    /// What it is about.
    pub quote: NewQuote,
    /// By what a repeated call is known.
    pub key: CallKey,
}

impl Charging {
    /// Makes the one quote of a contact for a request. A repeated call gets the quote of the first.
    ///
    /// # Errors
    /// [`Failure::AlreadyExists`] with the name of the first when there is one,
    /// [`Failure::NoRevisionInForce`] when the platform had no schedule when the request was received; the store's.
    pub async fn create_quote(&self, context: &CallContext, ask: &CreateQuote) -> Result<Quote, Failure> {
        let actor = context.caller.actor();
        let facts = &ask.quote.facts;
        // What is in force tomorrow may still change; a request that seems to come from there came now.
        let rules_time = facts.receive_time.min(context.now);
        let schedule = self.in_force(&facts.platform, rules_time).await?;
        let estimate = self.estimate_cost(context, facts, rules_time).await?;
        let stored = self
            .store
            .mutate(ask.key.change(context, &actor), async |tx| {
                let (request, contact) = (&ask.quote.request, &ask.quote.contact.contact_id);
                if let Some(first) = store::quote_of(tx, request, contact).await? {
                    return Err(Failure::AlreadyExists { name: first.id.name() });
                }
                let days = schedule.rules().validity_days();
                let quote = Quote::make(QuoteId::new(), ask.quote.clone(), estimate.clone(), days, context.now);
                store::insert_quote(tx, &quote).await?;
                Ok::<_, Failure>(trace(&quote).answering(&quote)?)
            })
            .await?;
        Ok(stored.answer()?)
    }
}

fn trace(quote: &Quote) -> Changed {
    let (name, state) = (quote.id.name(), quote.state.as_str());
    let contact = &quote.contact.contact_id;
    let event = NewEvent::new("quote.created", &name).of_request(&quote.request);
    Changed::new(name)
        .event(event.fact("state", state).fact("contact", contact))
        .fact("request", &quote.request)
        .fact("state", state)
        .fact("contact", contact)
        .fact("revision", &quote.estimate.provenance.revision)
}
