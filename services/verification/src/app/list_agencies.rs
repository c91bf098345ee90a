//! Agencies, in the order of their names.

use rogatory_chassis::{CallContext, Failure};
use rogatory_store::{FilterDigest, PageToken, StoreError};

use super::{AgencyFilter, AgencyView, Page, Verifying};
use crate::store;

impl Verifying {
    /// A page of at most `size` agencies.
    ///
    /// # Errors
    /// [`Failure::TokenMismatch`]; the store's.
    pub async fn list_agencies(
        &self,
        context: &CallContext,
        filter: &AgencyFilter,
        size: u64,
        page_token: &str,
    ) -> Result<Page<AgencyView>, Failure> {
        let country = filter.country.map(|country| country.to_string()).unwrap_or_default();
        let digest = FilterDigest::of(context.method, &[&country, filter.mail_domain.as_deref().unwrap_or_default()]);
        let mismatch = || Failure::TokenMismatch { field: "page_token".to_owned() };
        let after = PageToken::decode(page_token, digest).map_err(|_| mismatch())?.map(|token| token.after);
        // One more than the page, to know whether there is another.
        let found = store::agencies::list(self.store.read(), filter, after.as_deref(), size + 1).await;
        let found = found.map_err(|error| match error {
            StoreError::TokenMismatch(_) => mismatch(),
            other => other.into(),
        })?;
        let Page { items, next_page_token } =
            Page::cut(found, size, digest, |agency| store::agencies::place(&agency.value));
        let items = self.views(self.store.read(), items, context.now).await?;
        Ok(Page { items, next_page_token })
    }
}
