//! The table `plans`: a plan as it was decided, never changed after.

use rogatory_store::StoreError;
use sea_orm::{ActiveValue::Set, ConnectionTrait, entity::prelude::*};

use crate::domain::route::Plan;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plans")]
struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    request: String,
    platform: String,
    verdict: String,
    revision: String,
    create_time: DateTimeUtc,
    /// Facts, route and provenance, so that the decision can be made again.
    body: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Stores a new plan.
///
/// # Errors
/// The store's own.
pub async fn insert(to: &impl ConnectionTrait, plan: &Plan) -> Result<(), StoreError> {
    let body = serde_json::to_value(plan).map_err(|_| StoreError::Other("a plan has no JSON form".to_owned()))?;
    let row = ActiveModel {
        id: Set(plan.id.uuid()),
        request: Set(plan.request.name()),
        platform: Set(plan.platform.clone()),
        verdict: Set(plan.route.verdict.as_str().to_owned()),
        revision: Set(plan.provenance.revision.clone()),
        create_time: Set(plan.create_time),
        body: Set(body),
    };
    Entity::insert(row).exec_without_returning(to).await?;
    Ok(())
}
