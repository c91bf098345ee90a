//! Invoices, newest first.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::InvoiceId;
use rogatory_store::{FilterDigest, PageToken};

use super::Charging;
use crate::{
    domain::invoice::Invoice,
    store::{self, InvoiceFilter},
};

/// Which invoices to list.
#[derive(Debug, Clone)]
pub struct ListInvoices {
    /// Only those of this request, by resource name.
    pub request: Option<String>,
    /// Only those of this contact, by key.
    pub contact: Option<String>,
    /// At most so many.
    pub page_size: u64,
    /// Token of the page before, empty for the first.
    pub page_token: String,
}

/// A page of invoices.
#[derive(Debug, Clone)]
pub struct InvoicePage {
    /// Newest first.
    pub invoices: Vec<Invoice>,
    /// Token of the next page; empty on the last.
    pub next_page_token: String,
}

impl Charging {
    /// A page of the invoices.
    ///
    /// # Errors
    /// [`Failure::TokenMismatch`] when the token is not of this list and filter; the store's.
    pub async fn list_invoices(&self, context: &CallContext, ask: ListInvoices) -> Result<InvoicePage, Failure> {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let digest = FilterDigest::of(context.method, &[&text(&ask.request), &text(&ask.contact)]);
        let mismatch = || Failure::TokenMismatch { field: "page_token".to_owned() };
        let token = PageToken::decode(&ask.page_token, digest).map_err(|_| mismatch())?;
        let after = token.map(|token| token.after.parse::<InvoiceId>().map_err(|_| mismatch())).transpose()?;

        let filter = InvoiceFilter { request: ask.request, contact: ask.contact };
        // One more than the page, to know whether there is another.
        let mut invoices = store::list_invoices(self.store.read(), &filter, after, ask.page_size + 1).await?;
        let size = usize::try_from(ask.page_size).unwrap_or(usize::MAX);
        let more = invoices.len() > size;
        invoices.truncate(size);
        let last = invoices.last().filter(|_| more);
        let next = last.map(|last| PageToken::after(last.id.to_string()).encode(digest));
        Ok(InvoicePage { invoices, next_page_token: next.unwrap_or_default() })
    }
}
