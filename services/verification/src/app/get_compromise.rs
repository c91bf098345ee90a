//! How far the sweep after a report is.

use rogatory_chassis::Failure;
use rogatory_names::CompromiseId;
use serde::{Deserialize, Serialize};

use super::Verifying;
use crate::{domain::compromise::Compromise, store};

/// A report, with what was produced in reliance on what it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompromiseView {
    /// The report.
    pub report: Compromise,
    /// How many productions were made in reliance on verifications that leaned on it.
    pub productions: u64,
}

impl Verifying {
    /// A report, and how far the sweep is.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; the store's.
    pub async fn get_compromise(&self, id: CompromiseId) -> Result<CompromiseView, Failure> {
        let found = store::compromises::get(self.store.read(), id).await?;
        let found = found.ok_or_else(|| Failure::not_found(id.name()))?;
        // While the sweep goes on its own count is told; once it is done, also what was recorded after it came by.
        let productions = match found.value.finish_time {
            None => found.value.productions,
            Some(_) => store::compromises::count_productions(self.store.read(), id).await?,
        };
        Ok(CompromiseView { report: found.value, productions })
    }
}
