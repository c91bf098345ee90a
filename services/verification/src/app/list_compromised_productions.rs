//! What was produced in reliance on verifications that leaned on what was compromised.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::{CompromiseId, ProductionId};
use rogatory_store::{FilterDigest, PageToken, TokenMismatch};

use super::{Page, Verifying};
use crate::{domain::compromise::Reliance, store};

impl Verifying {
    /// A page of at most `size` productions, in the order in which they were made.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::TokenMismatch`]; the store's.
    pub async fn list_compromised_productions(
        &self,
        context: &CallContext,
        id: CompromiseId,
        size: u64,
        page_token: &str,
    ) -> Result<Page<Reliance>, Failure> {
        if store::compromises::get(self.store.read(), id).await?.is_none() {
            return Err(Failure::not_found(id.name()));
        }
        let digest = FilterDigest::of(context.method, &[&id.to_string()]);
        let mismatch = |_| Failure::TokenMismatch { field: "page_token".to_owned() };
        let after = PageToken::decode(page_token, digest).map_err(mismatch)?;
        let place = |token: PageToken| token.after.parse::<ProductionId>().map_err(|_| mismatch(TokenMismatch));
        let after = after.map(place).transpose()?;
        // One more than the page, to know whether there is another.
        let found = store::compromises::productions(self.store.read(), id, after, size + 1).await?;
        Ok(Page::cut(found, size, digest, |reliance| reliance.production.to_string()))
    }
}
