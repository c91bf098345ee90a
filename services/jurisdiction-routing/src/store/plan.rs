//! The table `plans`: a plan as it was decided. Its decision is never changed after.

use chrono::{DateTime, Utc};
use rogatory_names::PlanId;
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::domain::plan::Plan;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "plans")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) request: String,
        pub(super) platform: String,
        pub(super) verdict: String,
        pub(super) revision: String,
        pub(super) create_time: DateTimeUtc,
        pub(super) close_time: Option<DateTimeUtc>,
        /// The decision with what it was made from, so that it can be made again: JSON as it was written, byte for byte.
        pub(super) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Only the latest plan of each request.
const LATEST: &str =
    "NOT EXISTS (SELECT 1 FROM plans AS newer WHERE newer.request = plans.request AND newer.id > plans.id)";

/// Stores a new plan.
///
/// # Errors
/// The store's own.
pub async fn insert(to: &impl ConnectionTrait, plan: &Plan) -> Result<(), StoreError> {
    let decision = &plan.decision;
    let body = serde_json::to_string(decision).map_err(|_| StoreError::Other("a plan has no JSON form".to_owned()))?;
    let row = row::ActiveModel {
        id: Set(plan.id.uuid()),
        request: Set(decision.request.name()),
        platform: Set(decision.platform.clone()),
        verdict: Set(decision.route.verdict.as_str().to_owned()),
        revision: Set(decision.provenance.revision.clone()),
        create_time: Set(plan.create_time),
        close_time: Set(plan.close_time),
        body: Set(body),
    };
    row::Entity::insert(row).exec_without_returning(to).await?;
    Ok(())
}

/// The plan with this id.
///
/// # Errors
/// The store's own; [`StoreError::Corrupt`] when it cannot be read by this version.
pub async fn get(from: &impl ConnectionTrait, id: PlanId) -> Result<Option<Plan>, StoreError> {
    row::Entity::find_by_id(id.uuid()).one(from).await?.as_ref().map(read).transpose()
}

/// Marks a plan as that of a closed request. Answers whether it was open.
///
/// # Errors
/// The store's own.
pub async fn close(to: &impl ConnectionTrait, id: PlanId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let closed = row::Entity::update_many()
        .col_expr(row::Column::CloseTime, Expr::value(now))
        .filter(row::Column::Id.eq(id.uuid()))
        .filter(row::Column::CloseTime.is_null())
        .exec(to)
        .await?;
    Ok(closed.rows_affected > 0)
}

/// The plans of a platform's open requests, the latest of each, in the order in which they were stored: at most `limit`
/// after the one with this id.
///
/// # Errors
/// As [`get`].
pub async fn open(
    from: &impl ConnectionTrait,
    platform: &str,
    after: Option<PlanId>,
    limit: usize,
) -> Result<Vec<Plan>, StoreError> {
    let mut query = row::Entity::find()
        .filter(row::Column::Platform.eq(platform))
        .filter(row::Column::CloseTime.is_null())
        .filter(Expr::cust(LATEST));
    if let Some(after) = after {
        query = query.filter(Expr::col((row::Entity, row::Column::Id)).gt(after.uuid()));
    }
    let rows = query.order_by_asc(row::Column::Id).limit(u64::try_from(limit).ok()).all(from).await?;
    rows.iter().map(read).collect()
}

fn read(row: &row::Model) -> Result<Plan, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("plan {}", row.id));
    Ok(Plan {
        id: PlanId::from_uuid(row.id).ok_or_else(corrupt)?,
        decision: serde_json::from_str(&row.body).map_err(|_| corrupt())?,
        create_time: row.create_time,
        close_time: row.close_time,
    })
}
