//! Grants with their snapshots. A decision has one grant at most, and the database itself keeps it so.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let grants = Table::create()
            .table("grants")
            .col(ColumnDef::new("id").text().not_null().primary_key())
            .col(ColumnDef::new("decision").text().not_null().unique_key())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("snapshot").json_binary().not_null())
            .col(ColumnDef::new("create_time").timestamp_with_time_zone().not_null())
            .to_owned();
        manager.create_table(grants).await?;
        let index = Index::create().name("grants_by_request").table("grants").col("request").col("id").to_owned();
        manager.create_index(index).await
    }
}
