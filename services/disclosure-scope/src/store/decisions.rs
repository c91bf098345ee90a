//! The table `decisions`.

use rogatory_names::{DecisionId, RequestId};
use rogatory_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, QueryOrder as _, QuerySelect as _, entity::prelude::*, sea_query::Expr,
};

use super::{Listing, Versioned, of_json, to_json};
use crate::domain::{decision::Decision, facts::AuthorityApproval};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "decisions")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    request: String,
    state: String,
    version: i64,
    #[sea_orm(column_type = "JsonBinary")]
    snapshot: Json,
    create_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Stores a new one, version 1.
pub(crate) async fn insert(tx: &Tx, decision: &Decision) -> Result<Versioned<Decision>, StoreError> {
    let row = ActiveModel {
        id: Set(decision.id.to_string()),
        request: Set(decision.request.to_string()),
        state: Set(decision.state.as_str().to_owned()),
        version: Set(1),
        snapshot: Set(to_json(decision)?),
        create_time: Set(decision.create_time),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(Versioned { value: decision.clone(), version: 1 })
}

/// The one with this id.
pub(crate) async fn get(
    connection: &impl ConnectionTrait,
    id: DecisionId,
) -> Result<Option<Versioned<Decision>>, StoreError> {
    Entity::find_by_id(id.to_string()).one(connection).await?.map(versioned).transpose()
}

/// Stores a changed one over the version that it was read at; none when that is no longer the current one.
pub(crate) async fn update(tx: &Tx, decision: &Decision, read: i64) -> Result<Option<Versioned<Decision>>, StoreError> {
    let version = read + 1;
    let updated = Entity::update_many()
        .col_expr(Column::State, Expr::value(decision.state.as_str()))
        .col_expr(Column::Version, Expr::value(version))
        .col_expr(Column::Snapshot, Expr::value(to_json(decision)?))
        .filter(Column::Id.eq(decision.id.to_string()))
        .filter(Column::Version.eq(read))
        .exec(tx)
        .await?
        .rows_affected;
    Ok((updated == 1).then(|| Versioned { value: decision.clone(), version }))
}

/// What authorities have approved for a request, at whichever of its decisions it was recorded, each once.
pub(crate) async fn authority_approvals(
    connection: &impl ConnectionTrait,
    request: RequestId,
) -> Result<Vec<AuthorityApproval>, StoreError> {
    let query = Entity::find().filter(Column::Request.eq(request.to_string())).order_by_asc(Column::Id);
    let mut approvals: Vec<AuthorityApproval> = Vec::new();
    for row in query.all(connection).await? {
        for approval in versioned(row)?.value.facts.authority_approvals {
            if !approvals.contains(&approval) {
                approvals.push(approval);
            }
        }
    }
    Ok(approvals)
}

/// Lists them, newest first.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    listing: &Listing,
) -> Result<Vec<Versioned<Decision>>, StoreError> {
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

fn versioned(row: Model) -> Result<Versioned<Decision>, StoreError> {
    Ok(Versioned { value: of_json(&row.id, row.snapshot)?, version: row.version })
}
