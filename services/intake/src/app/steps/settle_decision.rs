//! A decision was approved or rejected, or made after a competent authority approved: it is read from its service, together
//! with those from which it takes up, because their words may still be under way. Before an approval counts the verification
//! on which it rests is read too, because the word that it was reopened may still be under way. When the request ended or waits
//! for its verification again, and a grant was issued all the same, the grant is revoked.

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
    let (before, settled) = docket.peers.disclosure.lineage(context, decision).await?;
    let approved = before.iter().chain([&settled]).any(|told| told.state == DecisionState::Approved);
    let verification = match approved {
        true => Some(docket.peers.verification.get(context, settled.verification).await?),
        false => None,
    };
    docket
        .finish(context, held, async |_, request, moment| {
            // Whoever approved this one did not do what comes before it.
            let earlier = Moment { actor: ACTOR, ..moment };
            let told = verification.clone().map(|told| request.verification_told(earlier, told)).transpose();
            let mut progress = told.map_err(|refusal| not_yet(request.id, &refusal))?.unwrap_or_default();
            for (moment, decision) in before.iter().map(|told| (earlier, told)).chain([(moment, &settled)]) {
                let next = request.decision_settled(moment, decision.clone());
                progress = progress.and(next.map_err(|refusal| not_yet(request.id, &refusal))?);
            }
            Ok(progress.into())
        })
        .await
}
