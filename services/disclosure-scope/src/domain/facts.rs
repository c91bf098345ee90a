//! The facts on which the scope of a request depends.

use chrono::{DateTime, Utc};
use rogatory_rulebook::{AuthorityKind, Country, InstrumentKind, MatterType};
use serde::{Deserialize, Serialize};

/// The facts of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The platform, which is the document whose policy decides: `aliexpress.com`.
    pub platform: String,
    /// Country of the requesting authority.
    pub authority_country: Country,
    /// Kind of the requesting authority.
    pub authority_kind: AuthorityKind,
    /// The paper on which the request rests.
    pub instrument: InstrumentKind,
    /// The kind of proceedings.
    pub matter: MatterType,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// What is asked for.
    pub items: Vec<Item>,
    /// When the request was received.
    pub receive_time: DateTime<Utc>,
}

/// One element of one target in one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The caller's key of the item, unique in the request.
    pub item_id: String,
    /// The caller's key of the target.
    pub target_id: String,
    /// Key of the element in the catalogue.
    pub element: String,
    /// The window asked for.
    pub window: Option<Window>,
    /// Where the target resides, when the caller knows.
    pub residence: Option<Country>,
}

/// A span of time, from `start` on and before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant inside.
    pub start: DateTime<Utc>,
    /// The first instant after.
    pub end: DateTime<Utc>,
}

impl Window {
    /// Whether the instant lies inside.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }
}
