//! The table `quotes`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("quotes")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("contact").text().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("work_count").big_integer().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .to_owned();
        manager.create_table(table).await?;
        let mut one = Index::create();
        one.name("quotes_one_per_contact").table("quotes").col("request").col("contact").unique();
        manager.create_index(one).await
    }
}
