//! One invoice.

use rogatory_chassis::Failure;
use rogatory_names::InvoiceId;

use super::Charging;
use crate::{domain::invoice::Invoice, store};

impl Charging {
    /// The invoice with that id.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; the store's.
    pub async fn get_invoice(&self, id: InvoiceId) -> Result<Invoice, Failure> {
        store::get_invoice(self.store.read(), id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}
