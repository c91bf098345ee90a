//! Whom to serve. Routing is asked; what it says decides how the request goes on.

use rogatory_chassis::{CallContext, Failure};
use rogatory_store::Tx;

use super::{has_moved_on, nothing_to_do, request_of};
use crate::{
    app::docket::{Also, Docket, Outcome, Unfinished, not_yet},
    domain::{life::Moment, request::LegalRequest, state::State},
    store::{docket::Held, requests},
};

pub(super) async fn run(docket: &Docket, context: &CallContext, held: &Held) -> Result<(), Unfinished> {
    let request = request_of(docket, held).await?;
    if has_moved_on(&request, &[State::Received, State::Assessing]) {
        return nothing_to_do(docket, context, held).await;
    }
    let plan = docket.peers.routing.plan_route(context, held.step.id, &request).await?;
    docket
        .finish(context, held, async |tx, request, moment| {
            let began = request.begin_assessment(moment).map_err(|refusal| not_yet(request.id, &refusal))?;
            let mut progress = request.routed(moment, plan.clone()).map_err(|refusal| not_yet(request.id, &refusal))?;
            progress.entries.splice(0..0, began.entries);
            Ok(Outcome { also: settled_debt(tx, request, moment).await?, progress })
        })
        .await
}

/// A formal Request that is complete and routed settles what the emergency that it follows still owes.
async fn settled_debt(tx: &Tx, request: &LegalRequest, moment: Moment<'_>) -> Result<Option<Also>, Failure> {
    let Some(emergency) = request.particulars.follows_up.filter(|_| request.state == State::Verifying) else {
        return Ok(None);
    };
    let Some(mut stored) = requests::get(tx, emergency).await? else { return Ok(None) };
    let progress = stored.request.obligation_settled(moment, &request.id.name());
    Ok((!progress.is_empty()).then_some(Also { request: stored.request, version: stored.version, progress }))
}
