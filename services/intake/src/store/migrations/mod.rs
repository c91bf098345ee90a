//! The tables of intake. A migration is frozen once it was released.

use sea_orm_migration::MigrationTrait;

mod m20261124_000101_requests;
mod m20261124_000102_documents;
mod m20261124_000103_docket;
mod m20261124_000104_enquiries;

/// Every migration of intake, in order.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261124_000101_requests::Migration),
        Box::new(m20261124_000102_documents::Migration),
        Box::new(m20261124_000103_docket::Migration),
        Box::new(m20261124_000104_enquiries::Migration),
    ]
}
