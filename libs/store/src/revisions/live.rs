//! What is published, held in memory and kept up with the database.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use rogatory_rulebook::{History, Revision, Rules, State};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tokio::sync::Mutex;

use super::row;
use crate::{Store, StoreError};

/// How often a replica asks whether another has published something.
const INTERVAL: Duration = Duration::from_secs(1);
/// As many texts are read by one query.
const TEXTS: usize = 500;

/// The history of one kind of rules, in memory. Cheap to clone; the clones are one.
pub struct LiveHistory<T>(Arc<Inner<T>>);

struct Inner<T> {
    store: Store,
    current: ArcSwap<History<T>>,
    /// The count of publications that `current` was read at.
    version: AtomicI64,
    /// Held while reading, so that an older reading never replaces a newer one.
    reading: Mutex<()>,
}

impl<T> Clone for LiveHistory<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for LiveHistory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveHistory").field("version", &self.0.version).finish_non_exhaustive()
    }
}

impl<T: Rules> LiveHistory<T> {
    /// Reads what is published, and the rules of what is in force `now` or later. The rules of what decided in the past
    /// are read when they are asked for, so that a long history costs nothing at the start.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when this version cannot use a revision that is in force now; the store's own.
    pub async fn load(store: &Store, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let live = Self(Arc::new(Inner {
            store: store.clone(),
            current: ArcSwap::from_pointee(History::default()),
            version: AtomicI64::new(-1),
            reading: Mutex::new(()),
        }));
        live.refresh().await?;
        let history = live.current();
        for document in history.documents() {
            history.in_force(document, now).map_err(|unusable| StoreError::Corrupt(unusable.to_string()))?;
        }
        Ok(live)
    }

    /// What is published, without a query and without waiting. Take it once for a decision and use it throughout, so
    /// that the decision rests on one state of the rules.
    #[must_use]
    pub fn current(&self) -> Arc<History<T>> {
        self.0.current.load_full()
    }

    /// Looks for publications and takes them over; says whether there were any. A call after a local publication makes
    /// it count at once. Revisions that were read before are not read again. One that this version cannot use is taken
    /// over too, and fails the decisions that it must make.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a row is not one of a revision; the store's own. The history then stays as it was.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        let _reading = self.0.reading.lock().await;
        let from = self.0.store.read();
        // The count is read before the rows: a publication in between is found again next time, and never missed.
        let head = row::head::Entity::find_by_id(T::KIND.to_owned()).one(from).await?;
        let version = head.map_or(0, |head| head.version);
        if version == self.0.version.load(Ordering::Acquire) {
            return Ok(false);
        }
        let before = self.current();
        // The names are of one instant, and what is published never changes: the texts may be read after it.
        let names: Vec<String> = row::Entity::find()
            .select_only()
            .column(row::Column::Name)
            .filter(row::Column::Kind.eq(T::KIND))
            .filter(row::Column::State.eq(State::Published.as_str()))
            .into_tuple()
            .all(from)
            .await?;
        let names: Vec<String> = names.into_iter().filter(|name| !before.contains(name)).collect();
        let mut published = Vec::with_capacity(names.len());
        for names in names.chunks(TEXTS) {
            let rows = row::Entity::find().filter(row::Column::Name.is_in(names)).all(from).await?;
            for row in rows {
                published.push(Revision::try_from(row)?);
            }
        }
        let history = before.with(published).map_err(|draft| StoreError::Corrupt(draft.to_string()))?;
        history.read_ahead();
        self.0.current.store(Arc::new(history));
        self.0.version.store(version, Ordering::Release);
        Ok(true)
    }

    /// Follows the database for as long as it is polled: spawn it, and drop it to stop. Failures are logged and tried
    /// again; meanwhile the history stays as it was.
    pub async fn follow(self) {
        let mut failing = false;
        loop {
            tokio::time::sleep(INTERVAL).await;
            match self.refresh().await {
                Ok(changed) => {
                    if changed || failing {
                        tracing::info!(kind = T::KIND, "the published revisions in memory are those of the database");
                    }
                    failing = false;
                }
                Err(error) => {
                    // Once for each outage, not once a second.
                    if !failing {
                        tracing::error!(kind = T::KIND, %error, "the published revisions cannot be followed");
                    }
                    failing = true;
                }
            }
        }
    }
}
