//! The tables `agencies` and `agency_domains`.

use std::collections::BTreeMap;

use rogatory_names::AgencyId;
use rogatory_rulebook::Country;
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{Stored, json, lost};
use crate::domain::{
    agency::{Agency, name_beginnings},
    domain_match::with_parents,
    gather::Held,
};

mod agency {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agencies")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) country: String,
        pub(super) name_key: String,
        /// The name without what stands in brackets.
        pub(super) bare_key: String,
        pub(super) version: i64,
        pub(super) body: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod domain {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency_domains")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) domain: String,
        pub(super) agency: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds an agency with its domains. [`StoreError::Contention`] when a domain was taken in the meantime.
///
/// # Errors
/// The store's own.
pub async fn insert(to: &impl ConnectionTrait, agency: &Agency) -> Result<(), StoreError> {
    let [name_key, bare_key] = agency.name_keys();
    let row = agency::ActiveModel {
        id: Set(agency.id.uuid()),
        country: Set(agency.entry.country.to_string()),
        name_key: Set(name_key),
        bare_key: Set(bare_key),
        version: Set(1),
        body: Set(json(agency)?),
    };
    agency::Entity::insert(row).exec_without_returning(to).await?;
    insert_domains(to, agency.id, &agency.entry.mail_domains).await
}

async fn insert_domains(to: &impl ConnectionTrait, agency: AgencyId, domains: &[String]) -> Result<(), StoreError> {
    if domains.is_empty() {
        return Ok(());
    }
    let rows =
        domains.iter().map(|domain| domain::ActiveModel { domain: Set(domain.clone()), agency: Set(agency.uuid()) });
    domain::Entity::insert_many(rows).exec_without_returning(to).await.map(|_| ()).map_err(lost)
}

/// Replaces an agency and its domains. [`StoreError::Contention`] when it is no longer at `before.version`, or a domain
/// was taken in the meantime.
///
/// # Errors
/// The store's own.
pub async fn replace(to: &impl ConnectionTrait, before: &Stored<Agency>, agency: &Agency) -> Result<(), StoreError> {
    let [name_key, bare_key] = agency.name_keys();
    let updated = agency::Entity::update_many()
        .col_expr(agency::Column::Country, Expr::value(agency.entry.country.to_string()))
        .col_expr(agency::Column::NameKey, Expr::value(name_key))
        .col_expr(agency::Column::BareKey, Expr::value(bare_key))
        .col_expr(agency::Column::Version, Expr::value(before.version + 1))
        .col_expr(agency::Column::Body, Expr::value(json(agency)?))
        .filter(agency::Column::Id.eq(agency.id.uuid()))
        .filter(agency::Column::Version.eq(before.version))
        .exec(to)
        .await?;
    if updated.rows_affected == 0 {
        return Err(StoreError::Contention);
    }
    domain::Entity::delete_many().filter(domain::Column::Agency.eq(agency.id.uuid())).exec(to).await?;
    insert_domains(to, agency.id, &agency.entry.mail_domains).await
}

/// The agency with this id.
///
/// # Errors
/// The store's own.
pub async fn get(from: &impl ConnectionTrait, id: AgencyId) -> Result<Option<Stored<Agency>>, StoreError> {
    agency::Entity::find_by_id(id.uuid()).one(from).await?.map(read).transpose()
}

/// The agency to which one of these domains belongs, other than `except`.
///
/// # Errors
/// The store's own.
pub async fn owner_of_any(
    from: &impl ConnectionTrait,
    domains: &[String],
    except: Option<AgencyId>,
) -> Result<Option<AgencyId>, StoreError> {
    let mut query = domain::Entity::find().filter(domain::Column::Domain.is_in(domains));
    if let Some(except) = except {
        query = query.filter(domain::Column::Agency.ne(except.uuid()));
    }
    let row = query.order_by_asc(domain::Column::Domain).one(from).await?;
    row.map(|row| AgencyId::from_uuid(row.agency).ok_or_else(|| corrupt(&row.domain))).transpose()
}

/// Those of `agencies` that the registry knows neither by a domain nor by name and country.
///
/// # Errors
/// The store's own.
pub async fn unknown<'a>(from: &impl ConnectionTrait, agencies: &'a [Agency]) -> Result<Vec<&'a Agency>, StoreError> {
    let mut unknown = Vec::new();
    for agency in agencies {
        let owner = owner_of_any(from, &agency.entry.mail_domains, None).await?;
        if owner.is_none() && !has_name(from, agency).await? {
            unknown.push(agency);
        }
    }
    Ok(unknown)
}

async fn has_name(from: &impl ConnectionTrait, agency: &Agency) -> Result<bool, StoreError> {
    let [name_key, _] = agency.name_keys();
    let found = agency::Entity::find()
        .filter(agency::Column::Country.eq(agency.entry.country.to_string()))
        .filter(agency::Column::NameKey.eq(name_key))
        .one(from)
        .await?;
    Ok(found.is_some())
}

/// Which agencies to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those of this country.
    pub country: Option<Country>,
    /// Only the one with this mail domain.
    pub mail_domain: Option<String>,
}

/// Where an agency stands in the list: by name, then by id.
pub fn place(agency: &Agency) -> String {
    let [name_key, _] = agency.name_keys();
    format!("{name_key}/{}", agency.id)
}

/// At most `limit` agencies after a [`place`], in the order of their names.
///
/// # Errors
/// The store's own; [`StoreError::TokenMismatch`] when `after` is not a place.
pub async fn list(
    from: &impl ConnectionTrait,
    filter: &Filter,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Stored<Agency>>, StoreError> {
    let mut query = agency::Entity::find();
    if let Some(country) = filter.country {
        query = query.filter(agency::Column::Country.eq(country.to_string()));
    }
    if let Some(mail_domain) = &filter.mail_domain {
        let owner = domain::Entity::find_by_id(mail_domain.clone()).one(from).await?;
        let Some(owner) = owner else { return Ok(Vec::new()) };
        query = query.filter(agency::Column::Id.eq(owner.agency));
    }
    if let Some(after) = after {
        let (name_key, id) = after.rsplit_once('/').ok_or(rogatory_store::TokenMismatch)?;
        let id: AgencyId = id.parse().map_err(|_| rogatory_store::TokenMismatch)?;
        let same_name =
            Condition::all().add(agency::Column::NameKey.eq(name_key)).add(agency::Column::Id.gt(id.uuid()));
        query = query.filter(Condition::any().add(agency::Column::NameKey.gt(name_key)).add(same_name));
    }
    let rows =
        query.order_by_asc(agency::Column::NameKey).order_by_asc(agency::Column::Id).limit(limit).all(from).await?;
    rows.into_iter().map(read).collect()
}

/// What the registry holds that concerns a request: by the stated name, and by the sender's domain.
///
/// # Errors
/// The store's own.
pub async fn held(
    from: &impl ConnectionTrait,
    country: Country,
    stated_name: &str,
    sender: Option<&str>,
) -> Result<Held, StoreError> {
    let beginnings = name_beginnings(stated_name);
    let by_name = Condition::any()
        .add(agency::Column::NameKey.is_in(beginnings.clone()))
        .add(agency::Column::BareKey.is_in(beginnings));
    let named = agency::Entity::find().filter(agency::Column::Country.eq(country.to_string())).filter(by_name);
    let named = agencies(named.all(from).await?)?;
    let Some(sender) = sender else { return Ok(Held { named, ..Held::default() }) };

    let rows = domain::Entity::find().filter(domain::Column::Domain.is_in(with_parents(sender))).all(from).await?;
    let ids: BTreeMap<_, _> = rows.into_iter().map(|row| (row.agency, row.domain)).collect();
    let owners = match ids.is_empty() {
        true => Vec::new(),
        false => agencies(agency::Entity::find().filter(agency::Column::Id.is_in(ids.into_keys())).all(from).await?)?,
    };
    let domains = match owners.is_empty() {
        true => domain::Entity::find().all(from).await?.into_iter().map(|row| row.domain).collect(),
        false => Vec::new(),
    };
    Ok(Held { named, owners, domains })
}

fn agencies(rows: Vec<agency::Model>) -> Result<Vec<Agency>, StoreError> {
    rows.into_iter().map(|row| read(row).map(|stored| stored.value)).collect()
}

fn read(row: agency::Model) -> Result<Stored<Agency>, StoreError> {
    Ok(Stored { value: super::read("an agency", row.body)?, version: row.version })
}

fn corrupt(domain: &str) -> StoreError {
    StoreError::Corrupt(format!("the domain {domain} belongs to nothing"))
}
