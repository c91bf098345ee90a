//! EvaluateScope: what the policy says of facts, without a trace.

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, Failure};
use rogatory_rulebook::Provenance;

use super::Disclosure;
use crate::domain::{evaluate::Evaluation, facts::Facts};

/// What the policy says, and which policy that was.
#[derive(Debug)]
pub(crate) struct EvaluatedScope {
    pub(crate) evaluation: Evaluation,
    pub(crate) provenance: Provenance,
}

impl Disclosure {
    /// Evaluates under the policy in force at `rules_time`, else at the time of receipt. Reads memory only.
    pub(crate) async fn evaluate_scope(
        &self,
        context: &CallContext,
        facts: &Facts,
        rules_time: Option<DateTime<Utc>>,
    ) -> Result<EvaluatedScope, Failure> {
        let rules_time = rules_time.unwrap_or(facts.receive_time);
        let (evaluation, provenance) = self.evaluated(facts, rules_time, context.now).await?;
        Ok(EvaluatedScope { evaluation, provenance })
    }
}
