//! The tables `verifications`, `evidence` and `leans`.

use std::collections::{BTreeSet, HashMap};

use rogatory_names::{RequestId, VerificationId};
use rogatory_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
    sea_query::{Expr, OnConflict},
};

use super::{Stored, json, lost, past};
use crate::domain::{
    compromise::Subject,
    evidence::Evidence,
    verification::{State, Verification},
};

pub(super) mod verification {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "verifications")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::store) id: Uuid,
        pub(in crate::store) request: String,
        pub(in crate::store) state: String,
        pub(in crate::store) agency: Option<Uuid>,
        pub(in crate::store) receive_time: DateTimeUtc,
        /// How many pieces of evidence it has.
        pub(in crate::store) pieces: i32,
        pub(in crate::store) version: i64,
        /// Everything but the evidence.
        pub(in crate::store) body: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod evidence {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "evidence")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) verification: Uuid,
        /// Its place in the order of recording, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) place: i32,
        pub(super) body: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod lean {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "leans")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) subject: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) verification: Uuid,
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
        agency: Set(opened.agency.map(|agency| agency.uuid())),
        receive_time: Set(opened.facts.receive_time),
        pieces: Set(pieces(opened.evidence.len())?),
        version: Set(1),
        body: Set(body(opened)?),
    };
    verification::Entity::insert(row).exec_without_returning(to).await.map_err(lost)?;
    append(to, evidence_rows(opened, 0)?).await?;
    lean(to, opened, &BTreeSet::new()).await
}

/// Stores what became of a verification: its state, the evidence that is new, on what it leans, what it owes, and that its
/// officer was believed. [`StoreError::Contention`] when it is no longer at `before.version`.
///
/// # Errors
/// The store's own.
pub async fn replace(
    to: &impl ConnectionTrait,
    before: &Stored<Verification>,
    after: &Verification,
) -> Result<(), StoreError> {
    let known = before.value.evidence.len();
    let updated = verification::Entity::update_many()
        .col_expr(verification::Column::State, Expr::value(after.state.code()))
        .col_expr(verification::Column::Agency, Expr::value(after.agency.map(|agency| agency.uuid())))
        .col_expr(verification::Column::Pieces, Expr::value(pieces(after.evidence.len())?))
        .col_expr(verification::Column::Version, Expr::value(before.version + 1))
        .col_expr(verification::Column::Body, Expr::value(body(after)?))
        .filter(verification::Column::Id.eq(after.id.uuid()))
        .filter(verification::Column::Version.eq(before.version))
        .exec(to)
        .await?;
    if updated.rows_affected == 0 {
        return Err(StoreError::Contention);
    }
    append(to, evidence_rows(after, known)?).await?;
    lean(to, after, &before.value.leans()).await?;
    if before.value.debt != after.debt {
        past::keep_debt(to, after).await?;
    }
    if before.value.state != State::Verified && after.state == State::Verified {
        past::insert_officer(to, after).await?;
    }
    Ok(())
}

/// Takes note of what a verification leans on that it did not before.
async fn lean(to: &impl ConnectionTrait, of: &Verification, before: &BTreeSet<Subject>) -> Result<(), StoreError> {
    let row =
        |subject: &Subject| lean::ActiveModel { subject: Set(subject.to_string()), verification: Set(of.id.uuid()) };
    let rows: Vec<_> = of.leans().difference(before).map(row).collect();
    if !rows.is_empty() {
        let known = OnConflict::new().do_nothing().to_owned();
        lean::Entity::insert_many(rows).on_conflict(known).exec_without_returning(to).await?;
    }
    Ok(())
}

fn pieces(count: usize) -> Result<i32, StoreError> {
    i32::try_from(count).map_err(|_| StoreError::Other("too much evidence".to_owned()))
}

/// The rows of the evidence that is new after the first `known` pieces.
fn evidence_rows(of: &Verification, known: usize) -> Result<Vec<evidence::ActiveModel>, StoreError> {
    of.evidence
        .iter()
        .enumerate()
        .skip(known)
        .map(|(place, piece)| evidence_row(of.id, pieces(place)?, piece))
        .collect()
}

fn evidence_row(of: VerificationId, place: i32, piece: &Evidence) -> Result<evidence::ActiveModel, StoreError> {
    Ok(evidence::ActiveModel { verification: Set(of.uuid()), place: Set(place), body: Set(json(piece)?) })
}

async fn append(to: &impl ConnectionTrait, rows: Vec<evidence::ActiveModel>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    evidence::Entity::insert_many(rows).exec_without_returning(to).await.map(|_| ()).map_err(lost)
}

/// A verification as a sweep looks at it.
#[derive(Debug, Clone)]
pub struct Leaning {
    /// The verification. Its list of evidence is empty at first; what a sweep adds comes after what is stored.
    pub value: Verification,
    /// The version at which it was read.
    version: i64,
    /// How many pieces of evidence were stored.
    pieces: i32,
}

/// At most `limit` verifications after `after` that lean on a subject, in the order of their ids, without their evidence.
///
/// # Errors
/// The store's own.
pub async fn leaning(
    from: &impl ConnectionTrait,
    subject: &Subject,
    after: Option<VerificationId>,
    limit: u64,
) -> Result<Vec<Leaning>, StoreError> {
    let mut ids = lean::Entity::find()
        .select_only()
        .column(lean::Column::Verification)
        .filter(lean::Column::Subject.eq(subject.to_string()));
    if let Some(after) = after {
        ids = ids.filter(lean::Column::Verification.gt(after.uuid()));
    }
    let ids: Vec<uuid::Uuid> = ids.order_by_asc(lean::Column::Verification).limit(limit).into_tuple().all(from).await?;
    // As text: a sweep reads a million of them, and a tree of each would cost as much as all else.
    let rows: Vec<(i64, i32, String)> = verification::Entity::find()
        .select_only()
        .column(verification::Column::Version)
        .column(verification::Column::Pieces)
        .column_as(Expr::cust("CAST(body AS TEXT)"), "body")
        .filter(verification::Column::Id.is_in(ids))
        .order_by_asc(verification::Column::Id)
        .into_tuple()
        .all(from)
        .await?;
    let corrupt = |_| StoreError::Corrupt("a verification is of another form".to_owned());
    let leaning = |(version, pieces, body): (i64, i32, String)| {
        Ok(Leaning { value: serde_json::from_str(&body).map_err(corrupt)?, version, pieces })
    };
    rows.into_iter().map(leaning).collect()
}

/// Stores what a sweep changed, all at once: each verification with the evidence that is new, which is taken out of it. [`StoreError::Contention`] when
/// one of them was changed by somebody else.
///
/// # Errors
/// The store's own.
pub async fn replace_swept(to: &Tx, swept: &mut [Leaning]) -> Result<(), StoreError> {
    if swept.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    for Leaning { value, version, pieces: stored } in swept.iter_mut() {
        let new = std::mem::take(&mut value.evidence);
        let known = usize::try_from(*stored).unwrap_or_default();
        for (index, piece) in new.iter().enumerate() {
            rows.push(evidence_row(value.id, pieces(known + index)?, piece)?);
        }
        let body = serde_json::to_string(value);
        let body = body.map_err(|_| StoreError::Other("a value has no JSON form".to_owned()))?;
        values.extend([
            value.id.uuid().into(),
            (*version).into(),
            value.state.code().into(),
            pieces(known + new.len())?.into(),
            body.into(),
        ]);
    }
    let places = |row: usize| (1..=5).map(|place| format!("${}", row * 5 + place)).collect::<Vec<_>>().join(", ");
    let listed = (0..swept.len()).map(|row| format!("({})", places(row))).collect::<Vec<_>>().join(", ");
    let body = match to.get_database_backend() {
        DatabaseBackend::Postgres => "CAST(after.body AS jsonb)",
        _ => "after.body",
    };
    // One statement for all of them.
    let sql = format!(
        "WITH after (id, version, state, pieces, body) AS (VALUES {listed}) \
         UPDATE verifications SET state = after.state, version = verifications.version + 1, pieces = after.pieces, \
         body = {body} FROM after WHERE verifications.id = after.id AND verifications.version = after.version"
    );
    let statement = Statement::from_sql_and_values(to.get_database_backend(), sql, values);
    if to.execute_raw(statement).await?.rows_affected() != swept.len() as u64 {
        return Err(StoreError::Contention);
    }
    append(to, rows).await
}

/// The verification of this request, whole.
///
/// # Errors
/// The store's own.
pub async fn of_request(
    from: &impl ConnectionTrait,
    request: RequestId,
) -> Result<Option<Stored<Verification>>, StoreError> {
    let row = verification::Entity::find().filter(verification::Column::Request.eq(request.name())).one(from).await?;
    Ok(with_evidence(from, row.into_iter().collect()).await?.pop())
}

/// The verification with this id.
///
/// # Errors
/// The store's own.
pub async fn get(from: &impl ConnectionTrait, id: VerificationId) -> Result<Option<Stored<Verification>>, StoreError> {
    let row = verification::Entity::find_by_id(id.uuid()).one(from).await?;
    Ok(with_evidence(from, row.into_iter().collect()).await?.pop())
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
