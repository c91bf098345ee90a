//! The invoice of all work on a quote that is not billed yet.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{InvoiceId, QuoteId};
use rogatory_store::{Changed, NewEvent};

use super::{Charging, forbids, occasion, refused, too_large};
use crate::{
    domain::{
        invoice::{self, Invoice, Unbillable},
        quote::Quote,
    },
    store,
};

/// What to bill.
#[derive(Debug, Clone)]
pub struct IssueInvoice {
    /// The quote whose work is billed.
    pub quote: QuoteId,
    /// By what a repeated call is known.
    pub key: CallKey,
}

impl Charging {
    /// Issues an invoice. A repeated call gets the invoice of the first.
    ///
    /// The number is taken first: it locks the sequence of the contact, so that whoever comes second sees what the first
    /// billed. Number, invoice and the mark on the work are one transaction: either all of it is there or nothing.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::StateForbids`] when the quote is not accepted or everything is billed; the
    /// store's.
    pub async fn issue_invoice(&self, context: &CallContext, ask: &IssueInvoice) -> Result<Invoice, Failure> {
        let actor = context.caller.actor();
        let stored = self
            .store
            .mutate(ask.key.change(context, &actor), async |tx| {
                let quote = store::get_quote(tx, ask.quote).await?;
                let quote = quote.ok_or_else(|| Failure::not_found(ask.quote.name()))?;
                quote.check_billable().map_err(|refusal| refused(&quote, refusal))?;
                let schedule = self.schedule_of(&quote).await?;
                let place = store::next_place(tx, &quote.contact.contact_id).await?;
                let work = store::unbilled(tx, quote.id).await?;
                let occasion = occasion(context.now, quote.estimate.provenance.rules_time);
                let invoice = invoice::bill(InvoiceId::new(), place, &quote, &work, &schedule, occasion)
                    .map_err(|reason| unbillable(&quote, reason))?;
                store::insert_invoice(tx, &invoice, place).await?;
                store::mark_billed(tx, quote.id, invoice.id, work.len()).await?;
                Ok::<_, Failure>(trace(&invoice).answering(&invoice)?)
            })
            .await?;
        Ok(stored.answer()?)
    }
}

fn unbillable(quote: &Quote, reason: Unbillable) -> Failure {
    match reason {
        Unbillable::Quote(refusal) => refused(quote, refusal),
        Unbillable::NoWork => forbids(quote, "NO_UNBILLED_WORK", &reason),
        Unbillable::Amount(_) => too_large(quote),
        Unbillable::UnknownFee => Failure::internal(reason),
    }
}

fn trace(invoice: &Invoice) -> Changed {
    let (name, quote) = (invoice.id.name(), invoice.quote.name());
    let event = NewEvent::new("invoice.issued", &name).of_request(&invoice.request);
    Changed::new(name)
        .event(event.fact("quote", &quote).fact("number", &invoice.number))
        .fact("request", &invoice.request)
        .fact("quote", &quote)
        .fact("number", &invoice.number)
        .fact("revision", &invoice.provenance.revision)
}
