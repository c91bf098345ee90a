//! The agency's answer to a quote.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::QuoteId;
use rogatory_store::{Changed, NewEvent};

use super::{Charging, refused};
use crate::{domain::quote::Quote, store};

/// An answer to a quote.
#[derive(Debug, Clone)]
pub struct AnswerQuote {
    /// Which quote.
    pub quote: QuoteId,
    /// The version that the caller read.
    pub version: i64,
    /// Whether the agency accepts.
    pub accepted: bool,
    /// By what a repeated call is known.
    pub key: CallKey,
}

impl Charging {
    /// Records the answer. A repeated call gets the quote as the first left it.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::EtagMismatch`] when it was changed since it was read;
    /// [`Failure::StateForbids`] when it is not open or has expired; the store's.
    pub async fn answer_quote(&self, context: &CallContext, ask: &AnswerQuote) -> Result<Quote, Failure> {
        let actor = context.caller.actor();
        let name = ask.quote.name();
        let stored = self
            .store
            .mutate(ask.key.change(context, &actor), async |tx| {
                let read = store::get_quote(tx, ask.quote).await?.ok_or_else(|| Failure::not_found(&name))?;
                if read.version != ask.version {
                    return Err(Failure::EtagMismatch { name: name.clone() });
                }
                let refusal = |refusal| refused(&read, refusal);
                let quote = read.clone().answer(ask.accepted, context.now).map_err(refusal)?;
                if !store::replace_quote(tx, &quote, ask.version).await? {
                    return Err(Failure::EtagMismatch { name: name.clone() });
                }
                let state = quote.state.as_str();
                let event = NewEvent::new("quote.answered", &name).of_request(&quote.request).fact("state", state);
                let changed = Changed::new(&name).event(event).fact("request", &quote.request).fact("state", state);
                Ok::<_, Failure>(changed.answering(&quote)?)
            })
            .await?;
        Ok(stored.answer()?)
    }
}
