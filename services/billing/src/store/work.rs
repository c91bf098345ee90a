//! The table `work_entries`.

use rogatory_names::{InvoiceId, QuoteId, WorkId};
use rogatory_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, QueryFilter, QueryOrder, entity::prelude::*, sea_query::Expr};

use crate::domain::work::WorkEntry;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "work_entries")]
struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    quote: Uuid,
    request: String,
    fee: String,
    quantity: i64,
    description: String,
    evidence: String,
    recorder: String,
    work_time: DateTimeUtc,
    invoice: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for WorkEntry {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("work entry {}", row.id.simple()));
        Ok(Self {
            id: WorkId::from_uuid(row.id).ok_or_else(corrupt)?,
            quote: QuoteId::from_uuid(row.quote).ok_or_else(corrupt)?,
            request: row.request,
            fee: row.fee,
            quantity: row.quantity,
            description: row.description,
            evidence: row.evidence,
            recorder: row.recorder,
            work_time: row.work_time,
            invoice: row.invoice.map(|id| InvoiceId::from_uuid(id).ok_or_else(corrupt)).transpose()?,
        })
    }
}

/// Stores a new piece of work.
///
/// # Errors
/// The store's own.
pub async fn insert_work(to: &Tx, work: &WorkEntry) -> Result<(), StoreError> {
    let row = ActiveModel {
        id: Set(work.id.uuid()),
        quote: Set(work.quote.uuid()),
        request: Set(work.request.clone()),
        fee: Set(work.fee.clone()),
        quantity: Set(work.quantity),
        description: Set(work.description.clone()),
        evidence: Set(work.evidence.clone()),
        recorder: Set(work.recorder.clone()),
        work_time: Set(work.work_time),
        invoice: Set(work.invoice.map(|id| id.uuid())),
    };
    Entity::insert(row).exec_without_returning(to).await?;
    Ok(())
}

/// How many units of a fee are recorded on a quote, billed or not.
///
/// # Errors
/// The store's own.
pub async fn recorded(from: &impl ConnectionTrait, quote: QuoteId, fee: &str) -> Result<i64, StoreError> {
    let query = Entity::find().filter(Column::Quote.eq(quote.uuid())).filter(Column::Fee.eq(fee));
    // Added here: PostgreSQL's sum of integers is of another type than SQLite's.
    Ok(query.all(from).await?.iter().map(|row| row.quantity).fold(0, i64::saturating_add))
}

/// The work on a quote that no invoice bills, oldest record first.
///
/// # Errors
/// The store's own.
pub async fn unbilled(from: &impl ConnectionTrait, quote: QuoteId) -> Result<Vec<WorkEntry>, StoreError> {
    let query = Entity::find().filter(Column::Quote.eq(quote.uuid())).filter(Column::Invoice.is_null());
    query.order_by_asc(Column::Id).all(from).await?.into_iter().map(WorkEntry::try_from).collect()
}

/// Marks the unbilled work on a quote as billed by an invoice. When that is not `expected` pieces, others were recorded
/// or billed in the meantime, and the transaction has lost.
///
/// # Errors
/// [`StoreError::Contention`]; the store's own.
pub async fn mark_billed(to: &Tx, quote: QuoteId, invoice: InvoiceId, expected: usize) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::Invoice, Expr::value(invoice.uuid()))
        .filter(Column::Quote.eq(quote.uuid()))
        .filter(Column::Invoice.is_null());
    let marked = update.exec(to).await?.rows_affected;
    if u64::try_from(expected).is_ok_and(|expected| expected == marked) { Ok(()) } else { Err(StoreError::Contention) }
}
