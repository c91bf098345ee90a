//! A grant was revoked.

use rogatory_chassis::CallContext;
use rogatory_names::GrantId;

use crate::{
    app::docket::{Docket, Unfinished, not_yet},
    store::docket::Held,
};

pub(super) async fn run(docket: &Docket, context: &CallContext, held: &Held, grant: GrantId) -> Result<(), Unfinished> {
    docket
        .finish(context, held, async |_, request, moment| {
            let progress = request.grant_revoked(moment, grant);
            Ok(progress.map_err(|refusal| not_yet(request.id, &refusal))?.into())
        })
        .await
}
