//! What is looked up of earlier requests: documents, targets, officers, counts and debts.

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{AgencyId, RequestId, VerificationId};
use rogatory_rulebook::Digest;
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, sea_query::OnConflict,
};

use super::verifications::verification;
use crate::domain::{
    debt::DebtOverdue,
    evidence::Reuse,
    facts::Facts,
    signals::{SignalWindows, Signals},
    verification::Verification,
};

/// No count goes further: more than that is unusual anyway.
const COUNTED: u64 = 10_000;

mod document {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "documents_seen")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) digest: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) verification: Uuid,
        pub(super) text: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod target {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "targets_seen")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) target: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) verification: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod officer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "officers")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) agency: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) officer: String,
        pub(super) verification: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod debt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "debts")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) verification: Uuid,
        pub(super) agency: Uuid,
        pub(super) request: String,
        pub(super) due_time: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A document as it is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Digest of its text, where it has one.
    pub text: Option<Digest>,
}

/// Where documents came before: from the agency that is recognised now, or from somebody else.
///
/// # Errors
/// The store's own.
pub async fn reuse(
    from: &impl ConnectionTrait,
    documents: &[Seen],
    agency: Option<AgencyId>,
) -> Result<Vec<Reuse>, StoreError> {
    let digests: Vec<String> = documents.iter().map(|seen| seen.digest.to_string()).collect();
    let texts: Vec<String> = documents.iter().filter_map(|seen| seen.text).map(|text| text.to_string()).collect();
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    let same =
        Condition::any().add(document::Column::Digest.is_in(digests.clone())).add(document::Column::Text.is_in(texts));
    let earlier = document::Entity::find().filter(same).limit(COUNTED).all(from).await?;
    if earlier.is_empty() {
        return Ok(Vec::new());
    }
    let senders: Vec<(uuid::Uuid, Option<uuid::Uuid>)> = verification::Entity::find()
        .select_only()
        .columns([verification::Column::Id, verification::Column::Agency])
        .filter(verification::Column::Id.is_in(earlier.iter().map(|row| row.verification)))
        .into_tuple()
        .all(from)
        .await?;
    let agency = agency.map(|agency| agency.uuid());
    let is_own = |row: &document::Model| {
        let sender = senders.iter().find(|(id, _)| *id == row.verification).and_then(|(_, sender)| *sender);
        sender.is_some() && sender == agency
    };
    let reuse = |row: &document::Model| match (digests.contains(&row.digest), is_own(row)) {
        (true, true) => Some(Reuse::SameAgency),
        (true, false) => Some(Reuse::DocumentOfOther),
        (false, false) => Some(Reuse::TextOfOther),
        // An agency writes what it has written before.
        (false, true) => None,
    };
    let mut found: Vec<_> = earlier.iter().filter_map(reuse).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// Takes note of what came with a request, to know it again.
///
/// # Errors
/// The store's own.
pub async fn insert(to: &impl ConnectionTrait, opened: &Verification, documents: &[Seen]) -> Result<(), StoreError> {
    let id = opened.id.uuid();
    let nothing = || OnConflict::new().do_nothing().to_owned();
    if !documents.is_empty() {
        let row = |seen: &Seen| document::ActiveModel {
            digest: Set(seen.digest.to_string()),
            verification: Set(id),
            text: Set(seen.text.map(|text| text.to_string())),
        };
        let rows = document::Entity::insert_many(documents.iter().map(row)).on_conflict(nothing());
        rows.exec_without_returning(to).await?;
    }
    if !opened.facts.target_keys.is_empty() {
        let row = |target: &String| target::ActiveModel { target: Set(target.clone()), verification: Set(id) };
        let rows = target::Entity::insert_many(opened.facts.target_keys.iter().map(row)).on_conflict(nothing());
        rows.exec_without_returning(to).await?;
    }
    Ok(())
}

/// What is counted for the signals of a request of an agency. `of` is its verification, none before that is stored.
///
/// # Errors
/// The store's own.
pub async fn signals(
    from: &impl ConnectionTrait,
    facts: &Facts,
    agency: Option<AgencyId>,
    of: Option<VerificationId>,
    windows: SignalWindows,
) -> Result<Signals, StoreError> {
    let days = |days: u16| TimeDelta::days(i64::from(days));
    let until = facts.receive_time;
    let other_agencies_of_target = match facts.target_keys.is_empty() {
        true => 0,
        false => others_of_target(from, facts, agency, until - days(windows.target_days)).await?,
    };
    let Some(agency) = agency else { return Ok(Signals { other_agencies_of_target, ..Signals::default() }) };
    let begin = until - days(windows.recent_days);
    let recent = count(from, agency, begin, until, of).await? + 1;
    let earlier = count(from, agency, begin - days(windows.norm_days), begin, of).await?;
    let mut known = officer::Entity::find_by_id((agency.uuid(), officer_key(facts)));
    if let Some(of) = of {
        known = known.filter(officer::Column::Verification.ne(of.uuid()));
    }
    let officer_known = known.one(from).await?.is_some();
    Ok(Signals { officer_known, recent, earlier, other_agencies_of_target })
}

async fn others_of_target(
    from: &impl ConnectionTrait,
    facts: &Facts,
    agency: Option<AgencyId>,
    since: DateTime<Utc>,
) -> Result<u32, StoreError> {
    let asked = target::Entity::find()
        .select_only()
        .column(target::Column::Verification)
        .filter(target::Column::Target.is_in(facts.target_keys.iter()))
        .limit(COUNTED)
        .into_query();
    let mut agencies = verification::Entity::find()
        .select_only()
        .column(verification::Column::Agency)
        .distinct()
        .filter(verification::Column::Id.in_subquery(asked))
        .filter(verification::Column::ReceiveTime.gte(since))
        .filter(verification::Column::ReceiveTime.lte(facts.receive_time))
        .filter(verification::Column::Agency.is_not_null());
    if let Some(agency) = agency {
        agencies = agencies.filter(verification::Column::Agency.ne(agency.uuid()));
    }
    Ok(small(agencies.count(from).await?))
}

/// How many requests of an agency were received after `since` and not after `until`, but for that of `except`.
async fn count(
    from: &impl ConnectionTrait,
    agency: AgencyId,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    except: Option<VerificationId>,
) -> Result<u32, StoreError> {
    let mut received = verification::Entity::find()
        .select_only()
        .column(verification::Column::Id)
        .filter(verification::Column::Agency.eq(agency.uuid()))
        .filter(verification::Column::ReceiveTime.gt(since))
        .filter(verification::Column::ReceiveTime.lte(until));
    if let Some(except) = except {
        received = received.filter(verification::Column::Id.ne(except.uuid()));
    }
    Ok(small(received.limit(COUNTED).count(from).await?))
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The key of an officer: of the address, or, where there is none, of the name. Nothing of either can be read from it.
fn officer_key(facts: &Facts) -> String {
    let officer = &facts.officer;
    Digest::of(officer.email.as_ref().unwrap_or(&officer.display_name).trim().to_lowercase()).to_string()
}

/// Takes note that an officer was believed.
///
/// # Errors
/// The store's own.
pub async fn insert_officer(to: &impl ConnectionTrait, of: &Verification) -> Result<(), StoreError> {
    let Some(agency) = of.agency else { return Ok(()) };
    let row = officer::ActiveModel {
        agency: Set(agency.uuid()),
        officer: Set(officer_key(&of.facts)),
        verification: Set(of.id.uuid()),
    };
    let known = OnConflict::new().do_nothing().to_owned();
    officer::Entity::insert(row).on_conflict(known).exec_without_returning(to).await?;
    Ok(())
}

/// Keeps the debt of an emergency as it is now: while it is owed, or no longer.
///
/// # Errors
/// The store's own.
pub async fn keep_debt(to: &impl ConnectionTrait, of: &Verification) -> Result<(), StoreError> {
    let (Some(due_time), Some(agency)) = (of.debt_due_time(), of.agency) else {
        debt::Entity::delete_by_id(of.id.uuid()).exec(to).await?;
        return Ok(());
    };
    let row = debt::ActiveModel {
        verification: Set(of.id.uuid()),
        agency: Set(agency.uuid()),
        request: Set(of.facts.request.name()),
        due_time: Set(due_time),
    };
    let again = OnConflict::column(debt::Column::Verification).update_column(debt::Column::DueTime).to_owned();
    debt::Entity::insert(row).on_conflict(again).exec_without_returning(to).await?;
    Ok(())
}

/// The debts of agencies, those that are due first.
///
/// # Errors
/// The store's own.
pub async fn debts(
    from: &impl ConnectionTrait,
    agencies: impl Iterator<Item = AgencyId>,
) -> Result<Vec<(AgencyId, DebtOverdue)>, StoreError> {
    let corrupt = || StoreError::Corrupt("a debt of another form".to_owned());
    let rows = debt::Entity::find()
        .filter(debt::Column::Agency.is_in(agencies.map(|agency| agency.uuid())))
        .order_by_asc(debt::Column::DueTime)
        .all(from)
        .await?;
    let debt = |row: debt::Model| {
        let agency = AgencyId::from_uuid(row.agency).ok_or_else(corrupt)?;
        let request = RequestId::parse_name(&row.request).map_err(|_| corrupt())?;
        Ok((agency, DebtOverdue { request, due_time: row.due_time }))
    };
    rows.into_iter().map(debt).collect()
}
