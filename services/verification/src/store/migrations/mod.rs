//! The tables of this service, beside those that every service has. A released migration is never changed.

mod m20261124_000211_agencies;
mod m20261124_000212_verifications;
mod m20261124_000213_compromises;

use sea_orm_migration::prelude::*;

/// Every migration, in order.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261124_000211_agencies::Migration),
        Box::new(m20261124_000212_verifications::Migration),
        Box::new(m20261124_000213_compromises::Migration),
    ]
}

/// An index of this name over columns of a table.
async fn index(manager: &SchemaManager<'_>, name: &str, table: &str, columns: &[&str]) -> Result<(), DbErr> {
    let mut index = Index::create().name(name).table(table.to_owned()).to_owned();
    columns.iter().for_each(|column| {
        index.col((*column).to_owned());
    });
    manager.create_index(index).await
}

/// The columns of a table's key.
fn key(columns: &[&str]) -> IndexCreateStatement {
    let mut key = Index::create();
    columns.iter().for_each(|column| {
        key.col((*column).to_owned());
    });
    key
}
