//! Which plans are of open requests, and how they are found by platform and by request.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("close_time").timestamp_with_time_zone().null().to_owned();
        manager.alter_table(Table::alter().table("plans").add_column(column).to_owned()).await?;
        manager.drop_index(Index::drop().name("plans_request").table("plans").to_owned()).await?;
        for (name, column) in [("plans_of_request", "request"), ("plans_of_platform", "platform")] {
            let index = Index::create().name(name).table("plans").col(column).col("id").to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
