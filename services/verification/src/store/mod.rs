//! Where agencies, verifications and their evidence, and compromises are kept.

pub mod agencies;
pub mod compromises;
pub mod mails;
pub mod migrations;
pub mod past;
pub mod verifications;

pub use sea_orm::ConnectionTrait as Reading;

use rogatory_store::{StoreError, etag};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Something that is stored, with the version that its etag is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<T> {
    /// What is stored.
    pub value: T,
    /// Counts its changes from 1.
    pub version: i64,
}

impl<T> Stored<T> {
    /// What was just stored for the first time.
    pub const fn first(value: T) -> Self {
        Self { value, version: 1 }
    }

    /// The same after a change.
    pub fn next<U>(&self, value: U) -> Stored<U> {
        Stored { value, version: self.version + 1 }
    }

    /// Its etag.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(self.version)
    }
}

fn json(value: &impl Serialize) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|_| StoreError::Other("a value has no JSON form".to_owned()))
}

fn read<T: DeserializeOwned>(what: &str, body: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(body).map_err(|_| StoreError::Corrupt(format!("{what} is of another form")))
}

/// A key that another transaction took in the meantime: the transaction is run again and finds whose it is.
fn lost(error: impl Into<StoreError>) -> StoreError {
    match error.into() {
        StoreError::UniqueViolation { .. } => StoreError::Contention,
        other => other,
    }
}
