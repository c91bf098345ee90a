//! The tables `verifications` and `evidence`; the database itself keeps evidence from being changed.

use sea_orm::DatabaseBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const SQLITE: &[&str] = &[
    "CREATE TRIGGER evidence_is_not_updated BEFORE UPDATE ON evidence
        BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END",
    "CREATE TRIGGER evidence_is_not_deleted BEFORE DELETE ON evidence
        BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END",
];

const POSTGRES: &[&str] = &[
    "CREATE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'evidence is not changed'; END $$",
    "CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
        FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let verifications = Table::create()
            .table("verifications")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            // One verification for each request.
            .col(ColumnDef::new("request").text().not_null().unique_key())
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .to_owned();
        manager.create_table(verifications).await?;
        let state =
            Index::create().name("verifications_state").table("verifications").col("state").col("id").to_owned();
        manager.create_index(state).await?;
        let evidence = Table::create()
            .table("evidence")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("verification").uuid().not_null())
            .col(ColumnDef::new("place").integer().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .foreign_key(ForeignKey::create().from("evidence", "verification").to("verifications", "id"))
            .to_owned();
        manager.create_table(evidence).await?;
        let place = Index::create()
            .name("evidence_place")
            .table("evidence")
            .col("verification")
            .col("place")
            .unique()
            .to_owned();
        manager.create_index(place).await?;
        let connection = manager.get_connection();
        let triggers = match connection.get_database_backend() {
            DatabaseBackend::Sqlite => SQLITE,
            _ => POSTGRES,
        };
        for trigger in triggers {
            connection.execute_unprepared(trigger).await?;
        }
        Ok(())
    }
}
