//! ApproveDecision: one person's approval; the last one issues the grant in the same transaction.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{DecisionId, GrantId};
use rogatory_store::{Changed, NewEvent};

use super::{Disclosure, keep, read, refused};
use crate::{
    domain::{
        decision::{Decision, Narrowing},
        grant::Grant,
    },
    store::{Versioned, grants},
};

/// An approval.
#[derive(Debug)]
pub(crate) struct ApproveDecision {
    pub(crate) decision: DecisionId,
    /// The version that the caller read.
    pub(crate) version: i64,
    /// Why. Sensitive.
    pub(crate) reason: String,
    /// What may leave less of.
    pub(crate) narrowings: Vec<Narrowing>,
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
                let mut decision = read(tx, call.decision, call.version).await?;
                let grant = decision
                    .approve(&actor, call.reason.clone(), &call.narrowings, GrantId::new(), context.now)
                    .map_err(|refusal| refused(&decision, refusal))?;
                let stored = keep(tx, &decision, call.version).await?;
                let approvals = decision.approvals.len().to_string();
                let mut changed = Changed::new(&name)
                    .answering(&stored)?
                    .fact("state", decision.state.as_str())
                    .fact("approvals", &approvals)
                    .fact("narrowed", call.narrowings.len().to_string())
                    .event(
                        NewEvent::new("decision.approval_recorded", &name)
                            .of_request(decision.request.name())
                            .fact("state", decision.state.as_str())
                            .fact("approvals", &approvals)
                            .fact("approvals_required", decision.approvals_required.to_string())
                            .fact("narrowed", call.narrowings.len().to_string()),
                    );
                if let Some(mut grant) = grant {
                    grant.token = self.signer.sign_grant(&grant)?;
                    grants::insert(tx, &grant).await?;
                    changed = issued(changed, &decision, &grant);
                }
                Ok::<_, Failure>(changed)
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
