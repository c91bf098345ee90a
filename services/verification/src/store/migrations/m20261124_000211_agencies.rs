//! The registry: agencies as they are, every version of them, their mail domains, and the count of its changes.

use sea_orm_migration::prelude::*;

use super::{index, key};

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
        let versions = Table::create()
            .table("agency_versions")
            .col(ColumnDef::new("agency").uuid().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("record_time").timestamp_with_time_zone().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .primary_key(&mut key(&["agency", "version"]))
            .foreign_key(ForeignKey::create().from("agency_versions", "agency").to("agencies", "id"))
            .to_owned();
        manager.create_table(versions).await?;
        // One domain may be that of several agencies, one after the other.
        let domains = Table::create()
            .table("agency_domains")
            .col(ColumnDef::new("domain").text().not_null())
            .col(ColumnDef::new("agency").uuid().not_null())
            .col(ColumnDef::new("entered").big_integer().not_null())
            .primary_key(&mut key(&["domain", "agency"]))
            .foreign_key(ForeignKey::create().from("agency_domains", "agency").to("agencies", "id"))
            .to_owned();
        manager.create_table(domains).await?;
        // One row. `version` counts changes, `reread` is the last one that took a domain away.
        let registry = Table::create()
            .table("registry")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("reread").big_integer().not_null())
            .to_owned();
        manager.create_table(registry).await?;
        let first = Query::insert()
            .into_table("registry")
            .columns(["id", "version", "reread"])
            .values_panic([1.into(), 0.into(), 0.into()])
            .to_owned();
        manager.execute(first).await?;
        index(manager, "agencies_name", "agencies", &["name_key", "id"]).await?;
        index(manager, "agencies_country_name", "agencies", &["country", "name_key", "id"]).await?;
        index(manager, "agencies_country_bare", "agencies", &["country", "bare_key"]).await?;
        index(manager, "agency_domains_agency", "agency_domains", &["agency"]).await?;
        index(manager, "agency_domains_entered", "agency_domains", &["entered"]).await
    }
}
