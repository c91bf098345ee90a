//! GetKeySet.

use rogatory_chassis::Failure;

use super::Disclosure;
use crate::domain::token::{LONGEST, SigningError};

impl Disclosure {
    /// The public keys, as JSON.
    pub(crate) fn get_key_set(&self) -> String {
        self.signer.key_set().to_json()
    }
}

impl From<SigningError> for Failure {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::TooLong => Self::TooLarge { limit: LONGEST.try_into().unwrap_or(u64::MAX) },
            SigningError::Library(_) => Self::internal(error),
        }
    }
}
