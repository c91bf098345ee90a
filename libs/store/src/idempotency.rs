//! Keys that callers send so that a repeated call is done once. They are kept for good: a call that is repeated after
//! a year is still the same call.

use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::{Change, Changed, Mutated, Store, StoreError, Tx};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) actor: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) method: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request_id: String,
        pub(super) body_digest: Vec<u8>,
        pub(super) resource: String,
        pub(super) response: Vec<u8>,
        pub(super) time: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The answer that was given when the key was taken; none if it is free or the call has none.
pub(crate) async fn answered(store: &Store, change: &Change<'_>) -> Result<Option<Mutated>, StoreError> {
    let Some(request_id) = change.request_id else { return Ok(None) };
    let key = (change.actor.to_owned(), change.method.to_owned(), request_id.to_owned());
    let Some(taken) = row::Entity::find_by_id(key).one(store.read()).await? else { return Ok(None) };
    if taken.body_digest != change.body_digest {
        return Err(StoreError::RequestIdReused { method: change.method });
    }
    Ok(Some(Mutated { response: taken.response, resource: taken.resource, replayed: true }))
}

/// Takes the key. It fails with a unique violation when another call took it; on PostgreSQL it first waits for that
/// call's transaction to end.
pub(crate) async fn take(tx: &Tx, change: &Change<'_>, changed: &Changed) -> Result<(), StoreError> {
    let Some(request_id) = change.request_id else { return Ok(()) };
    let key = row::ActiveModel {
        actor: Set(change.actor.to_owned()),
        method: Set(change.method.to_owned()),
        request_id: Set(request_id.to_owned()),
        body_digest: Set(change.body_digest.to_vec()),
        resource: Set(changed.resource.clone()),
        response: Set(changed.response.clone()),
        time: Set(change.now),
    };
    row::Entity::insert(key).exec_without_returning(tx).await?;
    Ok(())
}
