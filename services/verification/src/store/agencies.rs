//! The tables `agencies`, `agency_versions`, `agency_domains` and `registry`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rogatory_names::AgencyId;
use rogatory_rulebook::Country;
use rogatory_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait as _},
};
use uuid::Uuid;

use super::{Stored, compromises, json};
use crate::domain::{
    agency::{Agency, name_beginnings},
    domain_match::with_parents,
    gather::Held,
    known::KnownAgency,
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

mod version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency_versions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) agency: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) version: i64,
        pub(super) record_time: DateTimeUtc,
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
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) agency: Uuid,
        /// The change of the registry with which it came.
        pub(super) entered: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod registry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "registry")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: i32,
        pub(super) version: i64,
        pub(super) reread: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How often the registry was changed, and the last change that took a domain away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Counts the changes.
    pub version: i64,
    /// Whoever knows the domains as of an earlier change than this must read them all anew.
    pub reread: i64,
}

/// The mark of the registry.
///
/// # Errors
/// The store's own.
pub async fn mark(from: &impl ConnectionTrait) -> Result<Mark, StoreError> {
    let row = registry::Entity::find_by_id(1).one(from).await?;
    let row = row.ok_or_else(|| StoreError::Corrupt("the registry has no mark".to_owned()))?;
    Ok(Mark { version: row.version, reread: row.reread })
}

/// Begins a change of the registry and answers its number. Changes of the registry come one after the other: the row that
/// counts them is held until the transaction ends, so that no two of them give one domain to two agencies.
///
/// # Errors
/// The store's own.
pub async fn begin_change(tx: &Tx) -> Result<i64, StoreError> {
    registry::Entity::update_many()
        .col_expr(registry::Column::Version, Expr::col(registry::Column::Version).add(1))
        .filter(registry::Column::Id.eq(1))
        .exec(tx)
        .await?;
    Ok(mark(tx).await?.version)
}

/// Every domain that entered the registry after the change `after`, up to the change `until`.
///
/// # Errors
/// The store's own.
pub async fn domains_entered(from: &impl ConnectionTrait, after: i64, until: i64) -> Result<Vec<String>, StoreError> {
    let rows = domain::Entity::find()
        .select_only()
        .column(domain::Column::Domain)
        .filter(domain::Column::Entered.gt(after))
        .filter(domain::Column::Entered.lte(until))
        .into_tuple::<String>()
        .all(from)
        .await?;
    Ok(rows)
}

/// Adds agencies with their domains, as part of the change `change`.
///
/// # Errors
/// The store's own.
pub async fn insert(to: &impl ConnectionTrait, agencies: &[Agency], change: i64) -> Result<(), StoreError> {
    if agencies.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    for agency in agencies {
        let [name_key, bare_key] = agency.name_keys();
        rows.push(agency::ActiveModel {
            id: Set(agency.id.uuid()),
            country: Set(agency.entry.country.to_string()),
            name_key: Set(name_key),
            bare_key: Set(bare_key),
            version: Set(1),
            body: Set(json(agency)?),
        });
    }
    agency::Entity::insert_many(rows).exec_without_returning(to).await?;
    insert_versions(to, agencies, 1).await?;
    let mut domains = Vec::new();
    for agency in agencies {
        domains.extend(agency.domains.iter().map(|known| (known.domain.clone(), agency.id)));
    }
    insert_domains(to, domains, change).await
}

async fn insert_versions(to: &impl ConnectionTrait, agencies: &[Agency], version: i64) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for agency in agencies {
        rows.push(version::ActiveModel {
            agency: Set(agency.id.uuid()),
            version: Set(version),
            record_time: Set(agency.update_time),
            body: Set(json(agency)?),
        });
    }
    version::Entity::insert_many(rows).exec_without_returning(to).await?;
    Ok(())
}

async fn insert_domains(
    to: &impl ConnectionTrait,
    domains: Vec<(String, AgencyId)>,
    change: i64,
) -> Result<(), StoreError> {
    let row = |(domain, agency): (String, AgencyId)| domain::ActiveModel {
        domain: Set(domain),
        agency: Set(agency.uuid()),
        entered: Set(change),
    };
    let rows: Vec<_> = domains.into_iter().map(row).collect();
    if !rows.is_empty() {
        domain::Entity::insert_many(rows).exec_without_returning(to).await?;
    }
    Ok(())
}

/// Replaces an agency and its domains, as part of the change `change`. [`StoreError::Contention`] when it is no longer at
/// `before.version`.
///
/// # Errors
/// The store's own.
pub async fn replace(
    to: &impl ConnectionTrait,
    before: &Stored<Agency>,
    agency: &Agency,
    change: i64,
) -> Result<(), StoreError> {
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
    insert_versions(to, std::slice::from_ref(agency), before.version + 1).await?;
    let of = |agency: &Agency| agency.domains.iter().map(|known| known.domain.clone()).collect::<BTreeSet<_>>();
    let (old, new) = (of(&before.value), of(agency));
    let gone: Vec<_> = old.difference(&new).cloned().collect();
    if !gone.is_empty() {
        domain::Entity::delete_many()
            .filter(domain::Column::Agency.eq(agency.id.uuid()))
            .filter(domain::Column::Domain.is_in(gone))
            .exec(to)
            .await?;
        let reread = registry::Entity::update_many().col_expr(registry::Column::Reread, Expr::value(change));
        reread.filter(registry::Column::Id.eq(1)).exec(to).await?;
    }
    let came = new.difference(&old).map(|domain| (domain.clone(), agency.id)).collect();
    insert_domains(to, came, change).await
}

/// The agency with this id.
///
/// # Errors
/// The store's own.
pub async fn get(from: &impl ConnectionTrait, id: AgencyId) -> Result<Option<Stored<Agency>>, StoreError> {
    agency::Entity::find_by_id(id.uuid()).one(from).await?.map(read).transpose()
}

/// The agency with this id as the registry held it at a time.
///
/// # Errors
/// The store's own.
pub async fn get_at(
    from: &impl ConnectionTrait,
    id: AgencyId,
    at: DateTime<Utc>,
) -> Result<Option<Stored<Agency>>, StoreError> {
    let row = version::Entity::find()
        .filter(version::Column::Agency.eq(id.uuid()))
        .filter(version::Column::RecordTime.lte(at))
        .order_by_desc(version::Column::Version)
        .one(from)
        .await?;
    row.map(|row| Ok(Stored { value: super::read("an agency", row.body)?, version: row.version })).transpose()
}

/// Another agency than `agency` to which one of its domains belongs at a time at which it shall be its own, and that domain.
///
/// # Errors
/// The store's own.
pub async fn other_owner(
    from: &impl ConnectionTrait,
    agency: &Agency,
) -> Result<Option<(String, Stored<Agency>)>, StoreError> {
    let domains: Vec<_> = agency.domains.iter().map(|known| known.domain.clone()).collect();
    for other in owners(from, &domains).await?.into_iter().filter(|other| other.value.id != agency.id) {
        let overlapping = agency.domains.iter().find(|mine| {
            other.value.domains.iter().any(|its| its.domain == mine.domain && its.valid.overlaps(&mine.valid))
        });
        if let Some(mine) = overlapping {
            return Ok(Some((mine.domain.clone(), other)));
        }
    }
    Ok(None)
}

/// Every agency that has, or had, one of these domains.
///
/// # Errors
/// The store's own.
pub async fn owners(from: &impl ConnectionTrait, domains: &[String]) -> Result<Vec<Stored<Agency>>, StoreError> {
    let rows = domain::Entity::find().filter(domain::Column::Domain.is_in(domains)).all(from).await?;
    let ids: BTreeSet<Uuid> = rows.into_iter().map(|row| row.agency).collect();
    by_ids(from, ids).await
}

async fn by_ids(from: &impl ConnectionTrait, ids: BTreeSet<Uuid>) -> Result<Vec<Stored<Agency>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = agency::Entity::find().filter(agency::Column::Id.is_in(ids)).order_by_asc(agency::Column::Id);
    found.all(from).await?.into_iter().map(read).collect()
}

/// The agency of this country and name.
///
/// # Errors
/// The store's own.
pub async fn by_name(
    from: &impl ConnectionTrait,
    country: Country,
    display_name: &str,
) -> Result<Option<Stored<Agency>>, StoreError> {
    let [name_key, _] = crate::domain::agency::name_keys(display_name);
    let found = agency::Entity::find()
        .filter(agency::Column::Country.eq(country.to_string()))
        .filter(agency::Column::NameKey.eq(name_key))
        .order_by_asc(agency::Column::Id)
        .one(from)
        .await?;
    found.map(read).transpose()
}

/// Which agencies to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those of this country.
    pub country: Option<Country>,
    /// Only those with this mail domain.
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
        let owners = domain::Entity::find().filter(domain::Column::Domain.eq(mail_domain)).all(from).await?;
        query = query.filter(agency::Column::Id.is_in(owners.into_iter().map(|row| row.agency)));
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

/// What the registry holds that concerns a request: by the stated name, and by the sender's domain. What that domain may be
/// made to resemble is not looked for.
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
    let named: Vec<Stored<Agency>> = named.all(from).await?.into_iter().map(read).collect::<Result<_, _>>()?;
    let domains: Vec<String> = sender.into_iter().flat_map(with_parents).map(str::to_owned).collect();
    let owners = if domains.is_empty() { Vec::new() } else { owners(from, &domains).await? };

    let found: BTreeMap<AgencyId, &Agency> =
        named.iter().chain(&owners).map(|stored| (stored.value.id, &stored.value)).collect();
    let reports = compromises::concerning(from, found.values().copied()).await?;
    let known = |stored: &Stored<Agency>| KnownAgency::new(&stored.value, &reports);
    Ok(Held {
        named: named.iter().map(known).collect(),
        owners: owners.iter().map(known).collect(),
        domains: Vec::new(),
    })
}

fn read(row: agency::Model) -> Result<Stored<Agency>, StoreError> {
    Ok(Stored { value: super::read("an agency", row.body)?, version: row.version })
}
