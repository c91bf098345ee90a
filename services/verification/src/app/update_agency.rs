//! An agency, replaced.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::AgencyId;

use super::{Stored, Verifying, create_agency::agency_trace};
use crate::{
    domain::agency::{Agency, Entry, StatedPhone},
    store,
};

impl Verifying {
    /// Replaces the fields of an agency. A number that is new gets the time of this call as its record time.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::EtagMismatch`] when it is no longer at `version`; [`Failure::AlreadyExists`]
    /// with the name of the agency to which one of the mail domains belongs; the store's.
    pub async fn update_agency(
        &self,
        context: &CallContext,
        (id, version): (AgencyId, i64),
        entry: &Entry,
        phones: &[StatedPhone],
        key: &CallKey,
    ) -> Result<Stored<Agency>, Failure> {
        let actor = context.caller.actor();
        let updated = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let before = store::agencies::get(tx, id).await?.ok_or_else(|| Failure::not_found(id.name()))?;
                if before.version != version {
                    return Err(Failure::EtagMismatch { name: id.name() });
                }
                if let Some(owner) = store::agencies::owner_of_any(tx, &entry.mail_domains, Some(id)).await? {
                    return Err(Failure::AlreadyExists { name: owner.name() });
                }
                let after = before.value.replaced(entry.clone(), phones.to_vec(), context.now);
                store::agencies::replace(tx, &before, &after).await?;
                Ok::<_, Failure>(agency_trace("agency.updated", &after).answering(&before.next(&after))?)
            })
            .await?;
        Ok(updated.answer()?)
    }
}
