//! The tables `verifications` and `evidence`.

use std::collections::HashMap;

use rogatory_names::{RequestId, VerificationId};
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{Stored, json, lost};
use crate::domain::{
    evidence::Evidence,
    verification::{State, Verification},
};

mod verification {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "verifications")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) request: String,
        pub(super) state: String,
        pub(super) version: i64,
        /// Everything but the evidence.
        pub(super) body: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod evidence {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) verification: Uuid,
        /// Its place in the order of recording, from 0.
        pub(super) place: i32,
        pub(super) body: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores a new verification with its evidence. [`StoreError::Contention`] when the request got one in the meantime.
///
/// # Errors
/// The store's own.
pub async fn insert(to: &impl ConnectionTrait, opened: &Verification) -> Result<(), StoreError> {
    let row = verification::ActiveModel {
        id: Set(opened.id.uuid()),
        request: Set(opened.facts.request.name()),
        state: Set(opened.state.code().to_owned()),
        version: Set(1),
        body: Set(body(opened)?),
    };
    verification::Entity::insert(row).exec_without_returning(to).await.map_err(lost)?;
    append(to, opened, 0).await
}

/// Stores what became of a verification: its state, and the evidence that is new. [`StoreError::Contention`] when it is
/// no longer at `before.version`.
///
/// # Errors
/// The store's own.
pub async fn replace(
    to: &impl ConnectionTrait,
    before: &Stored<Verification>,
    after: &Verification,
) -> Result<(), StoreError> {
    let updated = verification::Entity::update_many()
        .col_expr(verification::Column::State, Expr::value(after.state.code()))
        .col_expr(verification::Column::Version, Expr::value(before.version + 1))
        .col_expr(verification::Column::Body, Expr::value(body(after)?))
        .filter(verification::Column::Id.eq(after.id.uuid()))
        .filter(verification::Column::Version.eq(before.version))
        .exec(to)
        .await?;
    if updated.rows_affected == 0 {
        return Err(StoreError::Contention);
    }
    append(to, after, before.value.evidence.len()).await
}

async fn append(to: &impl ConnectionTrait, of: &Verification, known: usize) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (place, piece) in of.evidence.iter().enumerate().skip(known) {
        rows.push(evidence::ActiveModel {
            id: Set(piece.id.uuid()),
            verification: Set(of.id.uuid()),
            place: Set(i32::try_from(place).map_err(|_| StoreError::Other("too much evidence".to_owned()))?),
            body: Set(json(piece)?),
        });
    }
    if rows.is_empty() {
        return Ok(());
    }
    evidence::Entity::insert_many(rows).exec_without_returning(to).await.map(|_| ()).map_err(lost)
}

/// The verification with this id.
///
/// # Errors
/// The store's own.
pub async fn get(from: &impl ConnectionTrait, id: VerificationId) -> Result<Option<Stored<Verification>>, StoreError> {
    let row = verification::Entity::find_by_id(id.uuid()).one(from).await?;
    Ok(with_evidence(from, row.into_iter().collect()).await?.pop())
}

/// The verification of this request.
///
/// # Errors
/// The store's own.
pub async fn id_of(from: &impl ConnectionTrait, request: RequestId) -> Result<Option<VerificationId>, StoreError> {
    let row = verification::Entity::find().filter(verification::Column::Request.eq(request.name())).one(from).await?;
    let id = |row: verification::Model| {
        VerificationId::from_uuid(row.id).ok_or_else(|| StoreError::Corrupt("the id of a verification".to_owned()))
    };
    row.map(id).transpose()
}

/// Which verifications to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only that of this request.
    pub request: Option<RequestId>,
    /// Only those in this state.
    pub state: Option<State>,
}

/// At most `limit` verifications older than `after`, newest first.
///
/// # Errors
/// The store's own.
pub async fn list(
    from: &impl ConnectionTrait,
    filter: Filter,
    after: Option<VerificationId>,
    limit: u64,
) -> Result<Vec<Stored<Verification>>, StoreError> {
    let mut query = verification::Entity::find();
    if let Some(request) = filter.request {
        query = query.filter(verification::Column::Request.eq(request.name()));
    }
    if let Some(state) = filter.state {
        query = query.filter(verification::Column::State.eq(state.code()));
    }
    if let Some(after) = after {
        query = query.filter(verification::Column::Id.lt(after.uuid()));
    }
    let rows = query.order_by_desc(verification::Column::Id).limit(limit).all(from).await?;
    with_evidence(from, rows).await
}

async fn with_evidence(
    from: &impl ConnectionTrait,
    rows: Vec<verification::Model>,
) -> Result<Vec<Stored<Verification>>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let pieces = evidence::Entity::find()
        .filter(evidence::Column::Verification.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(evidence::Column::Verification)
        .order_by_asc(evidence::Column::Place)
        .all(from)
        .await?;
    let mut by_verification: HashMap<_, Vec<Evidence>> = HashMap::new();
    for piece in pieces {
        by_verification.entry(piece.verification).or_default().push(super::read("a piece of evidence", piece.body)?);
    }
    let mut stored = Vec::new();
    for row in rows {
        let mut value: Verification = super::read("a verification", row.body)?;
        value.evidence = by_verification.remove(&row.id).unwrap_or_default();
        stored.push(Stored { value, version: row.version });
    }
    Ok(stored)
}

/// A verification without its evidence, which has its own table.
fn body(of: &Verification) -> Result<serde_json::Value, StoreError> {
    json(&Verification { evidence: Vec::new(), ..of.clone() })
}
