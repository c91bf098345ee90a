//! The table `plans`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("plans")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("platform").text().not_null())
            .col(ColumnDef::new("verdict").text().not_null())
            .col(ColumnDef::new("revision").text().not_null())
            .col(ColumnDef::new("create_time").timestamp_with_time_zone().not_null())
            .col(ColumnDef::new("close_time").timestamp_with_time_zone().null())
            .col(ColumnDef::new("body").text().not_null())
            .to_owned();
        manager.create_table(table).await?;
        for (name, column) in [("plans_of_request", "request"), ("plans_of_platform", "platform")] {
            let index = Index::create().name(name).table("plans").col(column).col("id").to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
