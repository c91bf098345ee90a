//! What a decision was made from.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Digest;

/// What a decision was made from, so that it can be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Resource name of the revision that decided.
    pub revision: String,
    /// Digest of that revision.
    pub digest: Digest,
    /// Version of the program that decided.
    pub engine_version: String,
    /// When it was decided.
    pub decide_time: DateTime<Utc>,
    /// The time whose rules were applied: when the request was received, unless told otherwise.
    pub rules_time: DateTime<Utc>,
}
