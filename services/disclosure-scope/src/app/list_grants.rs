//! ListGrants.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::RequestId;
use rogatory_store::FilterDigest;

use super::{Disclosure, Page, Paging, listing, page};
use crate::{
    domain::grant::{Grant, State},
    store::grants,
};

impl Disclosure {
    pub(crate) async fn list_grants(
        &self,
        context: &CallContext,
        request: Option<RequestId>,
        state: Option<State>,
        paging: &Paging,
    ) -> Result<Page<Grant>, Failure> {
        let state = state.map(State::as_str);
        let request_name = request.map(|request| request.name()).unwrap_or_default();
        let filter = FilterDigest::of(context.method, &[&request_name, state.unwrap_or_default()]);
        let listing = listing(request, state, paging, filter)?;
        let rows = grants::list(self.store.read(), &listing).await?;
        Ok(page(rows, paging, filter, |grant| grant.id.to_string()))
    }
}
