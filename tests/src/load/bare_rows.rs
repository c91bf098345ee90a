//! The baseline of a call that stores: the same rows, written by bare SQL in one transaction on the same database.
//!
//! The rows are not written down here: they are read back from what one real call wrote, so that the baseline
//! follows the service. Each repetition gets fresh ids in the place of the old ones.

use std::{collections::HashMap, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, FromQueryResult, QueryResult,
    Statement, TransactionTrait, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

/// One insert: its SQL and its values.
#[derive(Debug, Clone)]
struct Insert {
    sql: String,
    values: Vec<Value>,
}

/// The rows of one call.
#[derive(Debug, Clone)]
pub struct Rows {
    backend: DbBackend,
    inserts: Vec<Insert>,
}

/// How many rows each table has.
pub type Census = HashMap<String, i64>;

/// A column that an insert names.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type, as PostgreSQL names it.
    pub(super) kind: String,
}

/// A pool as the service has it: SQLite with one writer that syncs at each commit, PostgreSQL with as many connections.
///
/// # Errors
/// The database's.
pub async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url.to_owned());
    let sqlite = url.starts_with("sqlite");
    let connections = if sqlite { 1 } else { rogatory_store::StoreSettings::default().max_connections };
    options.max_connections(connections).sqlx_logging(false);
    if sqlite {
        options.map_sqlx_sqlite_opts(|options| {
            options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(30))
        });
    }
    Database::connect(options).await
}

/// What the database does at a commit, in words.
///
/// # Errors
/// The database's.
pub async fn durability(database: &DatabaseConnection) -> Result<String, DbErr> {
    let backend = database.get_database_backend();
    let (sql, name) = match backend {
        DbBackend::Postgres => ("SHOW fsync", "fsync"),
        _ => ("PRAGMA synchronous", "synchronous"),
    };
    let rows = query(database, sql).await?;
    let row = rows.first().ok_or_else(|| DbErr::RecordNotFound(name.to_owned()))?;
    Ok(match backend {
        DbBackend::Postgres => format!("fsync {}", row.try_get::<String>("", name)?),
        _ => format!("WAL, synchronous {}", if row.try_get::<i64>("", name)? == 2 { "FULL" } else { "not FULL" }),
    })
}

/// Counts the rows of every table.
///
/// # Errors
/// The database's.
pub async fn census(database: &DatabaseConnection) -> Result<Census, DbErr> {
    let mut counts = Census::new();
    for table in tables(database).await? {
        let sql = format!("SELECT COUNT(*) AS n FROM \"{table}\"");
        let row = query(database, &sql).await?.into_iter().next();
        counts.insert(table, row.map(|row| row.try_get::<i64>("", "n")).transpose()?.unwrap_or_default());
    }
    Ok(counts)
}

/// Reads the rows that were added to every table since `before`: the newest so many.
///
/// # Errors
/// The database's.
pub async fn added_since(database: &DatabaseConnection, before: &Census) -> Result<Rows, DbErr> {
    let backend = database.get_database_backend();
    let mut inserts = Vec::new();
    for (table, count) in census(database).await? {
        let added = count - before.get(&table).copied().unwrap_or_default();
        if added <= 0 {
            continue;
        }
        let columns = columns(database, &table).await?;
        let list = columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
        for values in newest(database, &table, &columns, added).await? {
            let marks = (1..).zip(&columns).map(|(at, column)| column.mark(backend, at)).collect::<Vec<_>>().join(", ");
            inserts.push(Insert { sql: format!("INSERT INTO \"{table}\" ({list}) VALUES ({marks})"), values });
        }
    }
    Ok(Rows { backend, inserts })
}

/// The rows of a table that were written last.
pub(super) async fn newest(
    database: &DatabaseConnection,
    table: &str,
    columns: &[Column],
    count: i64,
) -> Result<Vec<Vec<Value>>, DbErr> {
    let backend = database.get_database_backend();
    // Both engines give rows of a table without deletions in the order in which they were written.
    let place = match backend {
        DbBackend::Postgres => "ctid",
        _ => "rowid",
    };
    let select = columns.iter().map(|column| column.read(backend)).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {select} FROM \"{table}\" ORDER BY {place} DESC LIMIT {count}");
    let rows = query(database, &sql).await?;
    rows.iter().map(|row| columns.iter().map(|column| column.value(row)).collect()).collect()
}

impl Rows {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inserts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inserts.is_empty()
    }

    /// Writes the rows once more, with fresh ids, in one transaction.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self, database: &DatabaseConnection) -> Result<(), DbErr> {
        let mut fresh = Fresh::new();
        let statements: Vec<Statement> = self
            .inserts
            .iter()
            .map(|insert| {
                let values = insert.values.iter().map(|value| renewed(value, &mut fresh)).collect::<Vec<_>>();
                Statement::from_sql_and_values(self.backend, insert.sql.clone(), values)
            })
            .collect();
        let transaction = database.begin().await?;
        for statement in statements {
            transaction.execute_raw(statement).await?;
        }
        transaction.commit().await
    }
}

impl Column {
    fn read(&self, backend: DbBackend) -> String {
        match backend {
            DbBackend::Postgres => format!("\"{0}\"::text AS \"{0}\"", self.name),
            _ => format!("\"{0}\", typeof(\"{0}\") AS \"{0}:type\"", self.name),
        }
    }

    fn mark(&self, backend: DbBackend, at: usize) -> String {
        match backend {
            DbBackend::Postgres => format!("${at}::text::{}", self.kind),
            _ => "?".to_owned(),
        }
    }

    fn value(&self, row: &QueryResult) -> Result<Value, DbErr> {
        let kind = row.try_get::<String>("", &format!("{}:type", self.name)).unwrap_or_else(|_| "text".to_owned());
        Ok(match kind.as_str() {
            "integer" => row.try_get::<Option<i64>>("", &self.name)?.into(),
            "real" => row.try_get::<Option<f64>>("", &self.name)?.into(),
            "blob" => row.try_get::<Option<Vec<u8>>>("", &self.name)?.into(),
            "null" => Value::String(None),
            _ => row.try_get::<Option<String>>("", &self.name)?.into(),
        })
    }
}

/// Fresh ids in the place of old ones; an id that stands in several rows, or in several spellings, stays one id.
type Fresh = HashMap<uuid::Uuid, uuid::Uuid>;

fn fresh_id(old: uuid::Uuid, fresh: &mut Fresh) -> uuid::Uuid {
    *fresh.entry(old).or_insert_with(uuid::Uuid::now_v7)
}

/// The same value with every id in it replaced. SQLite keeps an id as its 16 bytes, everybody else as text.
fn renewed(value: &Value, fresh: &mut Fresh) -> Value {
    match value {
        Value::String(Some(text)) => Value::from(renewed_text(text, fresh)),
        Value::Bytes(Some(bytes)) => match uuid::Uuid::from_slice(bytes) {
            Ok(id) => Value::from(fresh_id(id, fresh).as_bytes().to_vec()),
            Err(_) => value.clone(),
        },
        other => other.clone(),
    }
}

fn renewed_text(text: &str, fresh: &mut Fresh) -> String {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let bytes = text.as_bytes();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < text.len() {
        let run = bytes[at..].iter().take_while(|byte| digit(**byte) || **byte == b'-').count();
        let piece = &text[at..at + run];
        let digits = piece.bytes().filter(|byte| digit(*byte)).count();
        // An id or a UUID has 32 digits. A digest has 64 and stays.
        if let Some(id) = (digits == 32).then(|| uuid::Uuid::try_parse(piece).ok()).flatten() {
            let new = fresh_id(id, fresh);
            out.push_str(&if piece.len() == 32 { new.simple().to_string() } else { new.hyphenated().to_string() });
            at += run;
        } else if run > 0 {
            out.push_str(piece);
            at += run;
        } else {
            let letter = text[at..].chars().next().unwrap_or_default();
            out.push(letter);
            at += letter.len_utf8();
        }
    }
    out
}

async fn query(database: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await
}

pub(super) async fn tables(database: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let sql = match database.get_database_backend() {
        DbBackend::Postgres => "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    query(database, sql).await?.iter().map(|row| row.try_get("", "name")).collect()
}

/// The columns that an insert names: all but those that the database fills by itself.
pub(super) async fn columns(database: &DatabaseConnection, table: &str) -> Result<Vec<Column>, DbErr> {
    let rows = match database.get_database_backend() {
        DbBackend::Postgres => {
            let sql = format!(
                "SELECT column_name AS name, udt_name AS kind FROM information_schema.columns WHERE table_schema = 'public' \
                 AND table_name = '{table}' AND is_identity = 'NO' AND (column_default IS NULL OR column_default NOT LIKE \
                 '%nextval%') ORDER BY ordinal_position"
            );
            query(database, &sql).await?
        }
        _ => {
            // An integer primary key of its own is SQLite's row id, filled by itself.
            let sql = format!(
                "SELECT name, type AS kind FROM pragma_table_info('{table}') AS c WHERE NOT (pk = 1 AND lower(type) = 'integer' \
                 AND (SELECT COUNT(*) FROM pragma_table_info('{table}') WHERE pk > 0) = 1)"
            );
            query(database, &sql).await?
        }
    };
    rows.iter().map(|row| Named::from_query_result(row, "").map(|Named { name, kind }| Column { name, kind })).collect()
}

#[derive(FromQueryResult)]
struct Named {
    name: String,
    kind: String,
}
