//! GetGrant.

use rogatory_chassis::Failure;
use rogatory_names::GrantId;

use super::Disclosure;
use crate::{
    domain::grant::Grant,
    store::{Versioned, grants},
};

impl Disclosure {
    pub(crate) async fn get_grant(&self, id: GrantId) -> Result<Versioned<Grant>, Failure> {
        grants::get(self.store.read(), id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}
