//! What distinguishes this database from every other: an id that is drawn once. Event cursors carry it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("store_identity")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .to_owned();
        manager.create_table(table).await?;
        let row = Query::insert()
            .into_table("store_identity")
            .columns(["id"])
            .values_panic([uuid::Uuid::now_v7().into()])
            .to_owned();
        manager.execute(row).await
    }
}
