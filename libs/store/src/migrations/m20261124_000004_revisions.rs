//! Revisions of rule files. A published one is immutable, and the database itself keeps it so.

use sea_orm_migration::prelude::*;

use super::per_engine;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let revisions = Table::create()
            .table("revisions")
            .col(ColumnDef::new("name").text().not_null().primary_key())
            .col(ColumnDef::new("kind").text().not_null())
            .col(ColumnDef::new("document").text().not_null())
            .col(ColumnDef::new("title").text().not_null())
            .col(ColumnDef::new("digest").text().not_null())
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("text").text().not_null())
            .col(ColumnDef::new("create_time").timestamp_with_time_zone().not_null())
            .col(ColumnDef::new("author").text().not_null())
            .col(ColumnDef::new("publish_time").timestamp_with_time_zone())
            .col(ColumnDef::new("publisher").text())
            .col(ColumnDef::new("effective_time").timestamp_with_time_zone())
            .col(ColumnDef::new("version").big_integer().not_null())
            .to_owned();
        manager.create_table(revisions).await?;
        let index = Index::create().name("revisions_by_kind").table("revisions").col("kind").col("name").to_owned();
        manager.create_index(index).await?;
        // Counts the publications of each kind, so that replicas can ask cheaply whether there is something new.
        let heads = Table::create()
            .table("revision_heads")
            .col(ColumnDef::new("kind").text().not_null().primary_key())
            .col(ColumnDef::new("version").big_integer().not_null())
            .to_owned();
        manager.create_table(heads).await?;
        let sqlite = [
            "CREATE TRIGGER published_revisions_are_not_updated BEFORE UPDATE ON revisions WHEN OLD.state = 'published'
                BEGIN SELECT RAISE(ABORT, 'a published revision is not changed'); END",
            "CREATE TRIGGER published_revisions_are_not_deleted BEFORE DELETE ON revisions WHEN OLD.state = 'published'
                BEGIN SELECT RAISE(ABORT, 'a published revision is not deleted'); END",
        ];
        let postgres = [
            "CREATE FUNCTION published_revisions_stay() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'a published revision is not changed'; END $$",
            "CREATE TRIGGER published_revisions_stay BEFORE UPDATE OR DELETE ON revisions
                FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION published_revisions_stay()",
        ];
        per_engine(manager.get_connection(), &sqlite, &postgres).await
    }
}
