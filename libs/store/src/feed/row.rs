//! The table `events`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub(super) struct Model {
    #[sea_orm(primary_key)]
    pub(super) seq: i64,
    pub(super) xid: i64,
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) request: Option<String>,
    pub(super) time: DateTimeUtc,
    pub(super) actor: String,
    pub(super) correlation_id: String,
    pub(super) facts: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
