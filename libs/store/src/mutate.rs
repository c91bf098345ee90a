//! The one way to change anything.

use crate::{
    Change, Changed, Mutated, Retryable, Store, StoreError, Tx, audit,
    change::micros,
    feed, idempotency,
    transaction::{Attempts, end},
};

impl Store {
    /// Does a change, once, and leaves its trace, all in one transaction that is run again when it lost against others
    /// (see [`Store::transaction`]): runs the closure, writes its events and the audit entry, and takes the caller's
    /// idempotency key. If the closure fails, nothing of all that remains.
    ///
    /// A call whose key was taken before by the same actor and method gets the answer that was given then, marked as
    /// replayed. The key is taken by an insert under a unique key *at the end*, together with the answer, which saves a
    /// statement: of two calls with one key that run at the same time, one commits, and the other fails at that insert
    /// (or before, where its conditional updates find the first one's work done), is rolled back, and reads the first
    /// one's answer. The read at the start only spares a repeated call from running the closure.
    ///
    /// # Errors
    /// The closure's own; [`StoreError::RequestIdReused`] when the key was taken for another body; the store's.
    pub async fn mutate<F, E>(&self, change: Change<'_>, work: F) -> Result<Mutated, E>
    where
        F: AsyncFnOnce(&Tx) -> Result<Changed, E> + Clone,
        E: From<StoreError> + Retryable,
    {
        let change = Change { now: micros(change.now), ..change };
        if let Some(answer) = idempotency::answered(self, &change).await? {
            return Ok(answer);
        }
        let mut attempts = Attempts::new(change.method);
        loop {
            let error = match self.begin().await {
                Ok(tx) => {
                    let result = match work.clone()(&tx).await {
                        Ok(changed) => record(&tx, &change, &changed).await.map(|()| changed).map_err(E::from),
                        Err(error) => Err(error),
                    };
                    match end(tx, result).await {
                        Ok(changed) => return Ok(self.done(changed)),
                        Err(error) => error,
                    }
                }
                Err(error) => error.into(),
            };
            // Whatever the failure was, it may be that another call with the same key succeeded in the meantime.
            match idempotency::answered(self, &change).await {
                Ok(Some(answer)) => return Ok(answer),
                Err(error @ StoreError::RequestIdReused { .. }) => return Err(error.into()),
                Ok(None) | Err(_) => {}
            }
            if !attempts.another(error.is_contention()).await {
                return Err(error);
            }
        }
    }

    fn done(&self, changed: Changed) -> Mutated {
        if !changed.events.is_empty() {
            self.committed_events();
        }
        Mutated { response: changed.response, resource: changed.resource, replayed: false }
    }
}

/// Writes the trace of a change: three statements at most.
async fn record(tx: &Tx, change: &Change<'_>, changed: &Changed) -> Result<(), StoreError> {
    feed::insert(tx, change, &changed.events).await?;
    audit::insert(tx, change, changed).await?;
    idempotency::take(tx, change, changed).await
}
