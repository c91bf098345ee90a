//! ReplayDecision: a stored decision, made again from what it was made from.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::DecisionId;
use rogatory_rulebook::Provenance;

use super::Disclosure;
use crate::domain::replay::{Difference, differences};

/// What a replay found.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) differences: Vec<Difference>,
    /// Why it can differ; none when it does not.
    pub(crate) cause: Option<&'static str>,
    pub(crate) stored: Provenance,
    pub(crate) replayed: Provenance,
}

impl Disclosure {
    pub(crate) async fn replay_decision(&self, context: &CallContext, id: DecisionId) -> Result<Replay, Failure> {
        let decision = self.get_decision(id).await?.value;
        let (evaluation, replayed) = self.again(&decision.facts, &decision.provenance, context.now).await?;
        let differences = differences(&decision, &evaluation);
        let stored = decision.provenance;
        let cause = match () {
            () if differences.is_empty() => None,
            () if stored.engine_version != replayed.engine_version => Some("ENGINE_CHANGED"),
            // The revision is named by its digest, so what is left is the row or an engine of the same version.
            () => Some("SAME_ENGINE_AND_POLICY"),
        };
        Ok(Replay { differences, cause, stored, replayed })
    }
}
