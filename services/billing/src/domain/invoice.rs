//! An invoice: work on a quote, priced by the schedule of the quote.

use chrono::{DateTime, Utc};
use rogatory_names::{InvoiceId, QuoteId};
use rogatory_rulebook::{Finding, Provenance, Published};
use serde::{Deserialize, Serialize};

use super::{
    estimate::{AmountTooLarge, Line, Occasion, sum},
    money::Money,
    quote::{BilledParty, BillingContact, Quote, QuoteRefusal},
    schedule::Schedule,
    work::{WorkEntry, billed_quantity},
};

/// An invoice. It is never changed once it is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// Number in the sequence of the contact, without gaps: `singapore-e-commerce-000042`.
    pub number: String,
    /// Resource name of the request.
    pub request: String,
    /// The quote.
    pub quote: QuoteId,
    /// Who bills.
    pub contact: BillingContact,
    /// Who is billed.
    pub billed_party: BilledParty,
    /// The lines.
    pub lines: Vec<Line>,
    /// The total.
    pub total: Money,
    /// The schedule that priced it.
    pub provenance: Provenance,
    /// When it was issued.
    pub issue_time: DateTime<Utc>,
    /// Notes that belong on the paper.
    pub findings: Vec<Finding>,
}

/// Why work cannot be billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbillable {
    /// The quote is in another state.
    #[error(transparent)]
    Quote(#[from] QuoteRefusal),
    /// Everything is billed already, or nothing was done.
    #[error("there is no work on the quote that is not billed yet")]
    NoWork,
    /// Work names a fee that the schedule does not have. Recording it refuses that, so it needs a person.
    #[error("work names a fee that the schedule of the quote does not have")]
    UnknownFee,
    /// An amount does not fit.
    #[error(transparent)]
    Amount(#[from] AmountTooLarge),
}

/// The number of the invoice that is the `place`-th of a contact.
#[must_use]
pub fn number(contact_id: &str, place: i64) -> String {
    format!("{contact_id}-{place:06}")
}

/// Bills `work`, all of it, on a quote: one line for each fee, in the order of the schedule. `place` is the place of the
/// invoice in the sequence of the contact, `schedule` the revision that made the quote.
///
/// # Errors
/// When the quote is not accepted, there is no work, or an amount does not fit.
pub fn bill(
    id: InvoiceId,
    place: i64,
    quote: &Quote,
    work: &[WorkEntry],
    schedule: &Published<Schedule>,
    occasion: Occasion<'_>,
) -> Result<Invoice, Unbillable> {
    quote.check_billable()?;
    let mut lines = Vec::new();
    for row in schedule.rules().rows_for(&quote.facts) {
        let of_row: Vec<&WorkEntry> = work.iter().filter(|entry| entry.fee == row.fee).collect();
        if of_row.is_empty() {
            continue;
        }
        let recorded = of_row.iter().try_fold(0_i64, |sum, entry| sum.checked_add(entry.quantity));
        let quantity = billed_quantity(row.unit, recorded.ok_or(AmountTooLarge)?);
        let names = of_row.iter().map(|entry| entry.id.name()).collect();
        lines.push(Line::of(row, quantity, names, schedule)?);
    }
    if lines.iter().map(|line| line.work_entries.len()).sum::<usize>() != work.len() {
        return Err(Unbillable::UnknownFee);
    }
    let total = sum(&lines)?.ok_or(Unbillable::NoWork)?;
    let Occasion { engine_version, decide_time, rules_time } = occasion;
    Ok(Invoice {
        id,
        number: number(&quote.contact.contact_id, place),
        request: quote.request.clone(),
        quote: quote.id,
        contact: quote.contact.clone(),
        billed_party: quote.billed_party.clone(),
        lines,
        total,
        provenance: schedule.provenance(engine_version, decide_time, rules_time),
        issue_time: decide_time,
        findings: schedule.rules().notices(),
    })
}
