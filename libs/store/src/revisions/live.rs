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
use rogatory_rulebook::{History, Published, Revision, RevisionUnusable, Rules, State, UnusableCause};
use sea_orm::{ColumnTrait, EntityTrait, Iterable as _, QueryFilter, QuerySelect, sea_query::Expr};
use tokio::sync::Mutex;

use super::row;
use crate::{Store, StoreError};

/// How often a replica asks whether another has published something.
const INTERVAL: Duration = Duration::from_secs(1);

/// Why the rules that decide cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// They are published, and cannot be used.
    #[error(transparent)]
    Unusable(#[from] RevisionUnusable),
    /// The store's own.
    #[error(transparent)]
    Store(#[from] StoreError),
}

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
    /// Reads what is published, and the rules of what is in force `now` or later. The texts of what decided in the past stay
    /// in the store until they are asked for, so that a long history costs next to nothing at the start.
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
        for document in live.0.current.load_full().documents() {
            live.in_force(document, now).await.map_err(|error| match error {
                RulesError::Unusable(unusable) => StoreError::Corrupt(unusable.to_string()),
                RulesError::Store(error) => error,
            })?;
        }
        Ok(live)
    }

    /// The rules of a document that decide at an instant; none before the first revision takes effect. Take them once for a
    /// decision and use them throughout, so that the decision rests on one state of the rules. Without a query, save the
    /// first time that a revision of the past is asked for.
    ///
    /// # Errors
    /// When the revision that decides cannot be used, in whose place no other decides; the store's own.
    pub async fn in_force(&self, document: &str, at: DateTime<Utc>) -> Result<Option<Arc<Published<T>>>, RulesError> {
        self.ask(|history| history.in_force(document, at).map(Option::<&_>::cloned)).await
    }

    /// The rules of the published revision with this resource name.
    ///
    /// # Errors
    /// As [`LiveHistory::in_force`].
    pub async fn get(&self, name: &str) -> Result<Option<Arc<Published<T>>>, RulesError> {
        self.ask(|history| history.get(name).map(Option::<&_>::cloned)).await
    }

    /// Asks the history, and once more when a text had still to be read from the store.
    async fn ask(
        &self,
        ask: impl Fn(&History<T>) -> Result<Option<Arc<Published<T>>>, RevisionUnusable>,
    ) -> Result<Option<Arc<Published<T>>>, RulesError> {
        let history = self.0.current.load_full();
        match ask(&history) {
            Err(RevisionUnusable { cause: UnusableCause::NotRead, name, .. }) => {
                self.supply(&history, &[&name]).await?;
                Ok(ask(&history)?)
            }
            known => Ok(known?),
        }
    }

    /// Reads texts that were left in the store. What is published never changes, so that it does not matter when.
    async fn supply(&self, history: &History<T>, names: &[&str]) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        let rows = row::Entity::find().filter(row::Column::Name.is_in(names.iter().copied())).all(self.0.store.read());
        for row in rows.await? {
            history.supply(Revision::try_from(row)?);
        }
        Ok(())
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
        let before = self.0.current.load_full();
        // Outlines: every column but the text.
        let outlines = row::Entity::find()
            .select_only()
            .columns(row::Column::iter().filter(|column| !matches!(column, row::Column::Text)))
            .column_as(Expr::value(""), row::Column::Text)
            .filter(row::Column::Kind.eq(T::KIND))
            .filter(row::Column::State.eq(State::Published.as_str()))
            .all(from)
            .await?;
        let new = outlines.into_iter().filter(|row| !before.contains(&row.name)).map(Revision::try_from);
        let new = new.collect::<Result<Vec<_>, _>>()?;
        let history = before.with(new).map_err(|draft| StoreError::Corrupt(draft.to_string()))?;
        self.supply(&history, &history.wanted()).await?;
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
