//! The tables of this service, in the order in which they came. Frozen once released.

use sea_orm_migration::MigrationTrait;

mod m20261124_000101_decisions;
mod m20261124_000102_grants;
mod m20261124_000103_productions;
mod m20261124_000104_grants_in_force;

/// Every migration, oldest first.
pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261124_000101_decisions::Migration),
        Box::new(m20261124_000102_grants::Migration),
        Box::new(m20261124_000103_productions::Migration),
        Box::new(m20261124_000104_grants_in_force::Migration),
    ]
}
