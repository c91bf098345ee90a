//! A dated version of a rule file.

use chrono::{DateTime, Utc};

use crate::{Digest, words::words};

words! {
    /// Where a revision is in its life.
    State, "revision state" {
        /// May still be published; decides nothing.
        Draft = "draft",
        /// In force from its effective time until a later revision of the same document takes effect. Immutable.
        Published = "published",
    }
}

/// A dated version of a rule file. Drafted, validated, published from an effective time, never edited after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Resource name: `guideRevisions/rev_...`.
    pub name: String,
    /// Digest of the text.
    pub digest: Digest,
    /// Where it is in its life.
    pub state: State,
    /// The key of the document that it revises, taken from the file.
    pub document: String,
    /// Title of the document, taken from the file.
    pub title: String,
    /// The file itself, TOML.
    pub text: String,
    /// When it was drafted.
    pub create_time: DateTime<Utc>,
    /// When it was published; none for a draft.
    pub publish_time: Option<DateTime<Utc>>,
    /// From when it decides; none for a draft.
    pub effective_time: Option<DateTime<Utc>>,
    /// Who drafted it.
    pub author: String,
    /// Who published it; none for a draft.
    pub publisher: Option<String>,
    /// Counts its changes from 1; what an etag is made of.
    pub version: i64,
}
