//! The table `grants`.

use chrono::{DateTime, Utc};
use rogatory_names::GrantId;
use rogatory_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, QueryOrder as _, QuerySelect as _, entity::prelude::*, sea_query::Expr,
};

use super::{Listing, Versioned, of_json, to_json};
use crate::domain::grant::{Grant, State};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    decision: String,
    request: String,
    state: String,
    version: i64,
    #[sea_orm(column_type = "JsonBinary")]
    snapshot: Json,
    create_time: DateTimeUtc,
    expire_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Stores a new one, version 1.
pub(crate) async fn insert(tx: &Tx, grant: &Grant) -> Result<Versioned<Grant>, StoreError> {
    let row = ActiveModel {
        id: Set(grant.id.to_string()),
        decision: Set(grant.decision.to_string()),
        request: Set(grant.request.to_string()),
        state: Set(grant.state.as_str().to_owned()),
        version: Set(1),
        snapshot: Set(to_json(grant)?),
        create_time: Set(grant.create_time),
        expire_time: Set(grant.expire_time),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(Versioned { value: grant.clone(), version: 1 })
}

/// The one with this id.
pub(crate) async fn get(
    connection: &impl ConnectionTrait,
    id: GrantId,
) -> Result<Option<Versioned<Grant>>, StoreError> {
    Entity::find_by_id(id.to_string()).one(connection).await?.map(versioned).transpose()
}

/// The one with this id, which nobody changes before this transaction ends. (SQLite has one writer anyway.)
pub(crate) async fn get_unchanging(tx: &Tx, id: GrantId) -> Result<Option<Versioned<Grant>>, StoreError> {
    Entity::find_by_id(id.to_string()).lock_shared().one(tx).await?.map(versioned).transpose()
}

/// Stores a changed one over the version that it was read at; none when that is no longer the current one.
pub(crate) async fn update(tx: &Tx, grant: &Grant, read: i64) -> Result<Option<Versioned<Grant>>, StoreError> {
    let version = read + 1;
    let updated = Entity::update_many()
        .col_expr(Column::State, Expr::value(grant.state.as_str()))
        .col_expr(Column::Version, Expr::value(version))
        .col_expr(Column::Snapshot, Expr::value(to_json(grant)?))
        .filter(Column::Id.eq(grant.id.to_string()))
        .filter(Column::Version.eq(read))
        .exec(tx)
        .await?
        .rows_affected;
    Ok((updated == 1).then(|| Versioned { value: grant.clone(), version }))
}

/// Lists them, newest first.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    listing: &Listing,
) -> Result<Vec<Versioned<Grant>>, StoreError> {
    let mut query = Entity::find().order_by_desc(Column::Id).limit(listing.limit);
    if let Some(request) = listing.request {
        query = query.filter(Column::Request.eq(request.to_string()));
    }
    if let Some(state) = listing.state {
        query = query.filter(Column::State.eq(state));
    }
    if let Some(after) = &listing.after {
        query = query.filter(Column::Id.lt(after.as_str()));
    }
    query.all(connection).await?.into_iter().map(versioned).collect()
}

/// Those that are in force at `now`, those that last longest first, at most `limit`.
pub(crate) async fn in_force(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Grant>, StoreError> {
    let rows = Entity::find()
        .filter(Column::State.eq(State::Active.as_str()))
        .filter(Column::ExpireTime.gt(now))
        .order_by_desc(Column::ExpireTime)
        .limit(limit)
        .all(connection);
    rows.await?.into_iter().map(|row| of_json(&row.id, row.snapshot)).collect()
}

/// Those that were revoked and would otherwise be in force at `now`, each with the time at which it would have ended: all
/// whose revocation was committed before the call, in whatever order that was.
pub(crate) async fn revoked(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<(GrantId, DateTime<Utc>)>, StoreError> {
    let rows: Vec<(String, DateTime<Utc>)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::ExpireTime])
        .filter(Column::State.eq(State::Revoked.as_str()))
        .filter(Column::ExpireTime.gt(now))
        .into_tuple()
        .all(connection)
        .await?;
    let read = |(id, expire_time): (String, _)| match id.parse() {
        Ok(id) => Ok((id, expire_time)),
        Err(_) => Err(StoreError::Corrupt(format!("the id of {id}"))),
    };
    rows.into_iter().map(read).collect()
}

fn versioned(row: Model) -> Result<Versioned<Grant>, StoreError> {
    Ok(Versioned { value: of_json(&row.id, row.snapshot)?, version: row.version })
}
