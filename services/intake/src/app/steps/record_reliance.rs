//! Files left: verification learns of it with the users concerned, so that a compromise can be followed to them.

use rogatory_chassis::CallContext;
use rogatory_names::{GrantId, ProductionId};

use super::{nothing_to_do, request_of};
use crate::{
    app::{
        docket::{Docket, Unfinished},
        peers::verification::Left,
    },
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    production: ProductionId,
    grant: GrantId,
) -> Result<(), Unfinished> {
    let request = request_of(docket, held).await?;
    if let Some(verification) = request.verification.as_ref().map(|known| known.id) {
        let target_ids = docket.peers.disclosure.granted_targets(context, grant).await?;
        let left = Left { production, target_ids };
        docket.peers.verification.record_reliance(context, held.step.id, &request, verification, &left).await?;
    }
    nothing_to_do(docket, context, held).await
}
