//! A request with all that is told of it: the answer to every call about one request.

use std::borrow::Cow;

use rogatory_chassis::Caller;
use rogatory_store::{Store, StoreError, Tx};
use serde::{Deserialize, Serialize};

use super::visibility;
use crate::{
    domain::{letter::Letter, progress::Entry, request::LegalRequest},
    store::{
        letters,
        requests::{self, Stored},
        timeline,
    },
};

/// A request with its version, timeline and letters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The request.
    pub request: LegalRequest,
    /// Its version; 0 when it is not stored.
    pub version: i64,
    /// What happened, in order.
    pub timeline: Vec<Entry>,
    /// What was written to the agency.
    pub letters: Vec<Letter>,
}

impl Record {
    /// A request on its own, as lists show it.
    #[must_use]
    pub fn bare(stored: Stored) -> Self {
        Self { request: stored.request, version: stored.version, timeline: Vec::new(), letters: Vec::new() }
    }

    /// The request as `caller` may read it.
    #[must_use]
    pub fn shown_to(&self, caller: &Caller) -> Cow<'_, LegalRequest> {
        if visibility::is_confined(caller) {
            Cow::Owned(self.request.for_agency())
        } else {
            Cow::Borrowed(&self.request)
        }
    }

    /// A stored request with its timeline and letters. When it changed between the reads it is read anew: an etag must stand
    /// for all that is shown with it.
    pub(super) async fn read(store: &Store, mut stored: Stored) -> Result<Self, StoreError> {
        let id = stored.request.id;
        loop {
            let timeline = timeline::of(store.read(), id).await?;
            let letters = letters::of(store.read(), id).await?;
            match requests::version(store.read(), id).await? {
                Some(version) if version > stored.version => {
                    stored = requests::get(store.read(), id).await?.unwrap_or(stored);
                }
                _ => return Ok(Self { timeline, letters, ..Self::bare(stored) }),
            }
        }
    }

    /// The same inside a transaction that has just changed it.
    pub(super) async fn read_in(tx: &Tx, stored: Stored) -> Result<Self, StoreError> {
        let id = stored.request.id;
        let timeline = timeline::of(tx, id).await?;
        let letters = letters::of(tx, id).await?;
        Ok(Self { timeline, letters, ..Self::bare(stored) })
    }
}
