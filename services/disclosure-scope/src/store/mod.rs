//! Decisions, grants and productions as rows. The only room that knows rows.
//!
//! Each row keeps the whole snapshot as JSON; beside it stand the columns that a query looks at.

pub(crate) mod decisions;
pub(crate) mod grants;
mod migrations;
pub(crate) mod productions;

pub(crate) use migrations::migrations;
use rogatory_names::RequestId;
use rogatory_store::StoreError;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A snapshot with the version of its row, of which the etag is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Versioned<T> {
    /// The snapshot.
    pub(crate) value: T,
    /// Counts its changes from 1.
    pub(crate) version: i64,
}

/// Which rows to list, newest first.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// Only those of this request.
    pub(crate) request: Option<RequestId>,
    /// Only those in this state, as the schema writes it.
    pub(crate) state: Option<&'static str>,
    /// Only those older than the one with this id.
    pub(crate) after: Option<String>,
    /// At most so many.
    pub(crate) limit: u64,
}

fn to_json(value: &impl Serialize) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|_| StoreError::Other("the snapshot has no JSON form".to_owned()))
}

/// `what` names the row for the log: a resource name, never a value of the snapshot.
fn of_json<T: DeserializeOwned>(what: &str, snapshot: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(snapshot).map_err(|_| StoreError::Corrupt(format!("the snapshot of {what}")))
}
