//! The docket, and how far the feeds of the peers were followed.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let steps = Table::create()
            .table("docket_steps")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("request").uuid().not_null())
            .col(ColumnDef::new("work").text().not_null())
            .col(ColumnDef::new("attempts").integer().not_null())
            // When it may be taken up; a lease moves it on. NULL is parked.
            .col(ColumnDef::new("due_time").timestamp_with_time_zone())
            // Whose lease it is; NULL when nobody has it in hand.
            .col(ColumnDef::new("lease").uuid())
            .col(ColumnDef::new("correlation_id").text().not_null())
            // Why the last try failed, for the operator.
            .col(ColumnDef::new("failure").text())
            .to_owned();
        manager.create_table(steps).await?;
        let by_due = Index::create().name("docket_steps_by_due_time").table("docket_steps").col("due_time").to_owned();
        manager.create_index(by_due).await?;

        let cursors = Table::create()
            .table("feed_cursors")
            .col(ColumnDef::new("peer").text().not_null().primary_key())
            .col(ColumnDef::new("cursor").text().not_null())
            .to_owned();
        manager.create_table(cursors).await
    }
}
