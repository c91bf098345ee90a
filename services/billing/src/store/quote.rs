//! The table `quotes`.

use rogatory_names::QuoteId;
use rogatory_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::{body, read_body};
use crate::domain::quote::Quote;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quotes")]
struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    request: String,
    contact: String,
    version: i64,
    /// How many pieces of work were recorded on it. Counting one more locks the row.
    work_count: i64,
    body: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Quote {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        read_body(row.body, || format!("quote {}", row.id.simple()))
    }
}

/// Stores a new quote. When the request has a quote of the contact by now, it fails as a lost transaction does: run
/// again, it finds that quote with [`quote_of`].
///
/// # Errors
/// The store's own.
pub async fn insert_quote(to: &Tx, quote: &Quote) -> Result<(), StoreError> {
    let row = ActiveModel {
        id: Set(quote.id.uuid()),
        request: Set(quote.request.clone()),
        contact: Set(quote.contact.contact_id.clone()),
        version: Set(quote.version),
        work_count: Set(0),
        body: Set(body(quote)?),
    };
    match Entity::insert(row).exec_without_returning(to).await.map_err(StoreError::from) {
        Err(StoreError::UniqueViolation { .. }) => Err(StoreError::Contention),
        inserted => inserted.map(drop),
    }
}

/// The quote with that id.
///
/// # Errors
/// The store's own.
pub async fn get_quote(from: &impl ConnectionTrait, id: QuoteId) -> Result<Option<Quote>, StoreError> {
    Entity::find_by_id(id.uuid()).one(from).await?.map(Quote::try_from).transpose()
}

/// The quote of a contact for a request.
///
/// # Errors
/// The store's own.
pub async fn quote_of(from: &impl ConnectionTrait, request: &str, contact: &str) -> Result<Option<Quote>, StoreError> {
    let query = Entity::find().filter(Column::Request.eq(request)).filter(Column::Contact.eq(contact));
    query.one(from).await?.map(Quote::try_from).transpose()
}

/// Stores a changed quote over the version that it was made from; says whether that version was still there.
///
/// # Errors
/// The store's own.
pub async fn replace_quote(to: &Tx, quote: &Quote, from_version: i64) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Version, Expr::value(quote.version))
        .col_expr(Column::Body, Expr::value(body(quote)?))
        .filter(Column::Id.eq(quote.id.uuid()))
        .filter(Column::Version.eq(from_version));
    Ok(update.exec(to).await?.rows_affected == 1)
}

/// The quote, locked until the transaction ends against other work on it: what was recorded before is then certain.
///
/// # Errors
/// The store's own.
pub async fn hold_for_work(to: &Tx, id: QuoteId) -> Result<Option<Quote>, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::WorkCount, Expr::col(Column::WorkCount).add(1))
        .filter(Column::Id.eq(id.uuid()));
    if update.exec(to).await?.rows_affected == 0 {
        return Ok(None);
    }
    get_quote(to, id).await
}
