//! One request.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::RequestId;

use super::{App, Record, visibility};
use crate::store::requests;

impl App {
    /// One request with its timeline and letters.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also when the caller may not know of it; the store's.
    pub async fn get_request(&self, context: &CallContext, id: RequestId) -> Result<Record, Failure> {
        let stored = self.visible_request(context, id).await?;
        Ok(Record::read(&self.store, stored).await?)
    }

    /// A stored request that the caller may see.
    pub(super) async fn visible_request(
        &self,
        context: &CallContext,
        id: RequestId,
    ) -> Result<requests::Stored, Failure> {
        let stored = requests::get(self.store.read(), id).await?;
        stored
            .filter(|stored| visibility::may_see(&context.caller, &stored.request.submitter))
            .ok_or_else(|| Failure::not_found(id.name()))
    }
}
