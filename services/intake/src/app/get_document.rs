//! What is known of a document.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::DocumentId;

use super::{App, visibility};
use crate::{domain::document::Document, store::documents};

impl App {
    /// What is known of a document.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also when the caller may not know of it; the store's.
    pub async fn get_document(&self, context: &CallContext, id: DocumentId) -> Result<Document, Failure> {
        let found = documents::get(self.store.read(), &[id]).await?;
        let visible = |document: &Document| visibility::may_see(&context.caller, &document.uploader);
        found.into_iter().find(visible).ok_or_else(|| Failure::not_found(id.name()))
    }
}
