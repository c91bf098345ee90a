//! Decisions with their snapshots.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let decisions = Table::create()
            .table("decisions")
            .col(ColumnDef::new("id").text().not_null().primary_key())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("snapshot").json_binary().not_null())
            .col(ColumnDef::new("create_time").timestamp_with_time_zone().not_null())
            .to_owned();
        manager.create_table(decisions).await?;
        let index = Index::create().name("decisions_by_request").table("decisions").col("request").col("id").to_owned();
        manager.create_index(index).await
    }
}
