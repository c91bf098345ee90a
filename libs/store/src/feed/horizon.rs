//! Up to where the feed can be read on PostgreSQL, where transactions end in another order than they begin.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Statement};

use crate::{Engine, Store, StoreError};

/// How long to wait before the horizon is looked at again.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until everything that was committed before the call can be read from the feed, as long as it takes: until the
/// transactions that were running then have ended. On SQLite there is nothing to wait for.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(store: &Store) -> Result<(), StoreError> {
    if store.engine() == Engine::Sqlite {
        return Ok(());
    }
    let next = number(store, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS n").await?;
    while number(store, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS n").await? < next {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Checks that the events were written in this cluster. After a dump was loaded into another one their transaction ids
/// may lie ahead of those that it hands out, and readers would wait for them or pass over newer ones.
pub(crate) async fn check_origin(store: &Store) -> Result<(), StoreError> {
    let ahead = "SELECT COUNT(*) AS n FROM (SELECT 1 FROM events
        WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint LIMIT 1) AS ahead";
    if store.engine() == Engine::Sqlite || number(store, ahead).await? == 0 {
        return Ok(());
    }
    Err(StoreError::Corrupt(
        "the events were written in another PostgreSQL cluster; run `UPDATE events SET xid = 0; \
         UPDATE store_identity SET id = gen_random_uuid();`, after which readers start again from the first event"
            .to_owned(),
    ))
}

async fn number(store: &Store, query: &str) -> Result<i64, StoreError> {
    let statement = Statement::from_string(store.read().get_database_backend(), query);
    let row = store.read().query_one_raw(statement).await?;
    let row = row.ok_or_else(|| StoreError::Corrupt("a count has no row".to_owned()))?;
    Ok(row.try_get("", "n")?)
}
