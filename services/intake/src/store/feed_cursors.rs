//! How far the feed of each peer was followed.

use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "feed_cursors")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) peer: String,
        pub(super) cursor: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The cursor of the last event of a peer that was dealt with; empty before the first.
///
/// # Errors
/// The store's.
pub async fn get(connection: &impl ConnectionTrait, peer: &str) -> Result<String, StoreError> {
    Ok(row::Entity::find_by_id(peer.to_owned()).one(connection).await?.map(|row| row.cursor).unwrap_or_default())
}

/// Moves a cursor on, when it still stands where the caller read it. Answers whether it did; if not, another replica has
/// dealt with the event, and nothing may be committed.
///
/// # Errors
/// The store's.
pub async fn advance(connection: &impl ConnectionTrait, peer: &str, from: &str, to: &str) -> Result<bool, StoreError> {
    if from.is_empty() {
        // The first event makes the row; of two replicas one makes it.
        let row = row::ActiveModel { peer: Set(peer.to_owned()), cursor: Set(to.to_owned()) };
        let nothing = OnConflict::column(row::Column::Peer).do_nothing().to_owned();
        let made = row::Entity::insert(row).on_conflict(nothing).exec_without_returning(connection).await?;
        return Ok(made == 1);
    }
    let changed = row::Entity::update_many()
        .col_expr(row::Column::Cursor, Expr::value(to))
        .filter(row::Column::Peer.eq(peer))
        .filter(row::Column::Cursor.eq(from))
        .exec(connection)
        .await?;
    Ok(changed.rows_affected == 1)
}
