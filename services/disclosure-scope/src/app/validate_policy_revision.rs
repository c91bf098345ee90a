//! ValidatePolicyRevision: the faults of a file, and what can be proven of it.

use rogatory_chassis::{CallContext, Failure, revision_desk::Checked};
use rogatory_rulebook::Rules as _;

use super::policy_revisions::{PolicyRevisions, time_for_proof};
use crate::domain::{invariant::Proof, policy::Policy};

impl PolicyRevisions {
    /// Checks a file and stores nothing. Of a file with faults nothing is proven.
    pub(crate) async fn validate(&self, context: &CallContext, text: &str) -> Result<(Checked, Vec<Proof>), Failure> {
        let checked = self.desk.validate(text)?;
        let proofs = match Policy::parse(text) {
            Ok(policy) => self.prover.prove(policy.packs().all(), time_for_proof(context)).await,
            Err(_) => Vec::new(),
        };
        Ok((checked, proofs))
    }
}
