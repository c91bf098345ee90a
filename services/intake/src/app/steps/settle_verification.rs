//! A verification was concluded: it is read from its service, which alone says whether it is real and until when.

use rogatory_chassis::CallContext;
use rogatory_names::VerificationId;

use super::{has_moved_on, nothing_to_do, request_of};
use crate::{
    app::docket::{Docket, Unfinished, not_yet},
    domain::state::State,
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    verification: VerificationId,
) -> Result<(), Unfinished> {
    let request = request_of(docket, held).await?;
    if has_moved_on(&request, &[State::Verifying]) {
        return nothing_to_do(docket, context, held).await;
    }
    let concluded = docket.peers.verification.get(context, verification).await?;
    docket
        .finish(context, held, async |_, request, moment| {
            let progress = request.verification_concluded(moment, concluded.clone());
            Ok(progress.map_err(|refusal| not_yet(request.id, &refusal))?.into())
        })
        .await
}
