//! RejectDecision.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::DecisionId;
use rogatory_store::{Changed, NewEvent};

use super::{Disclosure, keep, read, refused};
use crate::{domain::decision::Decision, store::Versioned};

/// A rejection.
#[derive(Debug)]
pub(crate) struct RejectDecision {
    pub(crate) decision: DecisionId,
    /// The version that the caller read.
    pub(crate) version: i64,
    /// Why. Sensitive.
    pub(crate) reason: String,
    pub(crate) key: CallKey,
}

impl Disclosure {
    pub(crate) async fn reject_decision(
        &self,
        context: &CallContext,
        call: &RejectDecision,
    ) -> Result<Versioned<Decision>, Failure> {
        let actor = context.caller.actor();
        let name = call.decision.name();
        let rejected = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let mut decision = read(tx, call.decision, call.version).await?;
                decision
                    .reject(&actor, call.reason.clone(), context.now)
                    .map_err(|refusal| refused(&decision, refusal))?;
                let stored = keep(tx, &decision, call.version).await?;
                let event = NewEvent::new("decision.rejected", &name)
                    .of_request(decision.request.name())
                    .fact("state", decision.state.as_str());
                Ok::<_, Failure>(
                    Changed::new(&name).answering(&stored)?.fact("state", decision.state.as_str()).event(event),
                )
            })
            .await?;
        Ok(rejected.answer()?)
    }
}
