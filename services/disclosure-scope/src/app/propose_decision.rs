//! ProposeDecision: evaluate the scope of a verified request and store the result for approval.

use rogatory_chassis::{CallContext, CallKey, Failure, Violation};
use rogatory_names::{DecisionId, RequestId};
use rogatory_store::{Changed, NewEvent};

use super::Disclosure;
use crate::{
    domain::{
        decision::{Decision, Proposal},
        evaluate::Outcome,
    },
    store::{Versioned, decisions},
};

/// A decision to propose.
#[derive(Debug)]
pub(crate) struct ProposeDecision {
    pub(crate) proposal: Proposal,
    /// The request to which the verification is bound.
    pub(crate) verification_request: RequestId,
    pub(crate) key: CallKey,
}

impl Disclosure {
    pub(crate) async fn propose_decision(
        &self,
        context: &CallContext,
        call: &ProposeDecision,
    ) -> Result<Versioned<Decision>, Failure> {
        let actor = context.caller.actor();
        let done = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                verification_holds(context, call)?;
                let mut proposal = call.proposal.clone();
                // What an authority has approved for this request holds for the request, whichever decision it was recorded at.
                proposal.facts.authority_approvals = decisions::authority_approvals(tx, proposal.request).await?;
                let rules_time = proposal.facts.receive_time;
                let (evaluation, provenance) = self.evaluated(&proposal.facts, rules_time, context.now).await?;
                let decision = Decision::propose(DecisionId::new(), proposal, evaluation, provenance, context.now);
                let stored = decisions::insert(tx, &decision).await?;
                proposed(&stored)
            })
            .await?;
        Ok(done.answer()?)
    }
}

/// What is told of a new decision.
pub(super) fn proposed(stored: &Versioned<Decision>) -> Result<Changed, Failure> {
    let decision = &stored.value;
    let name = decision.id.name();
    let mut event = NewEvent::new("decision.proposed", &name)
        .of_request(decision.request.name())
        .fact("state", decision.state.as_str())
        .fact("approvals_required", decision.approvals_required.to_string())
        .fact("items", decision.results.len().to_string())
        .fact("allowed", count(decision, Outcome::is_allowed))
        .fact("held", count(decision, |outcome| outcome == Outcome::HoldForAuthority))
        .fact("needs_other_process", count(decision, |outcome| outcome == Outcome::NeedsOtherProcess))
        .fact("withheld", count(decision, |outcome| outcome == Outcome::Withhold));
    if let Some(predecessor) = decision.predecessor {
        event = event.fact("predecessor", predecessor.name());
    }
    Ok(Changed::new(&name)
        .answering(stored)?
        .fact("request", decision.request.name())
        .fact("verification", decision.verification.name())
        .fact("policy", &decision.provenance.revision)
        .event(event))
}

fn count(decision: &Decision, counts: impl Fn(Outcome) -> bool) -> String {
    decision.results.iter().filter(|result| counts(result.outcome)).count().to_string()
}

/// No decision without a verification that is in date and bound to this request.
fn verification_holds(context: &CallContext, call: &ProposeDecision) -> Result<(), Failure> {
    let name = call.proposal.verification.name();
    let refuse = |state: &str, code: &str, description: &str| {
        Err(Failure::StateForbids {
            name: name.clone(),
            state: state.to_owned(),
            violations: vec![Violation {
                code: code.to_owned(),
                subject: name.clone(),
                description: description.to_owned(),
            }],
        })
    };
    if call.verification_request != call.proposal.request {
        return refuse(
            "BOUND_TO_ANOTHER_REQUEST",
            "VERIFICATION_OF_ANOTHER_REQUEST",
            "a verification holds for the request that it was opened for and for no other",
        );
    }
    if context.now >= call.proposal.verification_expire_time {
        return refuse("EXPIRED", "VERIFICATION_EXPIRED", "the verification may no longer be relied on; verify again");
    }
    Ok(())
}
