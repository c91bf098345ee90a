//! The content of a document.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::DocumentId;
use rogatory_rulebook::Digest;

use super::App;
use crate::store::documents;

impl App {
    /// The content of a document, checked against its digest once more.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also when the caller may not know of it; [`Failure::Internal`] when what is stored is not
    /// what was uploaded; the store's.
    pub async fn download_document(&self, context: &CallContext, id: DocumentId) -> Result<Vec<u8>, Failure> {
        let document = self.get_document(context, id).await?;
        let content = documents::content(self.store.read(), id).await?;
        let content = content.ok_or_else(|| Failure::bug("a document without content"))?;
        if Digest::of(&content) != document.digest {
            return Err(Failure::bug("the content of a document is not what was uploaded"));
        }
        Ok(content)
    }
}
