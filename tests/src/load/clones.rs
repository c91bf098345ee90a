//! Many rows like those that one real resource has, made by the database itself: a million verifications by calls would
//! take an hour, and what they are made for takes a minute.

use std::{collections::BTreeSet, ops::Range};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, Value};
use uuid::Uuid;

use super::bare_rows::{Census, Column, census, columns, newest};

/// What every service keeps beside its own tables: a clone has no calls, and nothing was told of it.
const OF_EVERY_SERVICE: &[&str] = &[
    "events",
    "audit_entries",
    "idempotency_keys",
    "revisions",
    "revision_heads",
    "store_identity",
    "seaql_migrations",
];
/// How many clones one statement makes.
const AT_ONCE: u64 = 10_000;
/// The first digits of an id are its time, in milliseconds: those of a clone are as much earlier as its number says. All
/// others it shares with its original.
const TIME: usize = 12;

/// The rows of one resource, to be cloned.
#[derive(Debug)]
pub struct Original {
    backend: DbBackend,
    tables: Vec<Table>,
    /// Name of the table to which the others refer.
    first: String,
    /// Ids of the resource and of what belongs to it.
    own: Vec<Uuid>,
}

#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

impl Original {
    /// Reads the rows that the service's own tables got since `before`. Ids in them belong to the resource and are
    /// replaced in each clone, but for those of `others`: an agency, a revision. The rows of the table `first` are written
    /// first, since those of other tables refer to them.
    ///
    /// # Errors
    /// The database's.
    ///
    /// # Panics
    /// When two ids cannot be told apart by the digits that their clones keep, which happens by no chance worth a name.
    pub async fn added_since(
        database: &DatabaseConnection,
        before: &Census,
        first: &str,
        others: &[Uuid],
    ) -> Result<Self, DbErr> {
        let (mut tables, mut own) = (Vec::new(), BTreeSet::new());
        for (name, count) in census(database).await? {
            let added = count - before.get(&name).copied().unwrap_or_default();
            if added <= 0 || OF_EVERY_SERVICE.contains(&name.as_str()) {
                continue;
            }
            let columns = columns(database, &name).await?;
            let rows = newest(database, &name, &columns, added).await?;
            own.extend(rows.iter().flatten().flat_map(ids));
            tables.push(Table { name, columns, rows });
        }
        tables.sort_by_key(|table| table.name != first);
        let own: Vec<Uuid> = own.into_iter().filter(|id| !others.contains(id)).collect();
        let shared: BTreeSet<String> = own.iter().map(|id| split(*id).1).collect();
        assert_eq!(shared.len(), own.len(), "ids that differ in their time alone");
        Ok(Self { backend: database.get_database_backend(), tables, first: first.to_owned(), own })
    }

    /// How many rows a clone has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.tables.iter().map(|table| table.rows.len()).sum()
    }

    /// Makes one clone for each number. A number is used once; zero is the original's. What clones have in common, as an
    /// officer of the agency, stays there once.
    ///
    /// # Errors
    /// The database's.
    ///
    /// # Panics
    /// When a number was used before.
    pub async fn multiply(&self, database: &DatabaseConnection, numbers: Range<u64>) -> Result<(), DbErr> {
        let mut begin = numbers.start;
        while begin < numbers.end {
            let end = numbers.end.min(begin + AT_ONCE);
            for table in &self.tables {
                for row in &table.rows {
                    let done = database.execute_raw(self.insert(table, row, begin, end)).await?;
                    let all = done.rows_affected() == end - begin;
                    assert!(all || table.name != self.first, "each clone has a row of its own in {}", table.name);
                }
            }
            begin = end;
        }
        Ok(())
    }

    /// The id that stands in the place of `original` in the clone with this number.
    #[must_use]
    pub fn id(&self, original: Uuid, number: u64) -> Uuid {
        let (time, shared) = split(original);
        Uuid::try_parse(&format!("{:012x}{shared}", time.saturating_sub(number))).unwrap_or(original)
    }

    fn insert(&self, table: &Table, row: &[Value], begin: u64, end: u64) -> Statement {
        let names = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
        let mut values = Vec::new();
        let cells: Vec<String> =
            table.columns.iter().zip(row).map(|(column, value)| self.cell(column, value, &mut values)).collect();
        let cells = cells.join(", ");
        let name = &table.name;
        let last = end - 1;
        let sql = match self.backend {
            DbBackend::Postgres => format!(
                "INSERT INTO \"{name}\" ({names}) SELECT {cells} FROM generate_series({begin}::bigint, {last}::bigint) AS n \
                 ON CONFLICT DO NOTHING"
            ),
            _ => format!(
                "WITH RECURSIVE numbers(n) AS (SELECT {begin} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) \
                 INSERT INTO \"{name}\" ({names}) SELECT {cells} FROM numbers WHERE true ON CONFLICT DO NOTHING"
            ),
        };
        Statement::from_sql_and_values(self.backend, sql, values)
    }

    /// A value as an expression, with the ids in it replaced by those of the clone `n`.
    fn cell(&self, column: &Column, value: &Value, values: &mut Vec<Value>) -> String {
        if let Some(id) = uuid_of_bytes(value).filter(|id| self.own.contains(id)) {
            return format!("unhex({} || '{}')", self.time(id), split(id).1);
        }
        values.push(value.clone());
        let (mut cell, cast) = match self.backend {
            DbBackend::Postgres => (format!("${}::text", values.len()), format!("::{}", column.kind)),
            _ => ("?".to_owned(), String::new()),
        };
        for id in ids(value).filter(|id| self.own.contains(id)) {
            let (time, shared) = (self.time(id), split(id).1);
            let (simple, hyphenated) = (id.simple().to_string(), id.hyphenated().to_string());
            if holds(value, &simple) {
                cell = format!("replace({cell}, '{simple}', {time} || '{shared}')");
            }
            if holds(value, &hyphenated) {
                let rest = &hyphenated[TIME + 1..];
                let time = format!("substr({time}, 1, 8) || '-' || substr({time}, 9)");
                cell = format!("replace({cell}, '{hyphenated}', {time} || '{rest}')");
            }
        }
        format!("({cell}){cast}")
    }

    /// The digits of the time of the clone `n` of an id, as an expression.
    fn time(&self, id: Uuid) -> String {
        let (time, _) = split(id);
        match self.backend {
            DbBackend::Postgres => format!("lpad(to_hex({time} - n), {TIME}, '0')"),
            _ => format!("printf('%0{TIME}x', {time} - n)"),
        }
    }
}

/// An id as its time and its other digits.
fn split(id: Uuid) -> (u64, String) {
    let text = id.simple().to_string();
    let (time, shared) = text.split_at(TIME);
    (u64::from_str_radix(time, 16).unwrap_or_default(), shared.to_owned())
}

fn holds(value: &Value, text: &str) -> bool {
    matches!(value, Value::String(Some(value)) if value.contains(text))
}

/// SQLite keeps an id as its 16 bytes.
fn uuid_of_bytes(value: &Value) -> Option<Uuid> {
    match value {
        Value::Bytes(Some(bytes)) => Uuid::from_slice(bytes).ok(),
        _ => None,
    }
}

/// The ids in a value, each once: 16 bytes, or 32 digits in text. A digest has 64 and is none.
fn ids(value: &Value) -> impl Iterator<Item = Uuid> + use<> {
    let mut found: BTreeSet<Uuid> = uuid_of_bytes(value).into_iter().collect();
    if let Value::String(Some(text)) = value {
        let pieces = text.split(|letter: char| !matches!(letter, '0'..='9' | 'a'..='f' | '-'));
        let of_id = |piece: &&str| piece.bytes().filter(u8::is_ascii_hexdigit).count() == 32;
        found.extend(pieces.filter(of_id).filter_map(|piece| Uuid::try_parse(piece).ok()));
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_text_and_in_bytes_and_digests_are_none() {
        let id = Uuid::now_v7();
        let text = format!(
            "{{\"id\":\"ver_{}\",\"digest\":\"sha256:{}\",\"other\":\"{}\"}}",
            id.simple(),
            "ab".repeat(32),
            id.hyphenated()
        );
        assert_eq!(ids(&Value::from(text)).collect::<Vec<_>>(), [id]);
        assert_eq!(ids(&Value::from(id.as_bytes().to_vec())).collect::<Vec<_>>(), [id]);
        assert_eq!(ids(&Value::from(7_i64)).count(), 0);
    }
}
