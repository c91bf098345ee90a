//! A small service to test with: a table of things, each with a value and a version.

use chrono::{DateTime, SubsecRound, Utc};
use rogatory_store::{Change, Changed, Mutated, NewEvent, Store, StoreError, Tx, audit, feed, migrate};
use rogatory_testkit::database::TestDatabase;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Statement,
    sea_query::{Expr, ExprTrait},
};
use sea_orm_migration::{MigrationTrait, prelude::*};

pub(crate) mod thing {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "things")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) name: String,
        pub(crate) value: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) struct Things;

impl MigrationName for Things {
    fn name(&self) -> &str {
        "m20261124_000100_things"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Things {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("things")
            .col(ColumnDef::new("name").text().not_null().primary_key())
            .col(ColumnDef::new("value").big_integer().not_null())
            .to_owned();
        manager.create_table(table).await?;
        let parts = "CREATE TABLE parts (thing TEXT NOT NULL REFERENCES things (name))";
        manager.get_connection().execute_unprepared(parts).await?;
        Ok(())
    }
}

pub(crate) fn things() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Things)]
}

pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) database: TestDatabase,
}

pub(crate) const METHOD: &str = "/rogatory.test.v1.ThingService/AddThing";

pub(crate) fn change(key: Option<&str>) -> Change<'_> {
    Change {
        method: METHOD,
        actor: "person:alice",
        correlation_id: "c-1",
        request_id: key,
        body_digest: [7; 32],
        now: now(),
    }
}

pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

impl Stage {
    pub(crate) async fn sqlite() -> Self {
        Self::on(TestDatabase::sqlite()).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::on(TestDatabase::postgres().await).await
    }

    async fn on(database: TestDatabase) -> Self {
        let store = database.connect().await;
        migrate(&store, things).await.unwrap();
        Self { store, database }
    }

    /// Adds one to a thing, making it first if it is not there, and publishes that.
    pub(crate) async fn add(&self, change: Change<'_>, name: &str) -> Result<Mutated, StoreError> {
        self.store.mutate(change, async |tx| add(tx, name).await).await
    }

    pub(crate) async fn value(&self, name: &str) -> Option<i64> {
        thing::Entity::find_by_id(name.to_owned()).one(self.store.read()).await.unwrap().map(|thing| thing.value)
    }

    /// How many things, events, audit entries and keys there are.
    pub(crate) async fn counts(&self) -> [u64; 4] {
        let things = thing::Entity::find().count(self.store.read()).await.unwrap();
        let query = "SELECT COUNT(*) AS n FROM ";
        let mut counts = [things, 0, 0, 0];
        for (count, table) in counts[1..].iter_mut().zip(["events", "audit_entries", "idempotency_keys"]) {
            let statement = Statement::from_string(self.store.read().get_database_backend(), format!("{query}{table}"));
            let row = self.store.read().query_one_raw(statement).await.unwrap().unwrap();
            *count = row.try_get::<i64>("", "n").unwrap().unsigned_abs();
        }
        counts
    }

    pub(crate) async fn events(&self) -> Vec<feed::StoredEvent> {
        feed::settle(&self.store).await.unwrap();
        feed::read(&self.store, "", &[], 1000).await.unwrap()
    }

    pub(crate) async fn audit(&self) -> Vec<audit::AuditEntry> {
        audit::list(self.store.read(), 0, 1000).await.unwrap()
    }
}

pub(crate) async fn add(tx: &Tx, name: &str) -> Result<Changed, StoreError> {
    let changed = thing::Entity::update_many()
        .col_expr(thing::Column::Value, Expr::col(thing::Column::Value).add(1))
        .filter(thing::Column::Name.eq(name))
        .exec(tx)
        .await?
        .rows_affected;
    if changed == 0 {
        insert(tx, name).await?;
    }
    let value = thing::Entity::find_by_id(name.to_owned()).one(tx).await?.unwrap().value;
    let resource = format!("things/{name}");
    let event = NewEvent::new("thing.added", &resource).fact("value", value.to_string());
    Changed::new(resource).event(event).fact("value", value.to_string()).answering(&value)
}

pub(crate) async fn insert(tx: &Tx, name: &str) -> Result<(), StoreError> {
    let thing = thing::ActiveModel { name: Set(name.to_owned()), value: Set(1) };
    thing::Entity::insert(thing).exec_without_returning(tx).await?;
    Ok(())
}
