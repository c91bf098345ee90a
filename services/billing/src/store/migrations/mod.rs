//! The tables of this service, beside those that every service has. A released migration is never changed.

mod m20261124_000501_quotes;
mod m20261124_000502_invoices;
mod m20261124_000503_work_entries;

use sea_orm_migration::MigrationTrait;

/// Every migration, in order.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261124_000501_quotes::Migration),
        Box::new(m20261124_000502_invoices::Migration),
        Box::new(m20261124_000503_work_entries::Migration),
    ]
}
