//! Keys that callers send so that a repeated call is done once.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("idempotency_keys")
            .col(ColumnDef::new("actor").text().not_null())
            .col(ColumnDef::new("method").text().not_null())
            .col(ColumnDef::new("request_id").text().not_null())
            .col(ColumnDef::new("body_digest").binary().not_null())
            .col(ColumnDef::new("resource").text().not_null())
            .col(ColumnDef::new("response").blob().not_null())
            .col(ColumnDef::new("time").timestamp_with_time_zone().not_null())
            .primary_key(Index::create().col("actor").col("method").col("request_id"))
            .to_owned();
        manager.create_table(table).await
    }
}
