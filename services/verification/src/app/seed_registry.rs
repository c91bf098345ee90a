//! The registry that a new database starts with.

use chrono::{DateTime, Utc};
use rogatory_names::AgencyId;
use rogatory_store::{Change, Changed, NewEvent, Retryable, Store, StoreError};

use crate::{
    domain::{
        agency::Agency,
        seed::{self, SeedFault},
    },
    store,
};

/// Why the registry cannot be seeded.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file is not readable.
    #[error(transparent)]
    File(#[from] SeedFault),
    /// The database refused it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Retryable for SeedError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// Adds the agencies of the file that the registry does not know by name or by domain, and leaves the others as they
/// are: what people have changed since is theirs. Answers how many were added.
///
/// # Errors
/// [`SeedError`].
pub async fn seed_registry(store: &Store, text: &str, now: DateTime<Utc>) -> Result<usize, SeedError> {
    let entries = seed::read(text)?;
    let agencies: Vec<_> =
        entries.into_iter().map(|entry| Agency::new(AgencyId::new(), entry, Vec::new(), now)).collect();
    if store::agencies::unknown(store.read(), &agencies).await?.is_empty() {
        return Ok(0);
    }
    let change = Change {
        method: "worker:seed",
        actor: "system:seed",
        correlation_id: "seed",
        request_id: None,
        body_digest: [0; 32],
        now,
    };
    let seeded = store
        .mutate(change, async |tx| {
            let new = store::agencies::unknown(tx, &agencies).await?;
            let mut changed = Changed::new("agencies").fact("added", new.len().to_string()).answering(&new.len())?;
            for agency in new {
                store::agencies::insert(tx, agency).await?;
                let country = agency.entry.country.to_string();
                changed = changed.event(NewEvent::new("agency.created", agency.id.name()).fact("country", country));
            }
            Ok::<_, SeedError>(changed)
        })
        .await?;
    Ok(seeded.answer()?)
}
