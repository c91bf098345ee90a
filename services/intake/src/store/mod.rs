//! What intake keeps. The only room that knows rows.
//!
//! A request is one row: a snapshot of the domain, with the few columns beside it that are looked for. It changes by a
//! conditional update on its version and in no other way.

pub mod docket;
pub mod documents;
pub mod enquiries;
pub mod feed_cursors;
pub mod letters;
mod migrations;
pub mod requests;
pub mod timeline;

pub use migrations::all as migrations;
use rogatory_store::StoreError;
use sea_orm::prelude::Uuid;
use serde::{Serialize, de::DeserializeOwned};

/// The text of a snapshot.
fn write<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    // A cause could repeat a value; the kind of thing says enough.
    serde_json::to_string(value).map_err(|_| StoreError::Other(format!("{what} has no JSON form")))
}

/// The value of a snapshot.
fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt(format!("a stored {what} is of another form")))
}

/// The id in a column.
fn id<T>(from: fn(Uuid) -> Option<T>, uuid: Uuid) -> Result<T, StoreError> {
    from(uuid).ok_or_else(|| StoreError::Corrupt("a stored id is not one".to_owned()))
}
