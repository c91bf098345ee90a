//! One file per use case.

mod answer_quote;
mod create_quote;
mod estimate_cost;
mod get_invoice;
mod get_quote;
mod issue_invoice;
mod list_invoices;
mod record_work;

use std::{fmt::Display, sync::Arc};

use chrono::{DateTime, Utc};
use rogatory_chassis::{Failure, Violation, revision_desk::RevisionDesk};
use rogatory_rulebook::Published;
use rogatory_store::{Store, revisions::LiveHistory};

use crate::domain::{
    estimate::{AmountTooLarge, Occasion},
    quote::{Quote, QuoteRefusal},
    schedule::Schedule,
};

pub use self::{
    answer_quote::AnswerQuote, create_quote::CreateQuote, issue_invoice::IssueInvoice, list_invoices::InvoicePage,
    list_invoices::ListInvoices, record_work::RecordWork,
};

/// Version of the program, for the provenance of what it decides.
const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where schedules are drafted, checked, read and published.
pub type Schedules = RevisionDesk<Schedule>;

/// What the use cases work on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Charging {
    store: Store,
    schedules: LiveHistory<Schedule>,
}

impl Charging {
    /// Over a database and the schedules published in it.
    #[must_use]
    pub fn new(store: Store, schedules: LiveHistory<Schedule>) -> Self {
        Self { store, schedules }
    }

    /// The schedule of a platform that was in force at a time. Reads memory.
    async fn in_force(&self, platform: &str, at: DateTime<Utc>) -> Result<Arc<Published<Schedule>>, Failure> {
        self.schedules
            .in_force(platform, at)
            .await?
            .ok_or_else(|| Failure::NoRevisionInForce { document: platform.to_owned() })
    }

    /// The schedule that made a quote, whatever was published since.
    async fn schedule_of(&self, quote: &Quote) -> Result<Arc<Published<Schedule>>, Failure> {
        let name = &quote.estimate.provenance.revision;
        if let Some(schedule) = self.schedules.get(name).await? {
            return Ok(schedule);
        }
        // Another replica may have published it and made the quote a moment ago.
        self.schedules.refresh().await?;
        self.schedules.get(name).await?.ok_or_else(|| Failure::bug("the schedule of a quote is not published"))
    }
}

fn occasion(now: DateTime<Utc>, rules_time: DateTime<Utc>) -> Occasion<'static> {
    Occasion { engine_version: ENGINE_VERSION, decide_time: now, rules_time }
}

/// A quote does not allow a change, for a reason with a code.
fn forbids(quote: &Quote, code: &str, description: &dyn Display) -> Failure {
    let (name, description) = (quote.id.name(), description.to_string());
    let violation = Violation { code: code.to_owned(), subject: name.clone(), description };
    Failure::StateForbids { name, state: quote.state.as_str().to_owned(), violations: vec![violation] }
}

fn refused(quote: &Quote, refusal: QuoteRefusal) -> Failure {
    let code = match refusal {
        QuoteRefusal::NotOpen => "QUOTE_NOT_OPEN",
        QuoteRefusal::Expired(_) => "QUOTE_EXPIRED",
        QuoteRefusal::NotAccepted => "QUOTE_NOT_ACCEPTED",
    };
    forbids(quote, code, &refusal)
}

fn too_large(quote: &Quote) -> Failure {
    forbids(quote, "AMOUNT_TOO_LARGE", &AmountTooLarge)
}
