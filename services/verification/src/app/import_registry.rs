//! Agencies taken from a file into the registry.

use chrono::{DateTime, Utc};
use rogatory_chassis::Failure;
use rogatory_names::AgencyId;
use rogatory_rulebook::Fault;
use rogatory_store::{Change, Changed, NewEvent, Retryable, Store, StoreError, Tx};
use serde::{Deserialize, Serialize};

use crate::{
    domain::agency::{Agency, Stated},
    store::{Reading, Stored, agencies},
};

/// Agencies in one transaction.
const BATCH: usize = 500;

/// Why a registry cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file has faults.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    File(Vec<Fault>),
    /// A domain belongs to an agency of the registry already.
    #[error("the domain {domain} of {agency} belongs to {owner} of the registry at the same time")]
    Owned {
        /// The domain.
        domain: String,
        /// The agency of the file.
        agency: String,
        /// The agency of the registry.
        owner: String,
    },
    /// The database refused it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Vec<Fault>> for ImportError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::File(faults)
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::internal(error)
    }
}

impl Retryable for ImportError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Agencies that were added.
    pub added: usize,
    /// Agencies that were replaced by what the file states.
    pub replaced: usize,
}

/// Takes agencies into the registry. One that the registry knows by country and name is replaced where `replace` says so and
/// left alone otherwise: what people have changed since is theirs. What is new is recorded now. Imported again, a file
/// changes nothing.
///
/// # Errors
/// [`ImportError`]. What stood in the file before the agency at fault may have been taken in; import the mended file again.
pub async fn import_registry(
    store: &Store,
    stated: &[Stated],
    replace: bool,
    now: DateTime<Utc>,
) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    for batch in stated.chunks(BATCH) {
        if look(store.read(), batch, replace, now).await?.is_empty() {
            continue;
        }
        let change = Change {
            method: "worker:import",
            actor: "system:import",
            correlation_id: "import",
            request_id: None,
            body_digest: [0; 32],
            now,
        };
        let done = store.mutate(change, async |tx| import(tx, batch, replace, now).await).await?;
        let done: Imported = done.answer()?;
        imported.added += done.added;
        imported.replaced += done.replaced;
    }
    Ok(imported)
}

/// What is to be changed: an agency as it shall be, and as it is where the registry knows it.
async fn look(
    from: &impl Reading,
    stated: &[Stated],
    replace: bool,
    now: DateTime<Utc>,
) -> Result<Vec<(Agency, Option<Stored<Agency>>)>, ImportError> {
    let mut changes = Vec::new();
    for one in stated {
        let known = agencies::by_name(from, one.entry.country, &one.entry.display_name).await?;
        let agency = match &known {
            Some(known) if !replace || known.value.is_as(one) => continue,
            Some(known) => known.value.replaced(one.clone(), now),
            None => Agency::new(AgencyId::new(), one.clone(), now),
        };
        if let Some((domain, owner)) = agencies::other_owner(from, &agency).await? {
            if !replace {
                // A registry that was kept under another name is not seeded a second time.
                continue;
            }
            let owner = owner.value.entry.display_name;
            return Err(ImportError::Owned { domain, agency: one.entry.display_name.clone(), owner });
        }
        changes.push((agency, known));
    }
    Ok(changes)
}

async fn import(tx: &Tx, stated: &[Stated], replace: bool, now: DateTime<Utc>) -> Result<Changed, ImportError> {
    let number = agencies::begin_change(tx).await?;
    let (mut added, mut replaced) = (Vec::new(), 0);
    let mut changed = Changed::new("agencies");
    for (agency, known) in look(tx, stated, replace, now).await? {
        let kind = if known.is_some() { "agency.updated" } else { "agency.created" };
        let country = agency.entry.country.to_string();
        changed = changed.event(NewEvent::new(kind, agency.id.name()).fact("country", country));
        match known {
            Some(known) => {
                agencies::replace(tx, &known, &agency, number).await?;
                replaced += 1;
            }
            None => added.push(agency),
        }
    }
    agencies::insert(tx, &added, number).await?;
    let imported = Imported { added: added.len(), replaced };
    let changed = changed.fact("added", imported.added.to_string()).fact("replaced", imported.replaced.to_string());
    Ok(changed.answering(&imported)?)
}
