//! GetDecision.

use rogatory_chassis::Failure;
use rogatory_names::DecisionId;

use super::Disclosure;
use crate::{
    domain::decision::Decision,
    store::{Versioned, decisions},
};

impl Disclosure {
    pub(crate) async fn get_decision(&self, id: DecisionId) -> Result<Versioned<Decision>, Failure> {
        decisions::get(self.store.read(), id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}
