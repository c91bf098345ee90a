//! Connecting, and what survives when a process is killed.

use rogatory_store::{Store, StoreError, StoreSettings};
use sea_orm::{ConnectionTrait, Statement};

use crate::stage::{Stage, add, change};

#[tokio::test]
async fn settings_must_name_one_database() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for (settings, said) in [
        (StoreSettings::default(), "exactly one of"),
        (
            StoreSettings { url_file: Some(file.path().into()), ..StoreSettings::for_url("sqlite://x") },
            "exactly one of",
        ),
        (StoreSettings { url_file: Some("/no/such/file".into()), ..StoreSettings::default() }, "/no/such/file"),
        (StoreSettings::for_url("mysql://h/d"), "`sqlite:` or `postgres:`"),
        (StoreSettings { max_connections: 0, ..StoreSettings::for_url("sqlite://x") }, "at least 1"),
    ] {
        let error = Store::connect(&settings).await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn the_url_may_stand_in_a_file() {
    let stage = Stage::sqlite().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}\n", stage.database.url())).unwrap();
    let settings = StoreSettings { url_file: Some(file.path().into()), ..StoreSettings::default() };
    Store::connect(&settings).await.unwrap().ping().await.unwrap();
}

#[test]
fn a_password_is_never_shown() {
    let settings = StoreSettings::for_url("postgres://u:secret@h/d");
    assert!(!format!("{settings:?}").contains("secret"));
    assert!(!serde_json::to_string(&settings).unwrap().contains("secret"));
    let unknown = serde_json::from_str::<StoreSettings>(r#"{"uri": "x"}"#).unwrap_err().to_string();
    assert!(unknown.contains("uri"), "{unknown}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable() {
    let settings = StoreSettings { acquire_timeout_ms: 500, ..StoreSettings::for_url("postgres://u@127.0.0.1:1/d") };
    assert!(matches!(Store::connect(&settings).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn sqlite_is_set_to_lose_nothing() {
    let stage = Stage::sqlite().await;
    stage.add(change(None), "a").await.unwrap();
    // 2 is FULL. Both settings hold for each connection, so they are asked of the one that writes.
    let ask = async |tx: &rogatory_store::Tx| {
        let mut found = Vec::new();
        for pragma in ["synchronous", "foreign_keys", "busy_timeout"] {
            let query = Statement::from_string(tx.get_database_backend(), format!("PRAGMA {pragma}"));
            found.push(tx.query_one_raw(query).await?.unwrap().try_get_by_index::<i32>(0)?);
        }
        Ok::<_, StoreError>(found)
    };
    assert_eq!(stage.store.transaction("ask", ask).await.unwrap(), [2, 1, 5000]);
}

/// The files as they lie on disk while the process still runs are what a killed process leaves: nothing was closed, and
/// the log was not moved into the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let stage = Stage::sqlite().await;
    for name in ["a", "b", "c"] {
        stage.add(change(Some(name)), name).await.unwrap();
    }
    let after = tempfile::tempdir().unwrap();
    let kill = async |tx: &_| {
        // In the middle of a transaction, which is lost whole.
        add(tx, "d").await?;
        for name in ["store.sqlite", "store.sqlite-wal"] {
            std::fs::copy(stage.database.folder().unwrap().join(name), after.path().join(name)).unwrap();
        }
        Err::<(), _>(StoreError::Other("killed".to_owned()))
    };
    stage.store.transaction("kill", kill).await.unwrap_err();

    let settings = StoreSettings::for_url(format!("sqlite://{}", after.path().join("store.sqlite").display()));
    let store = Store::connect(&settings).await.unwrap();
    let reopened = Stage { store, database: stage.database };
    assert_eq!(reopened.counts().await, [3, 3, 3, 3]);
    assert!(reopened.add(change(Some("a")), "a").await.unwrap().replayed);
    assert!(!reopened.add(change(Some("d")), "d").await.unwrap().replayed);
}
