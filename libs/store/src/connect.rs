//! Connecting to an engine.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, SqlxSqliteConnector, Statement,
    sqlx::{
        ConnectOptions as _,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use tokio::sync::{OnceCell, watch};

use crate::{StoreError, StoreSettings, StoreSettingsError};

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, for one machine.
    Sqlite,
    /// For more than one replica.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// A service's database. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    engine: Engine,
    reads: DatabaseConnection,
    writes: DatabaseConnection,
    /// Counts commits that wrote events, to wake whoever follows the feed in this process.
    committed: watch::Sender<u64>,
    identity: OnceCell<[u8; 8]>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("engine", &self.0.engine).finish_non_exhaustive()
    }
}

impl From<StoreSettingsError> for StoreError {
    fn from(error: StoreSettingsError) -> Self {
        Self::Other(match &error {
            StoreSettingsError::File { source, .. } => format!("{error}: {source}"),
            _ => error.to_string(),
        })
    }
}

impl Store {
    /// Connects. A SQLite file and its folder are made when missing; its tables are not, see [`crate::migrate`].
    ///
    /// # Errors
    /// When the settings do not name a database, or it does not answer.
    pub async fn connect(settings: &StoreSettings) -> Result<Self, StoreError> {
        if settings.max_connections == 0 {
            return Err(StoreSettingsError::NoConnections.into());
        }
        let url = settings.resolved_url()?;
        if url.starts_with("sqlite:") {
            Self::connect_sqlite(settings, &url).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::connect_postgres(settings, url).await
        } else {
            Err(StoreSettingsError::Scheme.into())
        }
    }

    async fn connect_sqlite(settings: &StoreSettings, url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|_| StoreSettingsError::Malformed)?
            .create_if_missing(true)
            // Readers do not wait for the writer nor the writer for them.
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL loses acknowledged commits when the power fails; what was acknowledged must stay.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_millis(settings.busy_timeout_ms))
            .foreign_keys(true)
            .disable_statement_logging();
        if let Some(folder) = options.get_filename().parent() {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(error.kind().to_string()))?;
        }
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(Duration::from_millis(settings.acquire_timeout_ms))
                // Connections to a local file do not go stale, and a new one would have to read the schema again.
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let unavailable =
            |error| StoreError::from(sea_orm::DbErr::Conn(sea_orm::RuntimeErr::SqlxError(Arc::new(error))));
        // SQLite has one writer at a time. With one connection the others queue here, in order and without polling,
        // rather than in the busy handler. It is opened first because it makes the file.
        let writes = pool().max_connections(1).connect_with(options.clone()).await.map_err(unavailable)?;
        let reads = pool()
            .max_connections(settings.max_connections)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(unavailable)?;
        let connection = SqlxSqliteConnector::from_sqlx_sqlite_pool;
        Ok(Self::new(Engine::Sqlite, connection(reads), connection(writes)))
    }

    async fn connect_postgres(settings: &StoreSettings, url: String) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(settings.max_connections)
            .acquire_timeout(Duration::from_millis(settings.acquire_timeout_ms))
            .connect_timeout(Duration::from_millis(settings.acquire_timeout_ms))
            .set_application_name("rogatory")
            .sqlx_logging(false);
        let connection = Database::connect(options).await?;
        Ok(Self::new(Engine::Postgres, connection.clone(), connection))
    }

    fn new(engine: Engine, reads: DatabaseConnection, writes: DatabaseConnection) -> Self {
        let (committed, _) = watch::channel(0);
        Self(Arc::new(Inner { engine, reads, writes, committed, identity: OnceCell::new() }))
    }

    /// Which engine it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// For queries outside of a transaction. On SQLite a write through it fails.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.0.reads
    }

    /// For what writes, within this crate only: the others go through [`Store::mutate`].
    pub(crate) fn write(&self) -> &DatabaseConnection {
        &self.0.writes
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read().execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes every connection, after what is under way. Later calls fail with [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// When a connection does not close cleanly.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.0.reads.close_by_ref().await?;
        self.0.writes.close_by_ref().await?;
        Ok(())
    }

    /// Tells when events were committed in this process.
    pub(crate) fn commits(&self) -> watch::Receiver<u64> {
        self.0.committed.subscribe()
    }

    pub(crate) fn committed_events(&self) {
        self.0.committed.send_modify(|count| *count += 1);
    }

    /// What distinguishes this database from that of any other service, whichever engine or copy it runs on.
    pub(crate) async fn identity(&self) -> Result<[u8; 8], StoreError> {
        let load = async || {
            let query = Statement::from_string(self.read().get_database_backend(), "SELECT id FROM store_identity");
            let row = self.read().query_one_raw(query).await?;
            let row = row.ok_or_else(|| StoreError::Corrupt("the store has no identity".to_owned()))?;
            let id: uuid::Uuid = row.try_get("", "id")?;
            let mut short = [0; 8];
            // The last half: of a UUIDv7 the first half is mostly time.
            short.copy_from_slice(&id.as_bytes()[8..]);
            Ok::<_, StoreError>(short)
        };
        self.0.identity.get_or_try_init(load).await.copied()
    }
}
