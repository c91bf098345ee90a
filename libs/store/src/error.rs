//! What can go wrong with a database, told without repeating what is in it.

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, error::DatabaseError, postgres::PgDatabaseError},
};

/// Why the store could not do what was asked.
///
/// No variant carries a row's value: driver texts do (a value that cannot be converted is repeated in them), so they
/// stay here, except those about the shape of a statement, which can only name tables and columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The transaction lost against others; the runner has tried again several times before it says so.
    #[error("the transaction lost against others")]
    Contention,
    /// Something with the same unique key is there already.
    #[error("a row with the same key exists already ({on})")]
    UniqueViolation {
        /// The constraint (PostgreSQL) or the columns (SQLite), for the log. The engines do not name it alike: a caller
        /// that must tell constraints apart knows which statement it made.
        on: String,
    },
    /// A row that is referred to is not there, or one that is to go is referred to.
    #[error("a reference to another row does not hold ({on})")]
    ForeignKeyViolation {
        /// The constraint, where the engine names it.
        on: String,
    },
    /// The database does not answer, is full, is read-only or is shutting down. Trying again later may help.
    #[error("the database is not available ({0})")]
    Unavailable(String),
    /// What is stored is not what this program wrote or can read. It needs a person.
    #[error("the stored data cannot be read: {0}")]
    Corrupt(String),
    /// The idempotency key was used before by the same caller and method for another body.
    #[error("the request id was used before for another body")]
    RequestIdReused {
        /// Path of the RPC.
        method: &'static str,
    },
    /// A page token or an event cursor is not of this list, this filter or this service.
    #[error(transparent)]
    TokenMismatch(#[from] TokenMismatch),
    /// The tables are not those of this version of the program.
    #[error(
        "the database is not migrated: {missing} of {total} migrations are missing, first `{first}`; run the `migrate` command"
    )]
    NotMigrated {
        /// Name of the first migration that was not applied.
        first: String,
        /// How many were not applied.
        missing: usize,
        /// How many there are.
        total: usize,
    },
    /// The database was migrated by a later version of the program.
    #[error(
        "the database has migrations that this version does not know, first `{first}`: it was migrated by a later version"
    )]
    Newer {
        /// Name of the first migration that is not known.
        first: String,
    },
    /// Anything else: a fault of this program.
    #[error("the database refused a statement ({0})")]
    Other(String),
}

/// A page token or an event cursor is not one that was handed out for this list, this filter and this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token was not handed out for this list with this filter")]
pub struct TokenMismatch;

/// An error of a transaction's closure, which the runner asks whether another try may help.
///
/// A service's own error type implements it by looking for the [`StoreError`] that it was made from.
pub trait Retryable {
    /// Whether it is, or wraps, [`StoreError::Contention`].
    fn is_contention(&self) -> bool;
}

impl Retryable for StoreError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Contention)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => of_driver(cause),
            DbErr::ConnectionAcquire(_) => Self::Unavailable("no connection was free in time".to_owned()),
            DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => {
                Self::Corrupt("a column holds a value of another form".to_owned())
            }
            DbErr::RecordNotFound(_) => Self::Other("a row that must be there is not".to_owned()),
            DbErr::RecordNotInserted => Self::Other("no row was inserted".to_owned()),
            DbErr::RecordNotUpdated => Self::Other("no row was updated".to_owned()),
            DbErr::AttrNotSet(column) => Self::Other(format!("column {column} was not set")),
            DbErr::Migration(text) | DbErr::Custom(text) => Self::Other(text.clone()),
            _ => Self::Other("the object mapper failed".to_owned()),
        }
    }
}

fn of_driver(error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(cause) => match cause.try_downcast_ref::<PgDatabaseError>() {
            Some(postgres) => of_postgres(postgres),
            None => of_sqlite(cause.as_ref()),
        },
        sqlx::Error::Io(cause) => StoreError::Unavailable(cause.kind().to_string()),
        sqlx::Error::Tls(_) => StoreError::Unavailable("TLS could not be established".to_owned()),
        sqlx::Error::Protocol(_) => StoreError::Unavailable("the connection broke".to_owned()),
        sqlx::Error::PoolTimedOut => StoreError::Unavailable("no connection was free in time".to_owned()),
        sqlx::Error::PoolClosed => StoreError::Unavailable("the store is closed".to_owned()),
        sqlx::Error::WorkerCrashed => StoreError::Unavailable("a worker thread of the driver ended".to_owned()),
        sqlx::Error::ColumnDecode { index, .. } => StoreError::Corrupt(format!("column {index} cannot be read")),
        sqlx::Error::ColumnNotFound(name) => StoreError::Other(format!("there is no column {name}")),
        sqlx::Error::Configuration(_) => StoreError::Other("the connection settings are not valid".to_owned()),
        _ => StoreError::Other("the driver failed".to_owned()),
    }
}

/// By SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_postgres(error: &PgDatabaseError) -> StoreError {
    let code = error.code();
    let on = || error.constraint().or_else(|| error.table()).unwrap_or_default().to_owned();
    match code {
        // serialization_failure, deadlock_detected, lock_not_available.
        "40001" | "40P01" | "55P03" => StoreError::Contention,
        "23505" => StoreError::UniqueViolation { on: on() },
        "23503" => StoreError::ForeignKeyViolation { on: on() },
        // read_only_sql_transaction: the connection leads to a replica, as happens during a failover.
        "25006" => StoreError::Unavailable("SQLSTATE 25006".to_owned()),
        // data_corrupted, index_corrupted.
        "XX001" | "XX002" => StoreError::Corrupt(format!("SQLSTATE {code}")),
        // Connection exceptions, insufficient resources, operator intervention.
        _ if matches!(code.get(..2), Some("08" | "53" | "57")) => StoreError::Unavailable(format!("SQLSTATE {code}")),
        // Syntax and access rules: the text names tables and columns, and values are always bound.
        _ if code.starts_with("42") => StoreError::Other(format!("SQLSTATE {code}: {}", error.message())),
        _ => StoreError::Other(format!("SQLSTATE {code} {}", on())),
    }
}

/// By extended result code: <https://www.sqlite.org/rescode.html>.
fn of_sqlite(error: &dyn DatabaseError) -> StoreError {
    let code: i32 = error.code().and_then(|code| code.parse().ok()).unwrap_or_default();
    // The text of a constraint failure is made of table and column names.
    let on = || error.message().rsplit(": ").next().unwrap_or_default().to_owned();
    match (code, code & 0xff) {
        // BUSY, LOCKED.
        (_, 5 | 6) => StoreError::Contention,
        // CONSTRAINT_PRIMARYKEY, CONSTRAINT_UNIQUE, CONSTRAINT_ROWID.
        (1555 | 2067 | 2579, _) => StoreError::UniqueViolation { on: on() },
        // CONSTRAINT_FOREIGNKEY; the engine does not say which one.
        (787, _) => StoreError::ForeignKeyViolation { on: String::new() },
        // READONLY, IOERR, FULL, CANTOPEN.
        (_, 8 | 10 | 13 | 14) => StoreError::Unavailable(format!("SQLite result code {code}")),
        // CORRUPT, NOTADB.
        (_, 11 | 26) => StoreError::Corrupt(format!("SQLite result code {code}")),
        // ERROR: the statement itself is wrong; the text names tables and columns, and values are always bound.
        (1, _) => StoreError::Other(format!("SQLite result code 1: {}", error.message())),
        (_, _) => StoreError::Other(format!("SQLite result code {code}")),
    }
}
