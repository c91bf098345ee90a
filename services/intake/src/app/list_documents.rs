//! The documents of a request.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::RequestId;
use rogatory_store::FilterDigest;

use super::{App, Page, Paging};
use crate::{domain::document::Document, store::documents};

impl App {
    /// The documents of a request in the order of their upload. Whoever may see the request may see them.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also when the caller may not know of the request; [`Failure::TokenMismatch`]; the store's.
    pub async fn list_documents(
        &self,
        context: &CallContext,
        request: RequestId,
        paging: &Paging,
    ) -> Result<Page<Document>, Failure> {
        self.visible_request(context, request).await?;
        let digest = FilterDigest::of(context.method, &[&request.name()]);
        let after = paging.after(digest)?;
        let rows = documents::of_request(self.store.read(), request, after, paging.size + 1).await?;
        Ok(paging.page(rows, digest, |document| document.id.to_string()))
    }
}
