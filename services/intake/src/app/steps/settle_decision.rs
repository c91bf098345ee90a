//! A decision was approved or rejected: it is read from its service. Before an approval counts the verification on which it
//! rests is read too, because the word that it was reopened may still be under way. When the request ended or waits for its
//! verification again, and a grant was issued all the same, the grant is revoked.

use rogatory_chassis::CallContext;
use rogatory_names::DecisionId;

use crate::{
    app::docket::{ACTOR, Docket, Unfinished, not_yet},
    domain::{life::Moment, scope::DecisionState},
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    decision: DecisionId,
) -> Result<(), Unfinished> {
    let settled = docket.peers.disclosure.get_decision(context, decision).await?;
    let verification = match settled.state {
        DecisionState::Approved => Some(docket.peers.verification.get(context, settled.verification).await?),
        DecisionState::Proposed | DecisionState::Rejected => None,
    };
    docket
        .finish(context, held, async |_, request, moment| {
            let told = verification.clone().map(|told| {
                // Whoever approved did not do this.
                request.verification_told(Moment { actor: ACTOR, ..moment }, told)
            });
            let told = told.transpose().map_err(|refusal| not_yet(request.id, &refusal))?.unwrap_or_default();
            let progress = request.decision_settled(moment, settled.clone());
            Ok(told.and(progress.map_err(|refusal| not_yet(request.id, &refusal))?).into())
        })
        .await
}
