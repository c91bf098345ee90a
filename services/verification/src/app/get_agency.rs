//! One agency, as it is or as it was known on a day.

use chrono::{DateTime, Utc};
use rogatory_chassis::Failure;
use rogatory_names::AgencyId;
use rogatory_store::StoreError;

use super::{AgencyView, Stored, Verifying};
use crate::{
    domain::{agency::Agency, compromise::Subject},
    store::{self, Reading},
};

impl Verifying {
    /// One agency, at `read_time` if it is given: what the registry held then, and what had been reported by then.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also when it was not in the registry at that time; the store's.
    pub async fn get_agency(
        &self,
        id: AgencyId,
        read_time: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<AgencyView, Failure> {
        let not_found = || Failure::not_found(id.name());
        let Some(at) = read_time else {
            let found = store::agencies::get(self.store.read(), id).await?.ok_or_else(not_found)?;
            return Ok(self.view(self.store.read(), found, now).await?);
        };
        let found = store::agencies::get_at(self.store.read(), id, at).await?.ok_or_else(not_found)?;
        let mut view = self.view(self.store.read(), found, now).await?;
        view.reports.retain(|report| report.create_time <= at);
        view.overdue.clear();
        Ok(view)
    }

    /// An agency with the reports about it, and what it owes.
    pub(super) async fn view(
        &self,
        from: &impl Reading,
        agency: Stored<Agency>,
        now: DateTime<Utc>,
    ) -> Result<AgencyView, StoreError> {
        let mut views = self.views(from, vec![agency], now).await?;
        views.pop().ok_or_else(|| StoreError::Other("one agency is one view".to_owned()))
    }

    /// Agencies with the reports about them, and what they owe.
    pub(super) async fn views(
        &self,
        from: &impl Reading,
        agencies: Vec<Stored<Agency>>,
        now: DateTime<Utc>,
    ) -> Result<Vec<AgencyView>, StoreError> {
        let reports = store::compromises::concerning(from, agencies.iter().map(|agency| &agency.value)).await?;
        let debts = store::past::debts(from, agencies.iter().map(|agency| agency.value.id)).await?;
        let view = |agency: Stored<Agency>| {
            let id = agency.value.id;
            let overdue = debts.iter().filter(|(of, debt)| *of == id && debt.is_overdue(now));
            let concerns = |subject: &Subject| match subject {
                Subject::Agency(agency) => *agency == id,
                Subject::Domain(domain) => agency.value.domains.iter().any(|known| known.domain == *domain),
            };
            AgencyView {
                reports: reports.iter().filter(|report| concerns(&report.subject)).cloned().collect(),
                overdue: overdue.map(|(_, debt)| (debt.request.name(), debt.due_time)).collect(),
                agency,
            }
        };
        Ok(agencies.into_iter().map(view).collect())
    }
}
