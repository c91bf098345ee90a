//! The table `challenge_mails`: challenges that are still to be mailed.

use chrono::{DateTime, Utc};
use rogatory_names::VerificationId;
use rogatory_store::StoreError;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

mod mail {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "challenge_mails")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) verification: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) place: i32,
        pub(super) due_time: DateTimeUtc,
        pub(super) attempts: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A challenge that is to be mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mail {
    /// The verification.
    pub verification: VerificationId,
    /// Which of its challenges, from 0.
    pub place: i32,
    /// When it is to be sent, or sent again.
    pub due_time: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i32,
}

/// Puts a challenge on the list, to be sent at once.
///
/// # Errors
/// The store's own.
pub async fn insert(
    to: &impl ConnectionTrait,
    verification: VerificationId,
    place: i32,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = mail::ActiveModel {
        verification: Set(verification.uuid()),
        place: Set(place),
        due_time: Set(now),
        attempts: Set(0),
    };
    mail::Entity::insert(row).exec_without_returning(to).await?;
    Ok(())
}

/// Those that are due, at most `limit`.
///
/// # Errors
/// The store's own.
pub async fn due(from: &impl ConnectionTrait, now: DateTime<Utc>, limit: u64) -> Result<Vec<Mail>, StoreError> {
    let rows = mail::Entity::find()
        .filter(mail::Column::DueTime.lte(now))
        .order_by_asc(mail::Column::DueTime)
        .limit(limit)
        .all(from)
        .await?;
    let mail = |row: mail::Model| {
        let verification = VerificationId::from_uuid(row.verification);
        let verification = verification.ok_or_else(|| StoreError::Corrupt("a mail of no verification".to_owned()))?;
        Ok(Mail { verification, place: row.place, due_time: row.due_time, attempts: row.attempts })
    };
    rows.into_iter().map(mail).collect()
}

/// Takes a mail up: it comes due again at `again` unless it is removed before. Whether nobody else was faster.
///
/// # Errors
/// The store's own.
pub async fn take(to: &impl ConnectionTrait, mail: &Mail, again: DateTime<Utc>) -> Result<bool, StoreError> {
    let taken = mail::Entity::update_many()
        .col_expr(mail::Column::DueTime, Expr::value(again))
        .col_expr(mail::Column::Attempts, Expr::value(mail.attempts + 1))
        .filter(mail::Column::Verification.eq(mail.verification.uuid()))
        .filter(mail::Column::Place.eq(mail.place))
        .filter(mail::Column::Attempts.eq(mail.attempts))
        .exec(to)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Takes it off the list.
///
/// # Errors
/// The store's own.
pub async fn remove(to: &impl ConnectionTrait, mail: &Mail) -> Result<(), StoreError> {
    mail::Entity::delete_by_id((mail.verification.uuid(), mail.place)).exec(to).await?;
    Ok(())
}
