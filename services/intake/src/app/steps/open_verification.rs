//! Is the requester who it says it is? Verification is asked to find out.

use rogatory_chassis::CallContext;

use super::{has_moved_on, nothing_to_do, request_of};
use crate::{
    app::{
        docket::{Docket, Unfinished},
        signed_copies,
    },
    domain::state::State,
    store::docket::Held,
};

pub(super) async fn run(docket: &Docket, context: &CallContext, held: &Held) -> Result<(), Unfinished> {
    let request = request_of(docket, held).await?;
    if has_moved_on(&request, &[State::Verifying]) || request.verification.is_some() {
        return nothing_to_do(docket, context, held).await;
    }
    let copies = signed_copies::of(&docket.app.store, &request).await?;
    let opened = docket.peers.verification.open(context, held.step.id, &request, copies).await?;
    docket
        .finish(context, held, async |_, request, moment| {
            Ok(request.verification_opened(moment, opened.clone()).into())
        })
        .await
}
