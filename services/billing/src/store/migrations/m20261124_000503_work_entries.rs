//! The table `work_entries`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("work_entries")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("quote").uuid().not_null())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("fee").text().not_null())
            .col(ColumnDef::new("quantity").big_integer().not_null())
            .col(ColumnDef::new("description").text().not_null())
            .col(ColumnDef::new("evidence").text().not_null())
            .col(ColumnDef::new("recorder").text().not_null())
            .col(ColumnDef::new("work_time").timestamp_with_time_zone().not_null())
            .col(ColumnDef::new("invoice").uuid())
            .foreign_key(ForeignKey::create().from("work_entries", "quote").to("quotes", "id"))
            .foreign_key(ForeignKey::create().from("work_entries", "invoice").to("invoices", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let mut index = Index::create();
        index.name("work_entries_by_quote").table("work_entries").col("quote").col("invoice");
        manager.create_index(index).await
    }
}
