//! The tables `agencies` and `agency_domains`.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let agencies = Table::create()
            .table("agencies")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("country").text().not_null())
            .col(ColumnDef::new("name_key").text().not_null())
            .col(ColumnDef::new("bare_key").text().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .to_owned();
        manager.create_table(agencies).await?;
        // A domain belongs to one agency: that is what its key says.
        let domains = Table::create()
            .table("agency_domains")
            .col(ColumnDef::new("domain").text().not_null().primary_key())
            .col(ColumnDef::new("agency").uuid().not_null())
            .foreign_key(ForeignKey::create().from("agency_domains", "agency").to("agencies", "id"))
            .to_owned();
        manager.create_table(domains).await?;
        for (name, table, columns) in [
            ("agencies_name", "agencies", vec!["name_key", "id"]),
            ("agencies_country_name", "agencies", vec!["country", "name_key", "id"]),
            ("agencies_country_bare", "agencies", vec!["country", "bare_key"]),
            ("agency_domains_agency", "agency_domains", vec!["agency"]),
        ] {
            let mut index = Index::create().name(name).table(table).to_owned();
            columns.into_iter().for_each(|column| {
                index.col(column);
            });
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
