//! The tables `compromises`, `compromised_verifications` and `reliances`.

use std::collections::BTreeSet;

use rogatory_names::{CompromiseId, ProductionId, VerificationId};
use rogatory_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
    sea_query::{Expr, OnConflict},
};

use super::{Stored, json, lost};
use crate::domain::{
    agency::Agency,
    compromise::{Compromise, Reliance, Subject},
};

mod compromise {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "compromises")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) agency: Uuid,
        pub(super) subject: String,
        pub(super) done: bool,
        pub(super) version: i64,
        pub(super) body: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod leaning {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "compromised_verifications")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) compromise: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) verification: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {
        #[sea_orm(
            belongs_to = "super::reliance::Entity",
            from = "Column::Verification",
            to = "super::reliance::Column::Verification"
        )]
        Reliance,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod reliance {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reliances")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) production: Uuid,
        pub(super) verification: Uuid,
        pub(super) body: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores a new report.
///
/// # Errors
/// The store's own.
pub async fn insert(to: &impl ConnectionTrait, report: &Compromise) -> Result<(), StoreError> {
    let row = compromise::ActiveModel {
        id: Set(report.id.uuid()),
        agency: Set(report.agency.uuid()),
        subject: Set(report.subject.to_string()),
        done: Set(report.finish_time.is_some()),
        version: Set(1),
        body: Set(json(report)?),
    };
    compromise::Entity::insert(row).exec_without_returning(to).await?;
    Ok(())
}

/// Stores how far a sweep is. [`StoreError::Contention`] when another worker was faster.
///
/// # Errors
/// The store's own.
pub async fn replace(
    to: &impl ConnectionTrait,
    before: &Stored<Compromise>,
    after: &Compromise,
) -> Result<(), StoreError> {
    let updated = compromise::Entity::update_many()
        .col_expr(compromise::Column::Done, Expr::value(after.finish_time.is_some()))
        .col_expr(compromise::Column::Version, Expr::value(before.version + 1))
        .col_expr(compromise::Column::Body, Expr::value(json(after)?))
        .filter(compromise::Column::Id.eq(after.id.uuid()))
        .filter(compromise::Column::Version.eq(before.version))
        .exec(to)
        .await?;
    if updated.rows_affected == 0 { Err(StoreError::Contention) } else { Ok(()) }
}

/// The report with this id.
///
/// # Errors
/// The store's own.
pub async fn get(from: &impl ConnectionTrait, id: CompromiseId) -> Result<Option<Stored<Compromise>>, StoreError> {
    compromise::Entity::find_by_id(id.uuid()).one(from).await?.map(read).transpose()
}

/// The first report whose sweep is not done.
///
/// # Errors
/// The store's own.
pub async fn first_running(from: &impl ConnectionTrait) -> Result<Option<Stored<Compromise>>, StoreError> {
    let running = compromise::Entity::find().filter(compromise::Column::Done.eq(false));
    running.order_by_asc(compromise::Column::Id).one(from).await?.map(read).transpose()
}

/// Every report about one of these agencies, or about a domain that one of them has or had.
///
/// # Errors
/// The store's own.
pub async fn concerning(
    from: &impl ConnectionTrait,
    agencies: impl Iterator<Item = &Agency>,
) -> Result<Vec<Compromise>, StoreError> {
    let subjects: BTreeSet<String> = agencies
        .flat_map(|agency| {
            let domains = agency.domains.iter().map(|known| Subject::Domain(known.domain.clone()));
            domains.chain([Subject::Agency(agency.id)])
        })
        .map(|subject| subject.to_string())
        .collect();
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let rows = compromise::Entity::find()
        .filter(compromise::Column::Subject.is_in(subjects))
        .order_by_asc(compromise::Column::Id)
        .all(from)
        .await?;
    rows.into_iter().map(|row| read(row).map(|stored| stored.value)).collect()
}

fn read(row: compromise::Model) -> Result<Stored<Compromise>, StoreError> {
    Ok(Stored { value: super::read("a compromise", row.body)?, version: row.version })
}

/// Takes note of verifications that leaned on what was compromised.
///
/// # Errors
/// The store's own.
pub async fn insert_leaning(
    to: &Tx,
    compromise: CompromiseId,
    verifications: &[VerificationId],
) -> Result<(), StoreError> {
    if verifications.is_empty() {
        return Ok(());
    }
    let row = |verification: &VerificationId| leaning::ActiveModel {
        compromise: Set(compromise.uuid()),
        verification: Set(verification.uuid()),
    };
    leaning::Entity::insert_many(verifications.iter().map(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(to)
        .await?;
    Ok(())
}

/// How many productions were made in reliance on one of these verifications.
///
/// # Errors
/// The store's own.
pub async fn count_relying(from: &impl ConnectionTrait, verifications: &[VerificationId]) -> Result<u64, StoreError> {
    if verifications.is_empty() {
        return Ok(0);
    }
    let ids = verifications.iter().map(|verification| verification.uuid());
    Ok(reliance::Entity::find().filter(reliance::Column::Verification.is_in(ids)).count(from).await?)
}

/// Stores what was produced in reliance on a verification. [`StoreError::Contention`] when the production was recorded in
/// the meantime.
///
/// # Errors
/// The store's own.
pub async fn insert_reliance(to: &impl ConnectionTrait, reliance: &Reliance) -> Result<(), StoreError> {
    let row = reliance::ActiveModel {
        production: Set(reliance.production.uuid()),
        verification: Set(reliance.verification.uuid()),
        body: Set(json(reliance)?),
    };
    reliance::Entity::insert(row).exec_without_returning(to).await.map(|_| ()).map_err(lost)
}

/// What is recorded of a production.
///
/// # Errors
/// The store's own.
pub async fn reliance(from: &impl ConnectionTrait, production: ProductionId) -> Result<Option<Reliance>, StoreError> {
    let row = reliance::Entity::find_by_id(production.uuid()).one(from).await?;
    row.map(|row| super::read("a reliance", row.body)).transpose()
}

fn relied_on(compromise: CompromiseId) -> sea_orm::Select<reliance::Entity> {
    reliance::Entity::find()
        .join_rev(JoinType::InnerJoin, leaning::Relation::Reliance.def())
        .filter(leaning::Column::Compromise.eq(compromise.uuid()))
}

/// How many productions were made in reliance on the verifications that leaned on what was compromised.
///
/// # Errors
/// The store's own.
pub async fn count_productions(from: &impl ConnectionTrait, compromise: CompromiseId) -> Result<u64, StoreError> {
    Ok(relied_on(compromise).count(from).await?)
}

/// At most `limit` of them after `after`, in the order in which they were made.
///
/// # Errors
/// The store's own.
pub async fn productions(
    from: &impl ConnectionTrait,
    compromise: CompromiseId,
    after: Option<ProductionId>,
    limit: u64,
) -> Result<Vec<Reliance>, StoreError> {
    let mut query = relied_on(compromise);
    if let Some(after) = after {
        query = query.filter(reliance::Column::Production.gt(after.uuid()));
    }
    let rows = query.order_by_asc(reliance::Column::Production).limit(limit).all(from).await?;
    rows.into_iter().map(|row| super::read("a reliance", row.body)).collect()
}
