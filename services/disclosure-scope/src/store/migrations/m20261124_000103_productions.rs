//! Productions with their manifests.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let productions = Table::create()
            .table("productions")
            .col(ColumnDef::new("id").text().not_null().primary_key())
            .col(ColumnDef::new("grant_id").text().not_null())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("snapshot").json_binary().not_null())
            .col(ColumnDef::new("create_time").timestamp_with_time_zone().not_null())
            .to_owned();
        manager.create_table(productions).await?;
        let index =
            Index::create().name("productions_by_grant").table("productions").col("grant_id").col("id").to_owned();
        manager.create_index(index).await
    }
}
