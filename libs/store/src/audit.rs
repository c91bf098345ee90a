//! The audit ledger: who changed what, by which call. Rows are inserted and never touched again; triggers of the
//! database refuse anything else.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rogatory_names::AuditId;
use sea_orm::{
    ActiveValue, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{Change, Changed, StoreError, Tx};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_entries")]
    pub(super) struct Model {
        #[sea_orm(primary_key)]
        pub(super) seq: i64,
        pub(super) id: Uuid,
        pub(super) time: DateTimeUtc,
        pub(super) actor: String,
        pub(super) method: String,
        pub(super) resource: String,
        pub(super) request_id: Option<String>,
        pub(super) correlation_id: String,
        pub(super) facts: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the ledger, in the order of writing.
    pub seq: i64,
    /// Its id.
    pub id: AuditId,
    /// When the call came.
    pub time: DateTime<Utc>,
    /// Who made it.
    pub actor: String,
    /// Full gRPC method, or `worker:<name>`.
    pub method: String,
    /// Resource name of what was changed.
    pub resource: String,
    /// The caller's idempotency key, if it sent one.
    pub request_id: Option<String>,
    /// Correlation id of the call.
    pub correlation_id: String,
    /// What was changed, in codes, states and names.
    pub facts: BTreeMap<String, String>,
}

pub(crate) async fn insert(tx: &Tx, change: &Change<'_>, changed: &Changed) -> Result<(), StoreError> {
    let entry = row::ActiveModel {
        seq: ActiveValue::NotSet,
        id: Set(AuditId::new().uuid()),
        time: Set(change.now),
        actor: Set(change.actor.to_owned()),
        method: Set(change.method.to_owned()),
        resource: Set(changed.resource.clone()),
        request_id: Set(change.request_id.map(str::to_owned)),
        correlation_id: Set(change.correlation_id.to_owned()),
        facts: Set(serde_json::json!(changed.facts)),
    };
    row::Entity::insert(entry).exec_without_returning(tx).await?;
    Ok(())
}

/// The entries after a place in the ledger, in order, at most `limit`. `after` 0 starts at the first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(from: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<AuditEntry>, StoreError> {
    let rows = row::Entity::find()
        .filter(row::Column::Seq.gt(after))
        .order_by_asc(row::Column::Seq)
        .limit(limit)
        .all(from)
        .await?;
    rows.into_iter().map(AuditEntry::try_from).collect()
}

impl TryFrom<row::Model> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: row::Model) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("audit entry {}", row.seq));
        Ok(Self {
            id: AuditId::from_uuid(row.id).ok_or_else(corrupt)?,
            facts: serde_json::from_value(row.facts).map_err(|_| corrupt())?,
            seq: row.seq,
            time: row.time,
            actor: row.actor,
            method: row.method,
            resource: row.resource,
            request_id: row.request_id,
            correlation_id: row.correlation_id,
        })
    }
}
