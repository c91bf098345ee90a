//! Work done for a request.

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{QuoteId, WorkId};
use rogatory_store::{Changed, NewEvent};

use super::{Charging, forbids};
use crate::{
    domain::{
        quote::QuoteState,
        work::{self, WorkEntry},
    },
    store,
};

/// Work to record.
#[derive(Debug, Clone)]
pub struct RecordWork {
    /// The quote on which it is done.
    pub quote: QuoteId,
    /// Key of the row of the schedule that allows it.
    pub fee: String,
    /// How many units, at least 1; minutes where the unit is a quarter of an hour.
    pub quantity: i64,
    /// What was done.
    pub description: String,
    /// What proves it.
    pub evidence: String,
    /// When it was done.
    pub work_time: DateTime<Utc>,
    /// By what a repeated call is known.
    pub key: CallKey,
}

impl Charging {
    /// Records work. That it was done is a fact whatever the agency answered; whether it is billed is another question.
    /// A repeated call gets the entry of the first.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when there is no such quote; [`Failure::StateForbids`] when it is RESERVED, for then no
    /// schedule names a fee, or when the request would owe a fee more often than it can; [`Failure::Invalid`] when the
    /// fee is no row of the schedule for such a request; the store's.
    pub async fn record_work(&self, context: &CallContext, ask: &RecordWork) -> Result<WorkEntry, Failure> {
        let actor = context.caller.actor();
        let stored = self
            .store
            .mutate(ask.key.change(context, &actor), async |tx| {
                let quote = store::hold_for_work(tx, ask.quote).await?;
                let quote = quote.ok_or_else(|| Failure::not_found(ask.quote.name()))?;
                if quote.state == QuoteState::Reserved {
                    let text = "no published schedule names a fee for this request; publish one before the next quote";
                    return Err(forbids(&quote, "NO_SCHEDULE_NAMES_A_FEE", &text));
                }
                let schedule = self.schedule_of(&quote).await?;
                let row = schedule.rules().rows_for(&quote.facts).find(|row| row.fee == ask.fee);
                let row = row.ok_or_else(|| {
                    Failure::field("fee", "is no row of the schedule of the quote that applies to this request")
                })?;
                let recorded = store::recorded(tx, quote.id, &row.fee).await?;
                work::check_quantity(row, &quote.facts, recorded, ask.quantity)
                    .map_err(|more| forbids(&quote, "MORE_THAN_OWED", &more))?;
                let entry = WorkEntry {
                    id: WorkId::new(),
                    quote: quote.id,
                    request: quote.request,
                    fee: row.fee.clone(),
                    quantity: ask.quantity,
                    description: ask.description.clone(),
                    evidence: ask.evidence.clone(),
                    recorder: actor.clone(),
                    work_time: ask.work_time,
                    invoice: None,
                };
                store::insert_work(tx, &entry).await?;
                Ok::<_, Failure>(trace(&entry).answering(&entry)?)
            })
            .await?;
        Ok(stored.answer()?)
    }
}

fn trace(entry: &WorkEntry) -> Changed {
    let (name, quote) = (entry.id.name(), entry.quote.name());
    let event = NewEvent::new("work.recorded", &name).of_request(&entry.request);
    Changed::new(name)
        .event(event.fact("quote", &quote).fact("fee", &entry.fee))
        .fact("request", &entry.request)
        .fact("quote", &quote)
        .fact("fee", &entry.fee)
}
