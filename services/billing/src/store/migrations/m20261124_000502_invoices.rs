//! The tables `invoices` and `invoice_sequences`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sequences = Table::create()
            .table("invoice_sequences")
            .col(ColumnDef::new("contact").text().not_null().primary_key())
            .col(ColumnDef::new("last").big_integer().not_null())
            .to_owned();
        manager.create_table(sequences).await?;
        let invoices = Table::create()
            .table("invoices")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("contact").text().not_null())
            .col(ColumnDef::new("place").big_integer().not_null())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("quote").uuid().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .foreign_key(ForeignKey::create().from("invoices", "quote").to("quotes", "id"))
            .to_owned();
        manager.create_table(invoices).await?;
        let mut once = Index::create();
        once.name("invoices_one_per_place").table("invoices").col("contact").col("place").unique();
        manager.create_index(once).await?;
        let index = Index::create().name("invoices_by_request").table("invoices").col("request").to_owned();
        manager.create_index(index).await
    }
}
