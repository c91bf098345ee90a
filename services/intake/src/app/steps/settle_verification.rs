//! A verification was concluded or reopened: it is read from its service, which alone says whether it is real and until when.

use rogatory_chassis::CallContext;
use rogatory_names::VerificationId;

use crate::{
    app::docket::{Docket, Unfinished, not_yet},
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    verification: VerificationId,
) -> Result<(), Unfinished> {
    let told = docket.peers.verification.get(context, verification).await?;
    docket
        .finish(context, held, async |_, request, moment| {
            let progress = request.verification_told(moment, told.clone());
            Ok(progress.map_err(|refusal| not_yet(request.id, &refusal))?.into())
        })
        .await
}
