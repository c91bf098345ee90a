//! The request of a plan ended: routing no longer counts the plan when guides are compared.

use rogatory_chassis::CallContext;
use rogatory_names::PlanId;

use super::nothing_to_do;
use crate::{
    app::docket::{Docket, Unfinished},
    store::docket::Held,
};

pub(super) async fn run(docket: &Docket, context: &CallContext, held: &Held, plan: PlanId) -> Result<(), Unfinished> {
    docket.peers.routing.close_plan(context, held.step.id, plan).await?;
    nothing_to_do(docket, context, held).await
}
