//! One agency.

use rogatory_chassis::Failure;
use rogatory_names::AgencyId;

use super::{Stored, Verifying};
use crate::{domain::agency::Agency, store};

impl Verifying {
    /// One agency.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; the store's.
    pub async fn get_agency(&self, id: AgencyId) -> Result<Stored<Agency>, Failure> {
        let found = store::agencies::get(self.store.read(), id).await?;
        found.ok_or_else(|| Failure::not_found(id.name()))
    }
}
