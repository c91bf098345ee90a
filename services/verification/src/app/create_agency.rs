//! An agency, added.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::AgencyId;
use rogatory_store::{Changed, NewEvent};

use super::{AgencyView, Stored, Verifying};
use crate::{
    domain::agency::{Agency, Stated},
    store,
};

impl Verifying {
    /// Adds an agency.
    ///
    /// # Errors
    /// [`Failure::AlreadyExists`] with the name of the agency to which one of the mail domains belongs at the same time; the
    /// store's.
    pub async fn create_agency(
        &self,
        context: &CallContext,
        stated: &Stated,
        key: &CallKey,
    ) -> Result<AgencyView, Failure> {
        let actor = context.caller.actor();
        let created = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let change = store::agencies::begin_change(tx).await?;
                let agency = Agency::new(AgencyId::new(), stated.clone(), context.now);
                if let Some((_, owner)) = store::agencies::other_owner(tx, &agency).await? {
                    return Err(Failure::AlreadyExists { name: owner.value.id.name() });
                }
                store::agencies::insert(tx, std::slice::from_ref(&agency), change).await?;
                let changed = agency_trace("agency.created", &agency);
                let view = self.view(tx, Stored::first(agency), context.now).await?;
                Ok::<_, Failure>(changed.answering(&view)?)
            })
            .await?;
        Ok(created.answer()?)
    }
}

/// What the feed and the ledger say of a change to an agency.
pub(super) fn agency_trace(kind: &str, agency: &Agency) -> Changed {
    let (name, country) = (agency.id.name(), agency.entry.country.to_string());
    let accredited = agency.entry.accreditation.is_some().to_string();
    let event = NewEvent::new(kind, &name).fact("country", &country).fact("accredited", &accredited);
    Changed::new(name).event(event).fact("country", country).fact("accredited", accredited)
}
