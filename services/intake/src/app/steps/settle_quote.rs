//! A quote was answered: it is read from its service.

use rogatory_chassis::CallContext;
use rogatory_names::QuoteId;

use crate::{
    app::docket::{Docket, Unfinished},
    store::docket::Held,
};

pub(super) async fn run(docket: &Docket, context: &CallContext, held: &Held, quote: QuoteId) -> Result<(), Unfinished> {
    let answered = docket.peers.billing.get_quote(context, quote).await?;
    docket
        .finish(context, held, async |_, request, moment| {
            // A person may answer a quote before intake has written down that it was made.
            let made = request.quoted(moment, answered.clone());
            if !made.is_empty() {
                return Ok(made.into());
            }
            Ok(request.quote_answered(moment, answered.id, answered.state).into())
        })
        .await
}
