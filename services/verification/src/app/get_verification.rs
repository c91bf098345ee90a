//! One verification.

use rogatory_chassis::Failure;
use rogatory_names::VerificationId;

use super::{Stored, Verifying};
use crate::{domain::verification::Verification, store};

impl Verifying {
    /// One verification with its evidence.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; the store's.
    pub async fn get_verification(&self, id: VerificationId) -> Result<Stored<Verification>, Failure> {
        let found = store::verifications::get(self.store.read(), id).await?;
        found.ok_or_else(|| Failure::not_found(id.name()))
    }
}
