//! Letters to the agency.

use rogatory_names::RequestId;
use rogatory_store::StoreError;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{read, write};
use crate::domain::letter::Letter;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "letters")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) request: Uuid,
        pub(super) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores a letter.
///
/// # Errors
/// The store's.
pub async fn insert(connection: &impl ConnectionTrait, request: RequestId, letter: &Letter) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        id: Set(letter.id.uuid()),
        request: Set(request.uuid()),
        body: Set(write("letter", letter)?),
    };
    row::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

/// The letters of a request, oldest first.
///
/// # Errors
/// The store's.
pub async fn of(connection: &impl ConnectionTrait, request: RequestId) -> Result<Vec<Letter>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Request.eq(request.uuid())).order_by_asc(row::Column::Id);
    query.all(connection).await?.iter().map(|row| read("letter", &row.body)).collect()
}
