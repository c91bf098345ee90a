//! The tables `invoices` and `invoice_sequences`.

use rogatory_names::InvoiceId;
use rogatory_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};

use super::{body, read_body};
use crate::domain::invoice::Invoice;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    contact: String,
    place: i64,
    request: String,
    quote: Uuid,
    body: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Invoice {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        read_body(row.body, || format!("invoice {}", row.id.simple()))
    }
}

/// The table `invoice_sequences`: the last number that each contact used.
mod sequence {
    use rogatory_store::{StoreError, Tx};
    use sea_orm::{
        ActiveValue::Set,
        entity::prelude::*,
        sea_query::{Expr, ExprTrait, OnConflict},
    };

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoice_sequences")]
    struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        contact: String,
        last: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    pub(super) async fn next(to: &Tx, contact: &str) -> Result<i64, StoreError> {
        let first = ActiveModel { contact: Set(contact.to_owned()), last: Set(1) };
        let next = Expr::col((Entity, Column::Last)).add(1);
        let count = OnConflict::column(Column::Contact).value(Column::Last, next).to_owned();
        let counted = Entity::insert(first).on_conflict(count).exec_with_returning(to).await?;
        Ok(counted.last)
    }
}

/// Which invoices to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// Only those of this request, by resource name.
    pub request: Option<String>,
    /// Only those of this contact, by key.
    pub contact: Option<String>,
}

/// Takes the next place in the sequence of a contact, from 1. The row stays locked until the transaction ends: of two
/// that bill for one contact, the second waits and sees what the first did. If the transaction fails, the place is free
/// again, so that the sequence has no gap.
///
/// # Errors
/// The store's own.
pub async fn next_place(to: &Tx, contact: &str) -> Result<i64, StoreError> {
    sequence::next(to, contact).await
}

/// Stores a new invoice at its place in the sequence of its contact.
///
/// # Errors
/// The store's own.
pub async fn insert_invoice(to: &Tx, invoice: &Invoice, place: i64) -> Result<(), StoreError> {
    let row = ActiveModel {
        id: Set(invoice.id.uuid()),
        contact: Set(invoice.contact.contact_id.clone()),
        place: Set(place),
        request: Set(invoice.request.clone()),
        quote: Set(invoice.quote.uuid()),
        body: Set(body(invoice)?),
    };
    Entity::insert(row).exec_without_returning(to).await?;
    Ok(())
}

/// The invoice with that id.
///
/// # Errors
/// The store's own.
pub async fn get_invoice(from: &impl ConnectionTrait, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
    Entity::find_by_id(id.uuid()).one(from).await?.map(Invoice::try_from).transpose()
}

/// Invoices, newest first, at most `limit`, from the newest or after the one with that id.
///
/// # Errors
/// The store's own.
pub async fn list_invoices(
    from: &impl ConnectionTrait,
    filter: &InvoiceFilter,
    after: Option<InvoiceId>,
    limit: u64,
) -> Result<Vec<Invoice>, StoreError> {
    let mut query = Entity::find();
    if let Some(request) = &filter.request {
        query = query.filter(Column::Request.eq(request));
    }
    if let Some(contact) = &filter.contact {
        query = query.filter(Column::Contact.eq(contact));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after.uuid()));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(from).await?;
    rows.into_iter().map(Invoice::try_from).collect()
}
