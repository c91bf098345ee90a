//! Verifications, newest first.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::VerificationId;
use rogatory_store::{FilterDigest, PageToken, TokenMismatch};

use super::{Page, Stored, VerificationFilter, Verifying};
use crate::{domain::verification::Verification, store};

impl Verifying {
    /// A page of at most `size` verifications.
    ///
    /// # Errors
    /// [`Failure::TokenMismatch`]; the store's.
    pub async fn list_verifications(
        &self,
        context: &CallContext,
        filter: VerificationFilter,
        size: u64,
        page_token: &str,
    ) -> Result<Page<Stored<Verification>>, Failure> {
        let request = filter.request.map(|request| request.name()).unwrap_or_default();
        let state = filter.state.map(|state| state.code()).unwrap_or_default();
        let digest = FilterDigest::of(context.method, &[&request, state]);
        let mismatch = |_| Failure::TokenMismatch { field: "page_token".to_owned() };
        let after = PageToken::decode(page_token, digest).map_err(mismatch)?;
        let id = |token: PageToken| token.after.parse::<VerificationId>().map_err(|_| mismatch(TokenMismatch));
        let after = after.map(id).transpose()?;
        // One more than the page, to know whether there is another.
        let found = store::verifications::list(self.store.read(), filter, after, size + 1).await?;
        Ok(Page::cut(found, size, digest, |verification| verification.value.id.to_string()))
    }
}
