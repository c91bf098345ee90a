//! Requests with their timelines and letters.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let requests = Table::create()
            .table("requests")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("country").text())
            .col(ColumnDef::new("submitter").text().not_null())
            .col(ColumnDef::new("body").text().not_null())
            .to_owned();
        manager.create_table(requests).await?;
        let by_submitter =
            Index::create().name("requests_by_submitter").table("requests").col("submitter").col("id").to_owned();
        manager.create_index(by_submitter).await?;
        let by_state = Index::create().name("requests_by_state").table("requests").col("state").col("id").to_owned();
        manager.create_index(by_state).await?;

        let timeline = Table::create()
            .table("timeline")
            .col(ColumnDef::new("request").uuid().not_null())
            .col(ColumnDef::new("seq").big_integer().not_null())
            .col(ColumnDef::new("body").text().not_null())
            .primary_key(Index::create().col("request").col("seq"))
            .to_owned();
        manager.create_table(timeline).await?;

        let letters = Table::create()
            .table("letters")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("request").uuid().not_null())
            .col(ColumnDef::new("body").text().not_null())
            .to_owned();
        manager.create_table(letters).await?;
        let by_request =
            Index::create().name("letters_by_request").table("letters").col("request").col("id").to_owned();
        manager.create_index(by_request).await
    }
}
