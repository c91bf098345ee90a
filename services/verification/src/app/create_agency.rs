//! An agency, added.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::AgencyId;
use rogatory_store::{Changed, NewEvent};

use super::{Stored, Verifying};
use crate::{
    domain::agency::{Agency, Entry, StatedPhone},
    store,
};

impl Verifying {
    /// Adds an agency.
    ///
    /// # Errors
    /// [`Failure::AlreadyExists`] with the name of the agency to which one of the mail domains belongs; the store's.
    pub async fn create_agency(
        &self,
        context: &CallContext,
        entry: &Entry,
        phones: &[StatedPhone],
        key: &CallKey,
    ) -> Result<Stored<Agency>, Failure> {
        let actor = context.caller.actor();
        let created = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                if let Some(owner) = store::agencies::owner_of_any(tx, &entry.mail_domains, None).await? {
                    return Err(Failure::AlreadyExists { name: owner.name() });
                }
                let agency = Agency::new(AgencyId::new(), entry.clone(), phones.to_vec(), context.now);
                store::agencies::insert(tx, &agency).await?;
                Ok::<_, Failure>(agency_trace("agency.created", &agency).answering(&Stored::first(&agency))?)
            })
            .await?;
        Ok(created.answer()?)
    }
}

/// What the feed and the ledger say of a change to an agency.
pub(super) fn agency_trace(kind: &str, agency: &Agency) -> Changed {
    let (name, country) = (agency.id.name(), agency.entry.country.to_string());
    let accredited = agency.entry.accredited.to_string();
    let event = NewEvent::new(kind, &name).fact("country", &country).fact("accredited", &accredited);
    Changed::new(name).event(event).fact("country", country).fact("accredited", accredited)
}
