//! The tables of this service, beside those that every service has. A released migration is never changed.

mod m20261124_000101_plans;

use sea_orm_migration::MigrationTrait;

/// Every migration, in order.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m20261124_000101_plans::Migration)]
}
