//! The transaction runner.

use std::time::Duration;

use sea_orm::{DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};

use crate::{Engine, Retryable, Store, StoreError, Tx};

/// How often a transaction is begun before its loss is reported.
const ATTEMPTS: u32 = 8;
/// The longest pause before the second attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

impl Store {
    /// Runs a closure in a transaction: commits when it returns `Ok`, rolls back when it returns `Err` or when the
    /// caller gives up and drops the future. A transaction that lost against others is run again, a bounded number of
    /// times, so the closure must do nothing but what the rollback undoes.
    ///
    /// PostgreSQL runs it at READ COMMITTED. Every change here is a conditional update whose count of affected rows is
    /// looked at, or an insert under a unique key: those are decided on the current row even at that level, and a
    /// stricter one would turn each wait for a row lock into a failed and repeated transaction. SQLite takes the write
    /// lock at the start, because a reader that becomes a writer midway can fail where waiting does not help.
    ///
    /// The closure is one that is called once, and cloned for each attempt, because the compiler can tell that the
    /// future of such a one may be sent between threads; of an `AsyncFn` it cannot once the closure borrows
    /// (rust-lang/rust#110338), and gRPC handlers must be sent. A closure whose captures are borrowed is `Clone`.
    ///
    /// For a change that a caller asks for use [`Store::mutate`], which leaves a trace; this is for bookkeeping that no
    /// one asked for, such as a lease on a step of the docket. `what` names it in the log.
    ///
    /// # Errors
    /// The closure's, or the store's own.
    pub async fn transaction<F, T, E>(&self, what: &str, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&Tx) -> Result<T, E> + Clone,
        E: From<StoreError> + Retryable,
    {
        let mut attempts = Attempts::new(what);
        loop {
            let error = match self.begin().await {
                Ok(tx) => {
                    let result = work.clone()(&tx).await;
                    match end(tx, result).await {
                        Ok(value) => return Ok(value),
                        Err(error) => error,
                    }
                }
                Err(error) => error.into(),
            };
            if !attempts.another(error.is_contention()).await {
                return Err(error);
            }
        }
    }

    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let mode = (self.engine() == Engine::Sqlite).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
        Ok(self.write().begin_with_options(options).await?)
    }
}

/// Commits what succeeded and rolls back what did not.
pub(crate) async fn end<T, E: From<StoreError>>(tx: Tx, result: Result<T, E>) -> Result<T, E> {
    match result {
        Ok(value) => tx.commit().await.map_err(StoreError::from).map(|()| value).map_err(E::from),
        Err(error) => {
            // The error says more than a failed rollback would, and the engine rolls back a connection that breaks.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

/// Counts the attempts at one transaction, and waits between them.
pub(crate) struct Attempts<'a> {
    what: &'a str,
    made: u32,
    pause: Duration,
}

impl<'a> Attempts<'a> {
    pub(crate) const fn new(what: &'a str) -> Self {
        Self { what, made: 0, pause: FIRST_PAUSE }
    }

    /// Whether to try again after a failed attempt; if so, waits before it says so. The wait is drawn at random up to a
    /// bound that doubles, so that those who collided do not meet again.
    pub(crate) async fn another(&mut self, contention: bool) -> bool {
        self.made += 1;
        if !contention || self.made >= ATTEMPTS {
            return false;
        }
        tracing::debug!(what = self.what, attempt = self.made, "the transaction lost against another, trying again");
        let longest = u64::try_from(self.pause.as_micros()).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..=longest))).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
