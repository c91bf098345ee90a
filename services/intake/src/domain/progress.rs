//! What a change of a request leaves behind: entries of its timeline, which are its events too, and work for the docket.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{docket::Work, state::State};

/// One thing that happened. It is written to the timeline and published as an event, and so holds no sensitive value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub entry_time: DateTime<Utc>,
    /// Who: `person:alice`, `system:docket`, `peer:…`.
    pub actor: String,
    /// What, as a stable code: `request.submitted`.
    pub kind: String,
    /// The state after it.
    pub state: State,
    /// What, as a sentence.
    pub sentence: String,
    /// Short facts of the event beside the state.
    #[serde(default)]
    pub facts: Vec<(String, String)>,
}

/// What a change leaves behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// What is to be done next.
    pub work: Vec<Work>,
}

impl Progress {
    /// Whether nothing happened: the request is as it was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.work.is_empty()
    }

    /// What happened here, and then what happened there.
    #[must_use]
    pub fn and(mut self, next: Self) -> Self {
        self.entries.extend(next.entries);
        self.work.extend(next.work);
        self
    }

    /// Adds work.
    #[must_use]
    pub fn then(mut self, work: impl IntoIterator<Item = Work>) -> Self {
        self.work.extend(work);
        self
    }
}
