//! What does it cost? Billing makes a quote for each contact; its answer never stops the request.

use rogatory_chassis::CallContext;

use super::{nothing_to_do, request_of};
use crate::{
    app::docket::{Docket, Unfinished},
    domain::state::State,
    store::docket::Held,
};

pub(super) async fn run(
    docket: &Docket,
    context: &CallContext,
    held: &Held,
    contact_id: &str,
) -> Result<(), Unfinished> {
    let request = request_of(docket, held).await?;
    if request.state == State::Closed || request.quotes.iter().any(|quote| quote.contact_id == contact_id) {
        return nothing_to_do(docket, context, held).await;
    }
    let quote = docket.peers.billing.create_quote(context, held.step.id, &request, contact_id).await?;
    docket.finish(context, held, async |_, request, moment| Ok(request.quoted(moment, quote.clone()).into())).await
}
