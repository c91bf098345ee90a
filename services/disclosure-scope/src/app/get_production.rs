//! GetProduction.

use rogatory_chassis::Failure;
use rogatory_names::ProductionId;

use super::Disclosure;
use crate::{domain::production::Production, store::productions};

impl Disclosure {
    pub(crate) async fn get_production(&self, id: ProductionId) -> Result<Production, Failure> {
        productions::get(self.store.read(), id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}
