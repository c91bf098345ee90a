//! A decision was approved or rejected: it is read from its service. When the request ended in the meantime and a grant
//! was issued all the same, the grant is revoked.

use rogatory_chassis::CallContext;
use rogatory_names::DecisionId;

use crate::{
    app::docket::{Docket, Unfinished, not_yet},
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    decision: DecisionId,
) -> Result<(), Unfinished> {
    let settled = docket.peers.disclosure.get_decision(context, decision).await?;
    docket
        .finish(context, held, async |_, request, moment| {
            let progress = request.decision_settled(moment, settled.clone());
            Ok(progress.map_err(|refusal| not_yet(request.id, &refusal))?.into())
        })
        .await
}
