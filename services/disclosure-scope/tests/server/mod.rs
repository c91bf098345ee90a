//! The service on its real stack, with tokens and certificates, over a real database of either engine.

mod approval;
mod authority;
mod evaluation;
mod grants;
mod grants_followed;
mod grants_offline;
mod grants_produced;
mod policies;
mod replay;
mod world;

/// Runs each test on SQLite and on PostgreSQL.
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&$crate::server::world::World::on_sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&$crate::server::world::World::on_postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both_engines;
