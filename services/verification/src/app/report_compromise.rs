//! A report that an agency or a mail domain was in the hands of others.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{AgencyId, CompromiseId};
use rogatory_store::{Changed, NewEvent, Tx};

use super::{CompromiseView, Verifying};
use crate::{
    domain::{
        agency::Agency,
        compromise::{Compromise, Subject},
        known::Window,
    },
    store,
};

/// What is reported.
#[derive(Clone)]
pub struct CompromiseReport {
    /// What was in the hands of others.
    pub subject: Subject,
    /// From when until when.
    pub window: Window,
    /// How it became known. Sensitive.
    pub reason: String,
}

impl Verifying {
    /// Records a report, which at once counts for every verification that is open, and has the sweep begin.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when the registry does not hold the agency or the domain; the store's.
    pub async fn report_compromise(
        &self,
        context: &CallContext,
        reported: &CompromiseReport,
        key: &CallKey,
    ) -> Result<CompromiseView, Failure> {
        let actor = context.caller.actor();
        let recorded = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let report = Compromise {
                    id: CompromiseId::new(),
                    agency: self.owner(tx, &reported.subject, reported.window).await?,
                    subject: reported.subject.clone(),
                    window: reported.window,
                    reason: reported.reason.clone(),
                    reporter: actor.clone(),
                    create_time: context.now,
                    cursor: None,
                    reopened: 0,
                    productions: 0,
                    finish_time: None,
                };
                store::compromises::insert(tx, &report).await?;
                let (name, agency) = (report.id.name(), report.agency.name());
                let event = NewEvent::new("agency.compromise_reported", &agency).fact("compromise", &name);
                let changed = Changed::new(name).fact("agency", agency).event(event);
                Ok::<_, Failure>(changed.answering(&CompromiseView { report, productions: 0 })?)
            })
            .await?;
        self.work.notify_waiters();
        Ok(recorded.answer()?)
    }

    /// Whose a domain is, or was, in a window; of several the one to which it belonged last.
    async fn owner(&self, tx: &Tx, subject: &Subject, window: Window) -> Result<AgencyId, Failure> {
        match subject {
            Subject::Agency(agency) => match store::agencies::get(tx, *agency).await? {
                Some(found) => Ok(found.value.id),
                None => Err(Failure::not_found(agency.name())),
            },
            Subject::Domain(domain) => {
                let owners = store::agencies::owners(tx, std::slice::from_ref(domain)).await?;
                let valid = |agency: &Agency| {
                    let of_domain = agency.domains.iter().filter(|known| known.domain == *domain);
                    of_domain.map(|known| (known.valid.overlaps(&window), known.valid.from)).max()
                };
                let last = owners.into_iter().max_by_key(|owner| valid(&owner.value));
                last.map(|owner| owner.value.id)
                    .ok_or_else(|| Failure::field("mail_domain", "is no mail domain of the registry"))
            }
        }
    }
}
