//! ApproveDecision: one person's approval; the last one issues the grant in the same transaction.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{DecisionId, GrantId};
use rogatory_store::{Changed, NewEvent};

use super::{Disclosure, refused};
use crate::{
    domain::{decision::Decision, grant::Grant},
    store::{Versioned, decisions, grants},
};

/// An approval.
#[derive(Debug)]
pub(crate) struct ApproveDecision {
    pub(crate) decision: DecisionId,
    /// The version that the caller read.
    pub(crate) version: i64,
    /// Why. Sensitive.
    pub(crate) reason: String,
    pub(crate) key: CallKey,
}

impl Disclosure {
    pub(crate) async fn approve_decision(
        &self,
        context: &CallContext,
        call: &ApproveDecision,
    ) -> Result<Versioned<Decision>, Failure> {
        let actor = context.caller.actor();
        let name = call.decision.name();
        let approved = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let found = decisions::get(tx, call.decision).await?;
                let Versioned { value: mut decision, version } = found.ok_or_else(|| Failure::not_found(&name))?;
                if version != call.version {
                    return Err(Failure::EtagMismatch { name: name.clone() });
                }
                let grant = decision
                    .approve(&actor, call.reason.clone(), GrantId::new(), context.now)
                    .map_err(|refusal| refused(&decision, refusal))?;
                // Two who approve at once have read the same version; one of them has to read again.
                let stored = decisions::update(tx, &decision, version)
                    .await?
                    .ok_or_else(|| Failure::EtagMismatch { name: name.clone() })?;
                let approvals = decision.approvals.len().to_string();
                let mut changed = Changed::new(&name)
                    .answering(&stored)?
                    .fact("state", decision.state.as_str())
                    .fact("approvals", &approvals)
                    .event(
                        NewEvent::new("decision.approval_recorded", &name)
                            .of_request(decision.request.name())
                            .fact("state", decision.state.as_str())
                            .fact("approvals", &approvals)
                            .fact("approvals_required", decision.approvals_required.to_string()),
                    );
                if let Some(grant) = grant {
                    grants::insert(tx, &grant).await?;
                    changed = issued(changed, &decision, &grant);
                }
                Ok(changed)
            })
            .await?;
        Ok(approved.answer()?)
    }
}

fn issued(changed: Changed, decision: &Decision, grant: &Grant) -> Changed {
    let request = decision.request.name();
    changed
        .fact("grant", grant.id.name())
        .event(
            NewEvent::new("decision.approved", decision.id.name())
                .of_request(&request)
                .fact("state", decision.state.as_str())
                .fact("grant", grant.id.name()),
        )
        .event(
            NewEvent::new("grant.issued", grant.id.name())
                .of_request(&request)
                .fact("state", grant.state.as_str())
                .fact("decision", decision.id.name())
                .fact("expire_time", grant.expire_time.to_rfc3339()),
        )
}
