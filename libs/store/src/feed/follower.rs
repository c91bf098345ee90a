//! Reading on as events are committed.

use std::time::Duration;

use tokio::sync::watch;

use super::{StoredEvent, check_cursor, read};
use crate::{Store, StoreError};

/// The pause after a wake-up that brought nothing: on PostgreSQL an event can be seen only when every older transaction
/// has ended, which is most often a matter of milliseconds.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// How long a follower waits at most before it looks: what other replicas commit wakes nobody here.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Reads the feed from a cursor on, and waits for what is yet to come.
#[derive(Debug)]
pub struct Follower {
    store: Store,
    cursor: String,
    kinds: Vec<String>,
    commits: watch::Receiver<u64>,
}

impl Follower {
    /// From this cursor on (the empty one: from the first event), with these kinds (none: all).
    ///
    /// # Errors
    /// [`StoreError::TokenMismatch`] when the cursor is not one of this service; the store's own.
    pub async fn new(store: &Store, cursor: String, kinds: Vec<String>) -> Result<Self, StoreError> {
        check_cursor(store, &cursor).await?;
        Ok(Self { store: store.clone(), cursor, kinds, commits: store.commits() })
    }

    /// The next events, at most `limit` and at least one, waiting for it as long as it takes. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// When the database does not answer; the follower stands where it stood and can be asked again.
    pub async fn next(&mut self, limit: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let mut pause = LONGEST_PAUSE;
        loop {
            let events = self.ready(limit).await?;
            if !events.is_empty() {
                return Ok(events);
            }
            tokio::select! {
                // The sender lives in the store, which this holds: it does not go away.
                _ = self.commits.changed() => pause = SHORTEST_PAUSE,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    /// The next events that are there now, at most `limit`, perhaps none.
    ///
    /// # Errors
    /// When the database does not answer; the follower stands where it stood.
    pub async fn ready(&mut self, limit: u64) -> Result<Vec<StoredEvent>, StoreError> {
        self.commits.mark_unchanged();
        let events = read(&self.store, &self.cursor, &self.kinds, limit).await?;
        if let Some(last) = events.last() {
            self.cursor.clone_from(&last.cursor);
        }
        Ok(events)
    }
}
