//! What policies are drafted, proven, compared and published with.

use std::{sync::Arc, time::Duration};

use rogatory_chassis::{CallContext, Failure, revision_desk::RevisionDesk};
use rogatory_rulebook::{Revision, RevisionUnusable, Rules as _, UnusableCause};
use rogatory_store::{Store, revisions};

use super::prover::Prover;
use crate::domain::policy::Policy;

/// The desk at which policies are drafted and published.
pub(crate) type Policies = RevisionDesk<Policy>;

/// What the use cases of policy revisions work on. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct PolicyRevisions {
    /// Drafts, reads and lists.
    pub(crate) desk: Policies,
    pub(super) store: Store,
    pub(super) prover: Prover,
}

impl PolicyRevisions {
    /// Over this desk and its database.
    pub(crate) fn new(store: Store, desk: Policies, prover: Prover) -> Self {
        Self { desk, store, prover }
    }

    /// A revision, draft or published.
    pub(super) async fn revision(&self, name: &str) -> Result<Revision, Failure> {
        let found = revisions::get::<Policy>(self.store.read(), name).await?;
        found.ok_or_else(|| Failure::not_found(name))
    }
}

/// The policy in a revision.
pub(super) fn policy(revision: &Revision) -> Result<Arc<Policy>, Failure> {
    let policy = Policy::parse(&revision.text).map_err(|faults| RevisionUnusable {
        name: revision.name.clone(),
        document: revision.document.clone(),
        cause: UnusableCause::Unreadable(faults),
    })?;
    Ok(Arc::new(policy))
}

/// What is left for a proof of the time in which the call must be answered: the answer has still to be stored and sent.
pub(super) fn time_for_proof(context: &CallContext) -> Duration {
    context.remaining() * 3 / 4
}
