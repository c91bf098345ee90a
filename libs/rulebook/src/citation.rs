//! Where a rule stands written, and how far that has been checked.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// How far a rule or a fact has been checked against its source.
    Confirmation, "confirmation" {
        /// The source was read.
        Confirmed = "confirmed",
        /// Membership or existence was read, a date was not.
        DateUnconfirmed = "date_unconfirmed",
        /// General knowledge, or an ambiguous source. Counsel must check it before relying on it.
        Unconfirmed = "unconfirmed",
    }
}

/// Where a rule stands written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The document: `AliExpress Law Enforcement Guide`, `Hague Service Convention 1965`.
    pub document: String,
    /// Resource name or digest of the revision of the document as the service holds it; none for a document that the
    /// service cites but does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The section, article or clause: `§2`, `Art. 10`, `18 USC 2703(c)(2)`.
    pub section: String,
    /// How far the citation has been checked.
    pub confirmation: Confirmation,
    /// Where it was read; none where `revision` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
