//! Migrations are applied once, whoever runs them and how often.

use rogatory_store::{StoreError, TokenMismatch, feed, migrate, pending};
use rogatory_testkit::database::TestDatabase;
use sea_orm_migration::{MigrationTrait, prelude::*};

use crate::stage::{Stage, Things, change, things};

on_both_engines! {
    migrating_twice_changes_nothing
    what_is_missing_is_named
    a_database_of_a_later_version_is_refused
}

async fn migrating_twice_changes_nothing(stage: &Stage) {
    stage.add(change(Some("k")), "a").await.unwrap();
    assert_eq!(migrate(&stage.store, things).await.unwrap(), 0);
    pending(&stage.store, things).await.unwrap();
    assert_eq!(stage.counts().await, [1, 1, 1, 1]);
}

#[tokio::test]
async fn events_of_another_cluster_are_noticed() {
    let stage = Stage::postgres().await;
    stage.add(change(None), "a").await.unwrap();
    let old = stage.events().await[0].cursor.clone();
    pending(&stage.store, things).await.unwrap();
    let run = async |sql: &'static str| stage.store.read().execute_unprepared(sql).await.unwrap();
    // As after a dump of a busy cluster was loaded into a new one.
    run("UPDATE events SET xid = 4000000000").await;
    let refused = pending(&stage.store, things).await.unwrap_err().to_string();
    let (_, cure) = refused.split_once("run `").unwrap();
    let (cure, _) = cure.split_once('`').unwrap();
    stage.store.read().execute_unprepared(cure).await.unwrap();
    let again = stage.database.connect().await;
    pending(&again, things).await.unwrap();
    assert_eq!(feed::read(&again, "", &[], 10).await.unwrap().len(), 1);
    assert_eq!(feed::read(&again, &old, &[], 10).await.unwrap_err(), StoreError::TokenMismatch(TokenMismatch));
}

struct More;

impl MigrationName for More {
    fn name(&self) -> &str {
        "m20261125_000001_more"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for More {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("CREATE TABLE more (a TEXT)").await?;
        manager.get_connection().execute_unprepared("CREATE TABLE more (a TEXT)").await?;
        Ok(())
    }
}

fn more() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Things), Box::new(More)]
}

async fn what_is_missing_is_named(stage: &Stage) {
    let missing = pending(&stage.store, more).await.unwrap_err();
    let expected = "the database is not migrated: 1 of 7 migrations are missing, first `m20261125_000001_more`; run the `migrate` command";
    assert_eq!(missing.to_string(), expected);
    // A migration that fails midway leaves nothing behind.
    migrate(&stage.store, more).await.unwrap_err();
    assert!(!SchemaManager::new(stage.store.read()).has_table("more").await.unwrap());
    assert_eq!(pending(&stage.store, more).await.unwrap_err(), missing);
    pending(&stage.store, things).await.unwrap();
}

async fn a_database_of_a_later_version_is_refused(stage: &Stage) {
    let newer = StoreError::Newer { first: "m20261124_000100_things".to_owned() };
    assert_eq!(pending(&stage.store, Vec::new).await.unwrap_err(), newer);
}

async fn an_empty_one(database: TestDatabase) {
    let store = database.connect().await;
    let StoreError::NotMigrated { first, missing, total } = pending(&store, things).await.unwrap_err() else {
        panic!("an empty database is not migrated");
    };
    assert_eq!((first.as_str(), missing, total), ("m20261124_000001_idempotency_keys", 6, 6));
    // Replicas that start together.
    let replicas = (0..6).map(|_| {
        let settings = database.settings();
        tokio::spawn(async move {
            let store = rogatory_store::Store::connect(&settings).await.unwrap();
            migrate(&store, things).await.unwrap()
        })
    });
    let mut applied = Vec::new();
    for replica in replicas.collect::<Vec<_>>() {
        applied.push(replica.await.unwrap());
    }
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 0, 0, 0, 6]);
    pending(&store, things).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_migrate_a_new_postgres_database_together() {
    an_empty_one(TestDatabase::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_migrate_a_new_sqlite_file_together() {
    an_empty_one(TestDatabase::sqlite()).await;
}
