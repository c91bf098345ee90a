//! Transactions are run again when they lose against others, a bounded number of times, and errors say what happened.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rogatory_store::{Engine, Retryable, Store, StoreError, StoreSettings};
use sea_orm::ConnectionTrait;
use tokio::sync::{Barrier, oneshot};

use crate::stage::{Stage, add, change, insert};

on_both_engines! {
    many_writers_lose_no_update
    errors_are_told_apart
    a_closed_store_is_unavailable
    reading_does_not_write
}

async fn many_writers_lose_no_update(stage: &Stage) {
    let writers = (0..20).map(|writer| {
        let store = stage.store.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                let name = if writer % 2 == 0 { "a" } else { "b" };
                // The first calls race to make the thing: its unique key decides, and the loser asks again.
                while store.mutate(change(None), async |tx| add(tx, name).await).await.is_err() {}
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!((stage.value("a").await, stage.value("b").await), (Some(50), Some(50)));
    assert_eq!(stage.counts().await, [2, 100, 100, 0]);
}

async fn errors_are_told_apart(stage: &Stage) {
    let secret = "a value that must not be repeated";
    let run = async |statement: &str| {
        let work = async |tx: &rogatory_store::Tx| {
            tx.execute_unprepared(statement).await?;
            Ok::<_, StoreError>(())
        };
        let error = stage.store.transaction("test", work).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("must not"), "{error:?}");
        error
    };
    stage.store.transaction("test", async |tx| insert(tx, secret).await).await.unwrap();
    let twice = run(&format!("INSERT INTO things VALUES ('{secret}', 1)")).await;
    assert!(matches!(&twice, StoreError::UniqueViolation { on } if on.contains("things")), "{twice:?}");
    let dangling = run(&format!("INSERT INTO parts VALUES ('{secret} or two')")).await;
    assert!(matches!(dangling, StoreError::ForeignKeyViolation { .. }), "{dangling:?}");
    let null = run("INSERT INTO things VALUES ('b', NULL)").await;
    assert!(matches!(null, StoreError::Other(_)), "{null:?}");
    let unknown = run("SELECT no_such_column FROM things").await;
    assert!(matches!(&unknown, StoreError::Other(text) if text.contains("no_such_column")), "{unknown:?}");
    if stage.store.engine() == Engine::Postgres {
        let repeated = run(&format!("SELECT '{secret}'::bigint")).await;
        assert!(matches!(repeated, StoreError::Other(_)), "{repeated:?}");
    }
}

async fn a_closed_store_is_unavailable(stage: &Stage) {
    stage.store.ping().await.unwrap();
    stage.store.close().await.unwrap();
    assert!(matches!(stage.store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(stage.add(change(None), "a").await, Err(StoreError::Unavailable(_))));
}

async fn reading_does_not_write(stage: &Stage) {
    let written = stage.store.read().execute_unprepared("INSERT INTO things VALUES ('a', 1)").await;
    // PostgreSQL has one pool; there the tree walk of the architecture checks is what keeps writes to mutate.
    assert_eq!(written.is_err(), stage.store.engine() == Engine::Sqlite);
}

/// Each holds one row and wants the other's: PostgreSQL ends one of them, which is then run again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deadlock_is_resolved_by_running_the_loser_again() {
    let stage = Stage::postgres().await;
    for name in ["a", "b"] {
        stage.add(change(None), name).await.unwrap();
    }
    let meet = Arc::new(Barrier::new(2));
    let attempts = Arc::new(AtomicUsize::new(0));
    let sides = [("a", "b"), ("b", "a")].map(|(first, second)| {
        let (store, meet, attempts) = (stage.store.clone(), Arc::clone(&meet), Arc::clone(&attempts));
        tokio::spawn(async move {
            let both = async |tx: &_| {
                add(tx, first).await?;
                if attempts.fetch_add(1, Ordering::SeqCst) < 2 {
                    meet.wait().await;
                }
                add(tx, second).await
            };
            store.mutate(change(None), both).await
        })
    });
    for side in sides {
        side.await.unwrap().unwrap();
    }
    assert!(attempts.load(Ordering::SeqCst) > 2);
    assert_eq!((stage.value("a").await, stage.value("b").await), (Some(3), Some(3)));
    assert_eq!(stage.counts().await, [2, 4, 4, 0]);
}

/// Holds the write lock of the stage's database until told to let go, as another process would.
async fn hold(stage: &Stage) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, released) = oneshot::channel::<()>();
    let (held, holding) = oneshot::channel();
    let store = stage.store.clone();
    let task = tokio::spawn(async move {
        let latches = std::sync::Mutex::new(Some((held, released)));
        let wait = async |_: &_| {
            let (held, released) = latches.lock().unwrap().take().unwrap();
            held.send(()).unwrap();
            released.await.unwrap();
            Ok::<_, StoreError>(())
        };
        store.transaction("hold", wait).await.unwrap();
    });
    holding.await.unwrap();
    (release, task)
}

async fn impatient(stage: &Stage) -> Store {
    let settings = StoreSettings { busy_timeout_ms: 5, ..stage.database.settings() };
    Store::connect(&settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_busy_sqlite_file_is_tried_again() {
    let stage = Stage::sqlite().await;
    let other = impatient(&stage).await;
    let (release, task) = hold(&stage).await;
    let waiting = tokio::spawn(async move { other.mutate(change(None), async |tx| add(tx, "a").await).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    release.send(()).unwrap();
    waiting.await.unwrap().unwrap();
    task.await.unwrap();
    assert_eq!(stage.value("a").await, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sqlite_file_that_stays_busy_is_contention() {
    let stage = Stage::sqlite().await;
    let other = impatient(&stage).await;
    let (release, task) = hold(&stage).await;
    let error = other.mutate(change(None), async |tx| add(tx, "a").await).await.unwrap_err();
    assert!(error.is_contention(), "{error:?}");
    release.send(()).unwrap();
    task.await.unwrap();
    assert_eq!(stage.counts().await, [0, 0, 0, 0]);
}
