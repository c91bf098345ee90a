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
        let mut items = store::verifications::list(self.store.read(), filter, after, size + 1).await?;
        let more = u64::try_from(items.len()).is_ok_and(|found| found > size);
        items.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let last = items.last().filter(|_| more);
        let token = last.map(|last| PageToken::after(last.value.id.to_string()).encode(digest));
        Ok(Page { items, next_page_token: token.unwrap_or_default() })
    }
}
