//! The tables that every service has, and running migrations.
//!
//! A migration is frozen once it was released: it says what it does in terms of tables and columns and uses no entity,
//! which would change under it.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr};
use sea_orm_migration::{MigrationStatus, MigrationTrait, MigratorTraitSelf, async_trait};

use crate::{Engine, Store, StoreError, feed, transaction::end};

mod m20261124_000001_idempotency_keys;
mod m20261124_000002_events;
mod m20261124_000003_audit_entries;
mod m20261124_000004_revisions;
mod m20261124_000005_store_identity;

/// Names the lock under which replicas migrate one after the other; any number does that no one else uses.
const LOCK: i64 = 0x726f_6761_746f_7279;

/// Makes the migrations of a service; a function, because the migrator asks for them anew each time.
type Migrations = fn() -> Vec<Box<dyn MigrationTrait>>;

struct Migrator(Migrations);

#[async_trait::async_trait]
impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let mut all: Vec<Box<dyn MigrationTrait>> = vec![
            Box::new(m20261124_000001_idempotency_keys::Migration),
            Box::new(m20261124_000002_events::Migration),
            Box::new(m20261124_000003_audit_entries::Migration),
            Box::new(m20261124_000004_revisions::Migration),
            Box::new(m20261124_000005_store_identity::Migration),
        ];
        all.extend((self.0)());
        all
    }
}

/// Applies what is missing, the shared tables first, then the service's own in the order of its list. All in one
/// transaction: a migration that fails leaves the database as it was. Replicas that do it at the same time wait for
/// each other. Returns how many were applied.
///
/// # Errors
/// When a migration fails or the database does not answer.
pub async fn migrate(store: &Store, service: Migrations) -> Result<usize, StoreError> {
    let tx = store.begin().await?;
    let result = async {
        if store.engine() == Engine::Postgres {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
        }
        let migrator = Migrator(service);
        let missing = migrator.get_pending_migrations(&tx).await?.len();
        migrator.up(&tx, None).await?;
        Ok::<_, DbErr>(missing)
    };
    let result = result.await.map_err(StoreError::from);
    end(tx, result).await
}

/// Checks, without changing anything, that the tables are those of this version and the events were written here;
/// `serve` refuses to run otherwise.
///
/// # Errors
/// [`StoreError::NotMigrated`] when something is missing, [`StoreError::Newer`] when there is more than this version
/// knows, [`StoreError::Corrupt`] when the events come from another PostgreSQL cluster, the store's own.
pub async fn pending(store: &Store, service: Migrations) -> Result<(), StoreError> {
    let migrator = Migrator(service);
    let known = migrator.migrations();
    let applied = applied(store).await?;
    if let Some(first) = applied.iter().find(|name| known.iter().all(|migration| migration.name() != name.as_str())) {
        return Err(StoreError::Newer { first: first.clone() });
    }
    let missing: Vec<_> = migrator
        .get_migration_with_status_read_only(store.read())
        .await?
        .into_iter()
        .filter(|migration| migration.status() == MigrationStatus::Pending)
        .collect();
    match missing.first() {
        None => feed::check_origin(store).await,
        Some(first) => {
            Err(StoreError::NotMigrated { first: first.name().to_owned(), missing: missing.len(), total: known.len() })
        }
    }
}

/// The names of the migrations that were applied.
async fn applied(store: &Store) -> Result<Vec<String>, StoreError> {
    use sea_orm::{EntityTrait, QueryOrder};
    use sea_orm_migration::{SchemaManager, seaql_migrations};
    if !SchemaManager::new(store.read()).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let query = seaql_migrations::Entity::find().order_by_asc(seaql_migrations::Column::Version);
    Ok(query.all(store.read()).await?.into_iter().map(|row| row.version).collect())
}

/// Runs the statements for the engine at hand.
async fn per_engine(connection: &impl ConnectionTrait, sqlite: &[&str], postgres: &[&str]) -> Result<(), DbErr> {
    let statements = if connection.get_database_backend() == DatabaseBackend::Postgres { postgres } else { sqlite };
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}
