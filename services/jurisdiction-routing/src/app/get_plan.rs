//! A stored plan.

use rogatory_chassis::Failure;
use rogatory_names::PlanId;

use super::App;
use crate::{domain::plan::Plan, store};

impl App {
    /// The plan with this id.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; the store's.
    pub async fn get_plan(&self, id: PlanId) -> Result<Plan, Failure> {
        store::plan::get(self.store.read(), id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}
