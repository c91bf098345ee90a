//! The contract of the store: the same tests on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

/// Runs each of the functions in the module above on a new, migrated database of either engine.
macro_rules! on_both_engines {
    ($($name:ident)+) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(&crate::stage::Stage::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(&crate::stage::Stage::postgres().await).await;
            })+
        }
    };
}

mod connection;
mod feed;
mod idempotency;
mod migrations;
mod pages;
mod revisions;
mod send;
mod stage;
mod traces;
mod transactions;
