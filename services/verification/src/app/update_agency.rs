//! An agency, replaced.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::AgencyId;

use super::{AgencyView, Verifying, create_agency::agency_trace};
use crate::{domain::agency::Stated, store};

impl Verifying {
    /// Replaces the fields of an agency. What is new gets the time of this call as its record time; what was there before is
    /// kept as an earlier version.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::EtagMismatch`] when it is no longer at `version`; [`Failure::AlreadyExists`]
    /// with the name of the agency to which one of the mail domains belongs at the same time; the store's.
    pub async fn update_agency(
        &self,
        context: &CallContext,
        (id, version): (AgencyId, i64),
        stated: &Stated,
        key: &CallKey,
    ) -> Result<AgencyView, Failure> {
        let actor = context.caller.actor();
        let updated = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let change = store::agencies::begin_change(tx).await?;
                let before = store::agencies::get(tx, id).await?.ok_or_else(|| Failure::not_found(id.name()))?;
                if before.version != version {
                    return Err(Failure::EtagMismatch { name: id.name() });
                }
                let after = before.value.replaced(stated.clone(), context.now);
                if let Some((_, owner)) = store::agencies::other_owner(tx, &after).await? {
                    return Err(Failure::AlreadyExists { name: owner.value.id.name() });
                }
                store::agencies::replace(tx, &before, &after, change).await?;
                let changed = agency_trace("agency.updated", &after);
                let view = self.view(tx, before.next(after), context.now).await?;
                Ok::<_, Failure>(changed.answering(&view)?)
            })
            .await?;
        Ok(updated.answer()?)
    }
}
