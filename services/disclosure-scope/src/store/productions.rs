//! The table `productions`.

use rogatory_names::ProductionId;
use rogatory_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, entity::prelude::*};

use super::{of_json, to_json};
use crate::domain::production::Production;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "productions")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    grant_id: String,
    request: String,
    #[sea_orm(column_type = "JsonBinary")]
    snapshot: Json,
    create_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Stores a new one; it never changes.
pub(crate) async fn insert(tx: &Tx, production: &Production) -> Result<(), StoreError> {
    let row = ActiveModel {
        id: Set(production.id.to_string()),
        grant_id: Set(production.grant.to_string()),
        request: Set(production.request.to_string()),
        snapshot: Set(to_json(production)?),
        create_time: Set(production.create_time),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The one with this id.
pub(crate) async fn get(connection: &impl ConnectionTrait, id: ProductionId) -> Result<Option<Production>, StoreError> {
    let row = Entity::find_by_id(id.to_string()).one(connection).await?;
    row.map(|row| of_json(&row.id, row.snapshot)).transpose()
}
