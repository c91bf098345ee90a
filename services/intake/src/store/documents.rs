//! Documents and their content.

use rogatory_names::{DocumentId, RequestId};
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{id, read, write};
use crate::domain::document::Document;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "documents")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) request: Option<Uuid>,
        pub(super) uploader: String,
        pub(super) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod content {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "document_contents")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) content: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores a document with its content.
///
/// # Errors
/// The store's.
pub async fn insert(connection: &impl ConnectionTrait, document: &Document, content: &[u8]) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        id: Set(document.id.uuid()),
        request: Set(document.request.map(|request| request.uuid())),
        uploader: Set(document.uploader.clone()),
        body: Set(write("document", document)?),
    };
    row::Entity::insert(row).exec_without_returning(connection).await?;
    let row = content::ActiveModel { id: Set(document.id.uuid()), content: Set(content.to_vec()) };
    content::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

/// What is known of these documents; those that are not there are left out.
///
/// # Errors
/// The store's.
pub async fn get(connection: &impl ConnectionTrait, ids: &[DocumentId]) -> Result<Vec<Document>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = row::Entity::find().filter(row::Column::Id.is_in(ids.iter().map(|id| id.uuid())));
    query.all(connection).await?.iter().map(of_row).collect()
}

/// The content of a document.
///
/// # Errors
/// The store's.
pub async fn content(connection: &impl ConnectionTrait, id: DocumentId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(content::Entity::find_by_id(id.uuid()).one(connection).await?.map(|row| row.content))
}

/// Binds documents to the request that names them, where they are unbound or bound to it already. Answers how many are.
///
/// # Errors
/// The store's.
pub async fn bind(
    connection: &impl ConnectionTrait,
    ids: &[DocumentId],
    request: RequestId,
) -> Result<usize, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let free = Condition::any().add(row::Column::Request.is_null()).add(row::Column::Request.eq(request.uuid()));
    let changed = row::Entity::update_many()
        .col_expr(row::Column::Request, Expr::value(request.uuid()))
        .filter(row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .filter(free)
        .exec(connection)
        .await?;
    Ok(usize::try_from(changed.rows_affected).unwrap_or(usize::MAX))
}

/// The documents of a request in the order of their upload, after one of them.
///
/// # Errors
/// The store's.
pub async fn of_request(
    connection: &impl ConnectionTrait,
    request: RequestId,
    after: Option<DocumentId>,
    limit: u64,
) -> Result<Vec<Document>, StoreError> {
    let mut query =
        row::Entity::find().filter(row::Column::Request.eq(request.uuid())).order_by_asc(row::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(row::Column::Id.gt(after.uuid()));
    }
    query.all(connection).await?.iter().map(of_row).collect()
}

fn of_row(row: &row::Model) -> Result<Document, StoreError> {
    let mut document: Document = read("document", &row.body)?;
    // The column, not the snapshot, says to which request it is bound: binding changes nothing else.
    document.request = row.request.map(|request| id(RequestId::from_uuid, request)).transpose()?;
    Ok(document)
}
