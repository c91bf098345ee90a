//! Revisions of rule files: drafted, published from an effective time, never edited after.
//!
//! [`draft`] and [`publish`] run in the closure of a [`crate::Store::mutate`]. What is published is held in memory by a
//! [`LiveHistory`], which follows the database, so that a decision makes no query.

mod live;
mod row;
mod seed;

use chrono::{DateTime, Utc};
use rogatory_rulebook::{Digest, Fault, Revision, Rules, State};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};

pub use self::{
    live::{LiveHistory, RulesError},
    seed::seed,
};
use crate::{Retryable, StoreError, Tx, change::micros};

/// Why a revision cannot be drafted or published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// The file has faults.
    #[error("the file has {} faults, first: {}", .0.len(), first(.0))]
    Faulty(Vec<Fault>),
    /// No revision of this kind has that name.
    #[error("there is no revision {0}")]
    NotFound(String),
    /// The revision was changed since it was read.
    #[error("the revision {0} was changed in the meantime")]
    EtagMismatch(String),
    /// The revision is published, and a published revision is not changed.
    #[error("the revision {0} is published already")]
    AlreadyPublished(String),
    /// It would take effect before it is published, and so change what was decided.
    #[error("the effective time lies before the time of publication")]
    EffectiveInThePast,
    /// The store's own.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn first(faults: &[Fault]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}

impl From<sea_orm::DbErr> for RevisionError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl Retryable for RevisionError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// Drafts a revision from a file. It decides nothing until it is published.
///
/// # Errors
/// [`RevisionError::Faulty`] when the file cannot be read as rules of this kind; the store's own.
pub async fn draft<T: Rules>(tx: &Tx, text: &str, author: &str, now: DateTime<Utc>) -> Result<Revision, RevisionError> {
    let rules = T::parse(text).map_err(RevisionError::Faulty)?;
    let revision = Revision {
        name: format!("{}/rev_{}", T::KIND, uuid::Uuid::now_v7().simple()),
        digest: Digest::of(text),
        state: State::Draft,
        document: rules.document().to_owned(),
        title: rules.title().to_owned(),
        text: text.to_owned(),
        create_time: micros(now),
        publish_time: None,
        effective_time: None,
        author: author.to_owned(),
        publisher: None,
        version: 1,
    };
    row::Entity::insert(row::of_revision(T::KIND, &revision)).exec_without_returning(tx).await?;
    Ok(revision)
}

/// Publishes a draft. `version` is the one behind the etag that the publisher read; without one, whatever it is now is
/// published. Without an effective time it takes effect now. Afterwards call [`LiveHistory::refresh`].
///
/// # Errors
/// When there is no such draft, when it was changed, when it would take effect before `now`; the store's own.
pub async fn publish<T: Rules>(
    tx: &Tx,
    name: &str,
    version: Option<i64>,
    publisher: &str,
    effective_time: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Revision, RevisionError> {
    let now = micros(now);
    let effective_time = effective_time.map_or(now, micros);
    if effective_time < now {
        return Err(RevisionError::EffectiveInThePast);
    }
    enact::<T>(tx, name, version, publisher, effective_time, now).await
}

/// Publishes a draft from any effective time.
async fn enact<T: Rules>(
    tx: &Tx,
    name: &str,
    version: Option<i64>,
    publisher: &str,
    effective_time: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Revision, RevisionError> {
    let mut update = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(State::Published.as_str()))
        .col_expr(row::Column::PublishTime, Expr::value(now))
        .col_expr(row::Column::Publisher, Expr::value(publisher))
        .col_expr(row::Column::EffectiveTime, Expr::value(effective_time))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .filter(row::Column::Name.eq(name))
        .filter(row::Column::Kind.eq(T::KIND))
        .filter(row::Column::State.eq(State::Draft.as_str()));
    if let Some(version) = version {
        update = update.filter(row::Column::Version.eq(version));
    }
    let changed = update.exec(tx).await?.rows_affected;
    let Some(revision) = get::<T>(tx, name).await? else {
        return Err(RevisionError::NotFound(name.to_owned()));
    };
    if changed == 0 {
        return Err(match revision.state {
            State::Published => RevisionError::AlreadyPublished(revision.name),
            State::Draft => RevisionError::EtagMismatch(revision.name),
        });
    }
    let head = row::head::ActiveModel { kind: Set(T::KIND.to_owned()), version: Set(1) };
    let next = Expr::col((row::head::Entity, row::head::Column::Version)).add(1);
    let count = OnConflict::column(row::head::Column::Kind).value(row::head::Column::Version, next).to_owned();
    row::head::Entity::insert(head).on_conflict(count).exec_without_returning(tx).await?;
    Ok(revision)
}

/// The revision of this kind with that name.
///
/// # Errors
/// The store's own.
pub async fn get<T: Rules>(from: &impl ConnectionTrait, name: &str) -> Result<Option<Revision>, StoreError> {
    let query = row::Entity::find_by_id(name.to_owned()).filter(row::Column::Kind.eq(T::KIND));
    query.one(from).await?.map(Revision::try_from).transpose()
}

/// Revisions of this kind, the latest drafted first, at most `limit`: all, or those of one document; from the first, or
/// after the one with this name.
///
/// # Errors
/// The store's own.
pub async fn list<T: Rules>(
    from: &impl ConnectionTrait,
    document: Option<&str>,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Revision>, StoreError> {
    let mut query = row::Entity::find().filter(row::Column::Kind.eq(T::KIND));
    if let Some(document) = document {
        query = query.filter(row::Column::Document.eq(document));
    }
    if let Some(name) = after {
        query = query.filter(row::Column::Name.lt(name));
    }
    let rows = query.order_by_desc(row::Column::Name).limit(limit).all(from).await?;
    rows.into_iter().map(Revision::try_from).collect()
}
