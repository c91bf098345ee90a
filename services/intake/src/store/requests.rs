//! Requests.

use rogatory_names::RequestId;
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{id, read, write};
use crate::domain::{request::LegalRequest, state::State};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "requests")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) version: i64,
        pub(super) state: String,
        pub(super) country: Option<String>,
        pub(super) submitter: String,
        pub(super) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A request with the version under which it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The request.
    pub request: LegalRequest,
    /// Its version; the next change is conditional on it.
    pub version: i64,
}

/// Which requests to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that this actor filed.
    pub submitter: Option<String>,
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those of agencies of this country.
    pub country: Option<String>,
    /// Only those older than this one.
    pub before: Option<RequestId>,
}

/// Stores a new request, as version 1.
///
/// # Errors
/// The store's.
pub async fn insert(connection: &impl ConnectionTrait, request: &LegalRequest) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        id: Set(request.id.uuid()),
        version: Set(1),
        state: Set(request.state.as_str().to_owned()),
        country: Set(country(request)),
        submitter: Set(request.submitter.clone()),
        body: Set(write("request", request)?),
    };
    row::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

/// Stores a change of a request. Answers the new version, or nothing when another change came first.
///
/// # Errors
/// The store's.
pub async fn save(
    connection: &impl ConnectionTrait,
    request: &LegalRequest,
    version: i64,
) -> Result<Option<i64>, StoreError> {
    let next = version + 1;
    let changed = row::Entity::update_many()
        .col_expr(row::Column::Version, Expr::value(next))
        .col_expr(row::Column::State, Expr::value(request.state.as_str()))
        .col_expr(row::Column::Country, Expr::value(country(request)))
        .col_expr(row::Column::Body, Expr::value(write("request", request)?))
        .filter(row::Column::Id.eq(request.id.uuid()))
        .filter(row::Column::Version.eq(version))
        .exec(connection)
        .await?;
    Ok((changed.rows_affected == 1).then_some(next))
}

/// A request, when it is there.
///
/// # Errors
/// The store's.
pub async fn get(connection: &impl ConnectionTrait, id: RequestId) -> Result<Option<Stored>, StoreError> {
    row::Entity::find_by_id(id.uuid()).one(connection).await?.as_ref().map(of_row).transpose()
}

/// The version of a request, when it is there: cheaper than the request.
///
/// # Errors
/// The store's.
pub async fn version(connection: &impl ConnectionTrait, id: RequestId) -> Result<Option<i64>, StoreError> {
    let query = row::Entity::find_by_id(id.uuid()).select_only().column(row::Column::Version);
    Ok(query.into_tuple().one(connection).await?)
}

/// Requests, newest first.
///
/// # Errors
/// The store's.
pub async fn list(connection: &impl ConnectionTrait, filter: &Filter, limit: u64) -> Result<Vec<Stored>, StoreError> {
    let mut query = row::Entity::find().order_by_desc(row::Column::Id).limit(limit);
    if let Some(submitter) = &filter.submitter {
        query = query.filter(row::Column::Submitter.eq(submitter));
    }
    if let Some(state) = filter.state {
        query = query.filter(row::Column::State.eq(state.as_str()));
    }
    if let Some(country) = &filter.country {
        query = query.filter(row::Column::Country.eq(country));
    }
    if let Some(before) = filter.before {
        query = query.filter(row::Column::Id.lt(before.uuid()));
    }
    query.all(connection).await?.iter().map(of_row).collect()
}

fn country(request: &LegalRequest) -> Option<String> {
    request.particulars.requester.country.map(|country| country.alpha2().to_owned())
}

fn of_row(row: &row::Model) -> Result<Stored, StoreError> {
    let request: LegalRequest = read("request", &row.body)?;
    if request.id != id(RequestId::from_uuid, row.id)? {
        return Err(StoreError::Corrupt("a stored request has another id than its row".to_owned()));
    }
    Ok(Stored { request, version: row.version })
}
