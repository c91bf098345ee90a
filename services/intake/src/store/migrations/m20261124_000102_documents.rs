//! Documents, and their content apart from them: a list of documents must not drag the content along.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let documents = Table::create()
            .table("documents")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("request").uuid())
            .col(ColumnDef::new("uploader").text().not_null())
            .col(ColumnDef::new("body").text().not_null())
            .to_owned();
        manager.create_table(documents).await?;
        let by_request =
            Index::create().name("documents_by_request").table("documents").col("request").col("id").to_owned();
        manager.create_index(by_request).await?;

        let contents = Table::create()
            .table("document_contents")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(ColumnDef::new("content").blob().not_null())
            .to_owned();
        manager.create_table(contents).await
    }
}
