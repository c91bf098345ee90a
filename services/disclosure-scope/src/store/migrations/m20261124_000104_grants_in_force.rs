//! When a grant ends, beside its snapshot: every replica looks for those that were revoked before their time.

use chrono::{DateTime, Utc};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A grant of before is looked at for as long as it may take: a revocation must not be overlooked.
        let never = DateTime::<Utc>::from_timestamp(253_370_764_800, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let column = ColumnDef::new("expire_time").timestamp_with_time_zone().not_null().default(never).to_owned();
        manager.alter_table(Table::alter().table("grants").add_column(column).to_owned()).await?;
        let index = Index::create().name("grants_by_state").table("grants").col("state").col("expire_time").to_owned();
        manager.create_index(index).await
    }
}
