//! What may leave? Disclosure decides item by item, and people approve.

use rogatory_chassis::CallContext;

use super::{has_moved_on, nothing_to_do, request_of};
use crate::{
    app::docket::{Docket, Unfinished, not_yet},
    domain::state::State,
    store::docket::Held,
};

pub(super) async fn run(docket: &Docket, context: &CallContext, held: &Held) -> Result<(), Unfinished> {
    let request = request_of(docket, held).await?;
    if has_moved_on(&request, &[State::UnderReview]) || request.decision.is_some() {
        return nothing_to_do(docket, context, held).await;
    }
    let decision = docket.peers.disclosure.propose(context, held.step.id, &request).await?;
    docket
        .finish(context, held, async |_, request, moment| {
            let progress = request.scope_proposed(moment, decision.clone());
            Ok(progress.map_err(|refusal| not_yet(request.id, &refusal))?.into())
        })
        .await
}
