//! Enquiries.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let enquiries = Table::create()
            .table("enquiries")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("submitter").text().not_null())
            .col(ColumnDef::new("body").text().not_null())
            .to_owned();
        manager.create_table(enquiries).await?;
        let by_submitter =
            Index::create().name("enquiries_by_submitter").table("enquiries").col("submitter").col("id").to_owned();
        manager.create_index(by_submitter).await
    }
}
