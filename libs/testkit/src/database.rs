//! A private database for each test, on either engine.
//!
//! It goes away when the test succeeds and stays when it fails, and then says where it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::{env, thread};

use rogatory_store::{Store, StoreSettings};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

/// Names a PostgreSQL server on which the user may create databases.
const SERVER: &str = "ROGATORY_TEST_POSTGRES";

/// A database that no other test uses.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Option<Place>,
}

#[derive(Debug)]
enum Place {
    Folder(TempDir),
    Server { admin: String, name: String },
}

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = TempDir::with_prefix("rogatory-test-").expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("store.sqlite").display());
        Self { url, place: Some(Place::Folder(folder)) }
    }

    /// A database of its own on the PostgreSQL server that `ROGATORY_TEST_POSTGRES` names.
    ///
    /// # Panics
    /// When the variable is not set, or the server does not make a database: a test that needs PostgreSQL is never
    /// skipped in silence.
    pub async fn postgres() -> Self {
        let admin = env::var(SERVER).unwrap_or_else(|_| {
            panic!("run tests/run, or set {SERVER} to the URL of a PostgreSQL superuser, for example postgres://postgres@localhost/postgres")
        });
        let name = format!("rogatory_test_{}", uuid::Uuid::new_v4().simple());
        // template0 is never in use by anyone, which template1 may be.
        run(&admin, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        Self { url: with_database(&admin, &name), place: Some(Place::Server { admin, name }) }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder that a SQLite file is in; none for PostgreSQL.
    #[must_use]
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.place {
            Some(Place::Folder(folder)) => Some(folder.path()),
            _ => None,
        }
    }

    /// Settings to connect to it.
    #[must_use]
    pub fn settings(&self) -> StoreSettings {
        StoreSettings::for_url(&self.url)
    }

    /// A store connected to it, without tables.
    ///
    /// # Panics
    /// When it does not connect.
    pub async fn connect(&self) -> Store {
        Store::connect(&self.settings()).await.expect("the test's own database answers")
    }
}

impl TestDatabase {
    /// PostgreSQL only: the database ends its connections and takes no new ones, as one that is down, until
    /// [`TestDatabase::come_back`].
    ///
    /// # Panics
    /// When it is a SQLite file, or the server does not do it.
    pub async fn go_away(&self) {
        let (admin, name) = self.on_server();
        run(admin, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        run(admin, &format!("{end} = '{name}'")).await;
    }

    /// Takes connections again.
    ///
    /// # Panics
    /// As [`TestDatabase::go_away`].
    pub async fn come_back(&self) {
        let (admin, name) = self.on_server();
        run(admin, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")).await;
    }

    fn on_server(&self) -> (&str, &str) {
        match &self.place {
            Some(Place::Server { admin, name }) => (admin, name),
            _ => panic!("a SQLite file cannot go away"),
        }
    }
}

/// The URL of another database on the same server.
fn with_database(admin: &str, name: &str) -> String {
    let (address, query) = admin.split_once('?').map_or((admin, None), |(address, query)| (address, Some(query)));
    let (scheme, rest) = address.split_once("://").expect("a URL");
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    format!("{scheme}://{host}/{name}{}", query.map(|query| format!("?{query}")).unwrap_or_default())
}

async fn run(admin: &str, statement: &str) {
    let connection = Database::connect(admin).await.unwrap_or_else(|error| panic!("{SERVER}: {error}"));
    connection.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    connection.close().await.expect("the connection closes");
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match self.place.take() {
            Some(place) if thread::panicking() => {
                if let Place::Folder(folder) = place {
                    let _ = folder.keep();
                }
                eprintln!("the test's database is kept: {}", self.url);
            }
            Some(Place::Server { admin, name }) => {
                // A thread and a runtime of its own: drop cannot wait on the test's.
                let work = move || {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                    // FORCE ends the connections that the test left open.
                    runtime.block_on(run(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
                };
                if thread::spawn(work).join().is_err() {
                    eprintln!("the test's database could not be dropped: {}", self.url);
                }
            }
            Some(Place::Folder(_)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_in_a_url_is_replaced_and_nothing_else() {
        for (admin, expected) in [
            ("postgres://u:p@h:5433/postgres?host=/tmp/x", "postgres://u:p@h:5433/t?host=/tmp/x"),
            ("postgres://u@h", "postgres://u@h/t"),
            ("postgresql://u@h/a", "postgresql://u@h/t"),
        ] {
            assert_eq!(with_database(admin, "t"), expected);
        }
    }
}
