//! Reports of a compromise, which verifications leaned on what was compromised, and what was produced in reliance on them.

use sea_orm_migration::prelude::*;

use super::{index, key};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let compromises = Table::create()
            .table("compromises")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("agency").uuid().not_null())
            .col(ColumnDef::new("subject").text().not_null())
            .col(ColumnDef::new("done").boolean().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .to_owned();
        manager.create_table(compromises).await?;
        index(manager, "compromises_agency", "compromises", &["agency"]).await?;
        index(manager, "compromises_subject", "compromises", &["subject"]).await?;
        index(manager, "compromises_done", "compromises", &["done", "id"]).await?;
        let leaning = Table::create()
            .table("compromised_verifications")
            .col(ColumnDef::new("compromise").uuid().not_null())
            .col(ColumnDef::new("verification").uuid().not_null())
            .primary_key(&mut key(&["compromise", "verification"]))
            .to_owned();
        manager.create_table(leaning).await?;
        let reliances = Table::create()
            .table("reliances")
            .col(ColumnDef::new("production").uuid().not_null().primary_key())
            .col(ColumnDef::new("verification").uuid().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .to_owned();
        manager.create_table(reliances).await?;
        index(manager, "reliances_verification", "reliances", &["verification", "production"]).await
    }
}
