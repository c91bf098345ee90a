//! RecordAuthorityApproval: a competent authority has approved what a decision holds.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::DecisionId;
use rogatory_store::NewEvent;

use super::{Disclosure, keep, propose_decision::proposed, read, refused};
use crate::{
    domain::{
        decision::{Decision, State},
        facts::AuthorityApproval,
    },
    store::{Versioned, decisions},
};

/// An approval of a competent authority.
#[derive(Debug)]
pub(crate) struct RecordAuthorityApproval {
    pub(crate) decision: DecisionId,
    /// The version that the caller read.
    pub(crate) version: i64,
    pub(crate) approval: AuthorityApproval,
    pub(crate) key: CallKey,
}

impl Disclosure {
    pub(crate) async fn record_authority_approval(
        &self,
        context: &CallContext,
        call: &RecordAuthorityApproval,
    ) -> Result<Versioned<Decision>, Failure> {
        let actor = context.caller.actor();
        let name = call.decision.name();
        let recorded = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let mut before = read(tx, call.decision, call.version).await?;
                let approval =
                    AuthorityApproval { recorded: Some((actor.clone(), context.now)), ..call.approval.clone() };
                let country = approval.country.to_string();
                let proposal = before.after_approval(approval).map_err(|refusal| refused(&before, refusal))?;
                // The policy of then: the approval changes the facts and nothing else.
                let (evaluation, provenance) = self.again(&proposal.facts, &before.provenance, context.now).await?;
                let after = Decision::propose(DecisionId::new(), proposal, evaluation, provenance, context.now);
                before.succeeded_by(after.id);
                // Kept in any case: of two who record at once, one has to read again.
                keep(tx, &before, call.version).await?;
                let stored = decisions::insert(tx, &after).await?;
                let mut changed = proposed(&stored)?.fact("predecessor", &name).fact("country", &country).event(
                    NewEvent::new("decision.authority_approval_recorded", &name)
                        .of_request(before.request.name())
                        .fact("country", country)
                        .fact("successor", after.id.name()),
                );
                if before.state == State::Superseded {
                    changed = changed.event(
                        NewEvent::new("decision.superseded", &name)
                            .of_request(before.request.name())
                            .fact("state", before.state.as_str())
                            .fact("successor", after.id.name()),
                    );
                }
                Ok::<_, Failure>(changed)
            })
            .await?;
        Ok(recorded.answer()?)
    }
}
