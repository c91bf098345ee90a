//! What happened to a request, in order.

use rogatory_names::RequestId;
use rogatory_store::StoreError;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{read, write};
use crate::domain::progress::Entry;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "timeline")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) seq: i64,
        pub(super) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Entries of one version; more than one change ever makes.
const ENTRIES_PER_VERSION: i64 = 100;

/// Adds what a change brought about. `version` is the one that the change made: no two changes make the same, so no two
/// write the same number.
///
/// # Errors
/// The store's.
pub async fn add(
    connection: &impl ConnectionTrait,
    request: RequestId,
    version: i64,
    entries: &[Entry],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = entries.iter().zip(0_i64..).map(|(entry, index)| {
        Ok(row::ActiveModel {
            request: Set(request.uuid()),
            seq: Set(version * ENTRIES_PER_VERSION + index),
            body: Set(write("timeline entry", entry)?),
        })
    });
    let rows: Vec<row::ActiveModel> = rows.collect::<Result<_, StoreError>>()?;
    row::Entity::insert_many(rows).exec_without_returning(connection).await?;
    Ok(())
}

/// The whole timeline of a request.
///
/// # Errors
/// The store's.
pub async fn of(connection: &impl ConnectionTrait, request: RequestId) -> Result<Vec<Entry>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Request.eq(request.uuid())).order_by_asc(row::Column::Seq);
    query.all(connection).await?.iter().map(|row| read("timeline entry", &row.body)).collect()
}
