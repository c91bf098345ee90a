//! The event feed: what happened in the service, read by cursor.
//!
//! Events are written in the transaction of the change that they tell of. A reader gives the cursor of the last event
//! that it has dealt with and gets those that follow: each exactly once, in an order that is the same for everybody.
//!
//! # Why a cursor is more than a sequence number
//!
//! On PostgreSQL sequence numbers are drawn when a row is inserted, not when its transaction commits. A reader that
//! asks for `seq > cursor` passes over the row of a transaction that drew a low number and commits late, and loses it.
//! So each event carries the id of its transaction (`xid`), and a reader is shown only those whose id lies below the
//! oldest one still running (`pg_snapshot_xmin`): every transaction down there has ended, and every event that is yet
//! to be committed will have a higher id than all that were shown. In the order of (xid, seq) nothing can appear behind
//! a reader. SQLite has one writer at a time, so there sequence numbers are in the order of commits, and xid is 0.
//!
//! Three things follow. A transaction that stays open anywhere in the PostgreSQL cluster holds the feed back (it loses
//! nothing). And where two transactions wait for each other's rows, the order of their events is that of the
//! transactions' ids: take an event as the reason to look at its subject, not as the subject's state. And transaction
//! ids mean nothing in another cluster, into which a dump was loaded: [`crate::pending`] notices, and says what to do.

mod cursor;
mod follower;
mod horizon;
mod row;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rogatory_names::EventId;
use sea_orm::{
    ActiveValue, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use self::cursor::Cursor;
pub(crate) use self::horizon::check_origin;
pub use self::{follower::Follower, horizon::settle};
use crate::{Change, Engine, NewEvent, Store, StoreError, TokenMismatch, Tx};

/// An event, as it is read from the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its id.
    pub id: EventId,
    /// Pass it on to read what follows this event.
    pub cursor: String,
    /// What happened: `request.submitted`.
    pub kind: String,
    /// Resource name of what it happened to.
    pub subject: String,
    /// Resource name of the request that it concerns, if any.
    pub request: Option<String>,
    /// When the call came that made the change.
    pub time: DateTime<Utc>,
    /// Who made the change.
    pub actor: String,
    /// Correlation id of the call.
    pub correlation_id: String,
    /// Facts without sensitive values.
    pub facts: BTreeMap<String, String>,
}

pub(crate) async fn insert(tx: &Tx, change: &Change<'_>, events: &[NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = events.iter().map(|event| row::ActiveModel {
        seq: ActiveValue::NotSet,
        // The column's default: the id of the running transaction, or 0 on SQLite.
        xid: ActiveValue::NotSet,
        id: Set(EventId::new().uuid()),
        kind: Set(event.kind.clone()),
        subject: Set(event.subject.clone()),
        request: Set(event.request.clone()),
        time: Set(change.now),
        actor: Set(change.actor.to_owned()),
        correlation_id: Set(change.correlation_id.to_owned()),
        facts: Set(serde_json::json!(event.facts)),
    });
    row::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The events after a cursor, of these kinds (none: of all), at most `limit`. The empty cursor starts at the first.
///
/// # Errors
/// [`StoreError::TokenMismatch`] when the cursor is not one of this service; the store's own.
pub async fn read(store: &Store, cursor: &str, kinds: &[String], limit: u64) -> Result<Vec<StoredEvent>, StoreError> {
    let identity = store.identity().await?;
    let after = Cursor::decode(cursor, store.engine(), identity)?;
    let past = Condition::any()
        .add(row::Column::Xid.gt(after.xid))
        .add(Condition::all().add(row::Column::Xid.eq(after.xid)).add(row::Column::Seq.gt(after.seq)));
    let mut query = row::Entity::find().filter(past);
    if store.engine() == Engine::Postgres {
        let ended = "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        query = query.filter(Expr::cust(ended));
    }
    if !kinds.is_empty() {
        query = query.filter(row::Column::Kind.is_in(kinds));
    }
    let rows =
        query.order_by_asc(row::Column::Xid).order_by_asc(row::Column::Seq).limit(limit).all(store.read()).await?;
    rows.into_iter().map(|row| stored(row, store.engine(), identity)).collect()
}

/// Checks a cursor that a caller sent, before a stream is begun with it.
///
/// # Errors
/// [`StoreError::TokenMismatch`] when it is not one of this service; the store's own.
pub async fn check_cursor(store: &Store, cursor: &str) -> Result<(), StoreError> {
    let identity = store.identity().await?;
    Cursor::decode(cursor, store.engine(), identity).map(|_| ()).map_err(|TokenMismatch| TokenMismatch.into())
}

fn stored(row: row::Model, engine: Engine, identity: [u8; 8]) -> Result<StoredEvent, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("event {}", row.seq));
    Ok(StoredEvent {
        id: EventId::from_uuid(row.id).ok_or_else(corrupt)?,
        cursor: Cursor { xid: row.xid, seq: row.seq }.encode(engine, identity),
        facts: serde_json::from_value(row.facts).map_err(|_| corrupt())?,
        kind: row.kind,
        subject: row.subject,
        request: row.request,
        time: row.time,
        actor: row.actor,
        correlation_id: row.correlation_id,
    })
}
