//! Verifications, their evidence, which the database itself keeps from being changed, and what is looked up of earlier ones.

use sea_orm::DatabaseBackend;
use sea_orm_migration::prelude::*;

use super::{index, key};

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
            .col(ColumnDef::new("agency").uuid().null())
            .col(ColumnDef::new("receive_time").timestamp_with_time_zone().not_null())
            // How many pieces of evidence it has.
            .col(ColumnDef::new("pieces").integer().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .to_owned();
        manager.create_table(verifications).await?;
        index(manager, "verifications_state", "verifications", &["state", "id"]).await?;
        index(manager, "verifications_agency", "verifications", &["agency", "receive_time"]).await?;
        // No index but its key: evidence is read with its verification, and written in bulk by a sweep.
        let evidence = Table::create()
            .table("evidence")
            .col(ColumnDef::new("verification").uuid().not_null())
            .col(ColumnDef::new("place").integer().not_null())
            .col(ColumnDef::new("body").json_binary().not_null())
            .primary_key(&mut key(&["verification", "place"]))
            .foreign_key(ForeignKey::create().from("evidence", "verification").to("verifications", "id"))
            .to_owned();
        manager.create_table(evidence).await?;
        // On what a verification leans, as a report of a compromise may name it: an agency's id or a mail domain.
        let leans = Table::create()
            .table("leans")
            .col(ColumnDef::new("subject").text().not_null())
            .col(ColumnDef::new("verification").uuid().not_null())
            .primary_key(&mut key(&["subject", "verification"]))
            .to_owned();
        manager.create_table(leans).await?;
        let documents = Table::create()
            .table("documents_seen")
            .col(ColumnDef::new("digest").text().not_null())
            .col(ColumnDef::new("verification").uuid().not_null())
            // Digest of its text, where it has one.
            .col(ColumnDef::new("text").text().null())
            .primary_key(&mut key(&["digest", "verification"]))
            .to_owned();
        manager.create_table(documents).await?;
        index(manager, "documents_seen_text", "documents_seen", &["text"]).await?;
        let targets = Table::create()
            .table("targets_seen")
            .col(ColumnDef::new("target").text().not_null())
            .col(ColumnDef::new("verification").uuid().not_null())
            .primary_key(&mut key(&["target", "verification"]))
            .to_owned();
        manager.create_table(targets).await?;
        // Officers who were believed.
        let officers = Table::create()
            .table("officers")
            .col(ColumnDef::new("agency").uuid().not_null())
            .col(ColumnDef::new("officer").text().not_null())
            .col(ColumnDef::new("verification").uuid().not_null())
            .primary_key(&mut key(&["agency", "officer"]))
            .to_owned();
        manager.create_table(officers).await?;
        // Emergencies whose formal Request has not come.
        let debts = Table::create()
            .table("debts")
            .col(ColumnDef::new("verification").uuid().not_null().primary_key())
            .col(ColumnDef::new("agency").uuid().not_null())
            .col(ColumnDef::new("request").text().not_null())
            .col(ColumnDef::new("due_time").timestamp_with_time_zone().not_null())
            .to_owned();
        manager.create_table(debts).await?;
        index(manager, "debts_agency", "debts", &["agency", "due_time"]).await?;
        // Challenges that are still to be mailed. The code is derived when it is sent.
        let mails = Table::create()
            .table("challenge_mails")
            .col(ColumnDef::new("verification").uuid().not_null())
            .col(ColumnDef::new("place").integer().not_null())
            .col(ColumnDef::new("due_time").timestamp_with_time_zone().not_null())
            .col(ColumnDef::new("attempts").integer().not_null())
            .primary_key(&mut key(&["verification", "place"]))
            .to_owned();
        manager.create_table(mails).await?;
        index(manager, "challenge_mails_due", "challenge_mails", &["due_time"]).await?;
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
