//! One quote.

use rogatory_chassis::Failure;
use rogatory_names::QuoteId;

use super::Charging;
use crate::{domain::quote::Quote, store};

impl Charging {
    /// The quote with that id.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; the store's.
    pub async fn get_quote(&self, id: QuoteId) -> Result<Quote, Failure> {
        store::get_quote(self.store.read(), id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}
