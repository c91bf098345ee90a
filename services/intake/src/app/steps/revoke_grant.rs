//! Nothing leaves for a request that ended, or whose verification was reopened: its grant is revoked.

use rogatory_chassis::CallContext;
use rogatory_names::GrantId;

use super::nothing_to_do;
use crate::{
    app::docket::{Docket, Unfinished},
    store::docket::Held,
};

pub(super) async fn run(docket: &Docket, context: &CallContext, held: &Held, grant: GrantId) -> Result<(), Unfinished> {
    docket.peers.disclosure.revoke(context, held.step.id, grant).await?;
    // That it was revoked comes back as an event, like every revocation.
    nothing_to_do(docket, context, held).await
}
