//! Enquiries.

use rogatory_names::EnquiryId;
use rogatory_store::StoreError;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{read, write};
use crate::domain::enquiry::{Enquiry, EnquiryState};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "enquiries")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: Uuid,
        pub(super) state: String,
        pub(super) submitter: String,
        pub(super) body: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stores an enquiry.
///
/// # Errors
/// The store's.
pub async fn insert(connection: &impl ConnectionTrait, enquiry: &Enquiry) -> Result<(), StoreError> {
    let row = row::ActiveModel {
        id: Set(enquiry.id.uuid()),
        state: Set(enquiry.state.as_str().to_owned()),
        submitter: Set(enquiry.submitter.clone()),
        body: Set(write("enquiry", enquiry)?),
    };
    row::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

/// An enquiry, when it is there.
///
/// # Errors
/// The store's.
pub async fn get(connection: &impl ConnectionTrait, id: EnquiryId) -> Result<Option<Enquiry>, StoreError> {
    row::Entity::find_by_id(id.uuid()).one(connection).await?.map(|row| read("enquiry", &row.body)).transpose()
}

/// Enquiries, newest first.
///
/// # Errors
/// The store's.
pub async fn list(
    connection: &impl ConnectionTrait,
    submitter: Option<&str>,
    state: Option<EnquiryState>,
    before: Option<EnquiryId>,
    limit: u64,
) -> Result<Vec<Enquiry>, StoreError> {
    let mut query = row::Entity::find().order_by_desc(row::Column::Id).limit(limit);
    if let Some(submitter) = submitter {
        query = query.filter(row::Column::Submitter.eq(submitter));
    }
    if let Some(state) = state {
        query = query.filter(row::Column::State.eq(state.as_str()));
    }
    if let Some(before) = before {
        query = query.filter(row::Column::Id.lt(before.uuid()));
    }
    query.all(connection).await?.iter().map(|row| read("enquiry", &row.body)).collect()
}
