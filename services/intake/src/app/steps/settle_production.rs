//! Files left under the grant, or a search found none.

use rogatory_chassis::CallContext;
use rogatory_names::{GrantId, ProductionId};

use crate::{
    app::docket::{Docket, Unfinished, not_yet},
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    production: ProductionId,
    grant: GrantId,
    no_data: bool,
) -> Result<(), Unfinished> {
    docket
        .finish(context, held, async |_, request, moment| {
            let progress = request.produced(moment, production, grant, no_data);
            Ok(progress.map_err(|refusal| not_yet(request.id, &refusal))?.into())
        })
        .await
}
