//! A decision rests on a verification that was reopened: it is taken back, so that nobody approves it.

use rogatory_chassis::CallContext;
use rogatory_names::DecisionId;

use super::nothing_to_do;
use crate::{
    app::docket::{Docket, Unfinished},
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    decision: DecisionId,
) -> Result<(), Unfinished> {
    docket.peers.disclosure.withdraw(context, held.step.id, decision).await?;
    // What came of it comes back as an event, like every rejection and revocation.
    nothing_to_do(docket, context, held).await
}
