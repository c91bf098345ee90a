//! The docket: a queue with leases.
//!
//! A step has one time at which it may be taken up. Taking it up moves that time to the end of the lease, so a worker
//! that dies leaves a step that comes due by itself. Whoever completes, postpones or parks a step must still hold the
//! lease under which it took it up.

use chrono::{DateTime, Utc};
use rogatory_names::{RequestId, StepId};
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, LockBehavior, LockType},
};

use super::{id, read, write};
use crate::domain::docket::{Step, Work};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "docket_steps")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) request: Uuid,
        pub(super) work: String,
        pub(super) attempts: i32,
        pub(super) due_time: Option<DateTimeUtc>,
        pub(super) lease: Option<Uuid>,
        pub(super) correlation_id: String,
        pub(super) failure: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A step in hand: what is to be done, and the lease under which it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The step.
    pub step: Step,
    /// The lease.
    pub lease: Uuid,
}

/// A step as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The step.
    pub step: Step,
    /// When it may be taken up (again); none when it is parked.
    pub due_time: Option<DateTime<Utc>>,
    /// Whether somebody has it in hand.
    pub leased: bool,
    /// Why the last try failed.
    pub failure: Option<String>,
}

/// Adds steps that may be taken up at once.
///
/// # Errors
/// The store's.
pub async fn add(
    connection: &impl ConnectionTrait,
    request: RequestId,
    work: &[Work],
    correlation_id: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if work.is_empty() {
        return Ok(());
    }
    let rows = work.iter().map(|work| {
        Ok(row::ActiveModel {
            id: Set(StepId::new().uuid()),
            request: Set(request.uuid()),
            work: Set(write("step", work)?),
            attempts: Set(0),
            due_time: Set(Some(now)),
            lease: Set(None),
            correlation_id: Set(correlation_id.to_owned()),
            failure: Set(None),
        })
    });
    let rows: Vec<row::ActiveModel> = rows.collect::<Result<_, StoreError>>()?;
    row::Entity::insert_many(rows).exec_without_returning(connection).await?;
    Ok(())
}

/// Takes up steps that are due, at most `limit`, until `until`. On PostgreSQL steps that another worker is just taking up
/// are passed over; on SQLite there is one writer at a time.
///
/// # Errors
/// The store's.
pub async fn claim(
    connection: &impl ConnectionTrait,
    limit: u64,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Held>, StoreError> {
    let due = row::Entity::find()
        .filter(row::Column::DueTime.lte(now))
        .order_by_asc(row::Column::DueTime)
        .order_by_asc(row::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(connection)
        .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let lease = Uuid::now_v7();
    row::Entity::update_many()
        .col_expr(row::Column::DueTime, Expr::value(until))
        .col_expr(row::Column::Lease, Expr::value(lease))
        .col_expr(row::Column::Attempts, Expr::col(row::Column::Attempts).add(1))
        .filter(row::Column::Id.is_in(due.iter().map(|row| row.id)))
        .exec(connection)
        .await?;
    due.into_iter()
        .map(|mut row| {
            row.attempts += 1;
            Ok(Held { step: step(&row)?, lease })
        })
        .collect()
}

/// Takes a step that was done out of the docket. Answers whether the lease still held; if not, nothing may be committed.
///
/// # Errors
/// The store's.
pub async fn complete(connection: &impl ConnectionTrait, held: &Held) -> Result<bool, StoreError> {
    let done = row::Entity::delete_many()
        .filter(row::Column::Id.eq(held.step.id.uuid()))
        .filter(row::Column::Lease.eq(held.lease))
        .exec(connection)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Lays a step aside until `due`, or, with none, until a person takes it up. Answers whether the lease still held.
///
/// # Errors
/// The store's.
pub async fn lay_aside(
    connection: &impl ConnectionTrait,
    held: &Held,
    due: Option<DateTime<Utc>>,
    failure: &str,
) -> Result<bool, StoreError> {
    let changed = row::Entity::update_many()
        .col_expr(row::Column::DueTime, Expr::value(due))
        .col_expr(row::Column::Lease, Expr::value(None::<Uuid>))
        .col_expr(row::Column::Failure, Expr::value(failure))
        .filter(row::Column::Id.eq(held.step.id.uuid()))
        .filter(row::Column::Lease.eq(held.lease))
        .exec(connection)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Makes a parked step due, with all its tries before it. Answers the step, or nothing when it is not parked.
///
/// # Errors
/// The store's.
pub async fn take_up_again(
    connection: &impl ConnectionTrait,
    step_id: StepId,
    now: DateTime<Utc>,
) -> Result<Option<Step>, StoreError> {
    let changed = row::Entity::update_many()
        .col_expr(row::Column::DueTime, Expr::value(now))
        .col_expr(row::Column::Attempts, Expr::value(0))
        .filter(row::Column::Id.eq(step_id.uuid()))
        .filter(row::Column::DueTime.is_null())
        .exec(connection)
        .await?;
    if changed.rows_affected == 0 {
        return Ok(None);
    }
    row::Entity::find_by_id(step_id.uuid()).one(connection).await?.as_ref().map(step).transpose()
}

/// Whether a request has a parked step.
///
/// # Errors
/// The store's.
pub async fn has_parked(connection: &impl ConnectionTrait, request: RequestId) -> Result<bool, StoreError> {
    let query = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Request.eq(request.uuid()))
        .filter(row::Column::DueTime.is_null())
        .limit(1);
    Ok(query.into_tuple::<Uuid>().one(connection).await?.is_some())
}

/// The steps that are to be done, the oldest first.
///
/// # Errors
/// The store's.
pub async fn list(connection: &impl ConnectionTrait, parked_only: bool, limit: u64) -> Result<Vec<Listed>, StoreError> {
    let mut query = row::Entity::find().order_by_asc(row::Column::Id).limit(limit);
    if parked_only {
        query = query.filter(row::Column::DueTime.is_null());
    }
    let rows = query.all(connection).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed { step: step(&row)?, due_time: row.due_time, leased: row.lease.is_some(), failure: row.failure })
        })
        .collect()
}

/// When the next step comes due; none when nothing waits.
///
/// # Errors
/// The store's.
pub async fn next_due(connection: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, StoreError> {
    let query = row::Entity::find()
        .select_only()
        .column(row::Column::DueTime)
        .filter(row::Column::DueTime.is_not_null())
        .order_by_asc(row::Column::DueTime)
        .limit(1);
    Ok(query.into_tuple::<Option<DateTime<Utc>>>().one(connection).await?.flatten())
}

fn step(row: &row::Model) -> Result<Step, StoreError> {
    Ok(Step {
        id: id(StepId::from_uuid, row.id)?,
        request: id(RequestId::from_uuid, row.request)?,
        work: read("step", &row.work)?,
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        correlation_id: row.correlation_id.clone(),
    })
}
