//! The tables `revisions` and `revision_heads`.

use rogatory_rulebook::Revision;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::StoreError;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "revisions")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) document: String,
    pub(super) title: String,
    pub(super) digest: String,
    pub(super) state: String,
    pub(super) text: String,
    pub(super) create_time: DateTimeUtc,
    pub(super) author: String,
    pub(super) publish_time: Option<DateTimeUtc>,
    pub(super) publisher: Option<String>,
    pub(super) effective_time: Option<DateTimeUtc>,
    pub(super) version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The table `revision_heads`.
pub(super) mod head {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "revision_heads")]
    pub(in super::super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in super::super) kind: String,
        pub(in super::super) version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(in super::super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The row to insert.
pub(super) fn of_revision(kind: &str, revision: &Revision) -> ActiveModel {
    let revision = revision.clone();
    ActiveModel {
        name: Set(revision.name),
        kind: Set(kind.to_owned()),
        document: Set(revision.document),
        title: Set(revision.title),
        digest: Set(revision.digest.to_string()),
        state: Set(revision.state.as_str().to_owned()),
        text: Set(revision.text),
        create_time: Set(revision.create_time),
        author: Set(revision.author),
        publish_time: Set(revision.publish_time),
        publisher: Set(revision.publisher),
        effective_time: Set(revision.effective_time),
        version: Set(revision.version),
    }
}

impl TryFrom<Model> for Revision {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("revision {}", row.name));
        Ok(Self {
            digest: row.digest.parse().map_err(|_| corrupt())?,
            state: row.state.parse().map_err(|_| corrupt())?,
            name: row.name,
            document: row.document,
            title: row.title,
            text: row.text,
            create_time: row.create_time,
            publish_time: row.publish_time,
            effective_time: row.effective_time,
            author: row.author,
            publisher: row.publisher,
            version: row.version,
        })
    }
}
