//! What each kind of step does: look at the request as it is, call a peer when that is still wanted, and write what came
//! of it. Every step may run more than once, and may find that the request has moved on; it then changes nothing.

mod close_plan;
mod create_quote;
mod open_verification;
mod plan_route;
mod propose_scope;
mod record_reliance;
mod revoke_grant;
mod settle_decision;
mod settle_production;
mod settle_quote;
mod settle_revocation;
mod settle_verification;
mod withdraw_decision;
mod write_letter;

use rogatory_chassis::{CallContext, Failure};

use super::docket::{Docket, Outcome, Unfinished};
use crate::{
    domain::{docket::Work, request::LegalRequest, state::State},
    store::{docket::Held, requests},
};

/// Does a step.
pub(super) async fn perform(docket: &Docket, context: &CallContext, held: &Held) -> Result<(), Unfinished> {
    match &held.step.work {
        Work::PlanRoute => plan_route::run(docket, context, held).await,
        Work::OpenVerification => open_verification::run(docket, context, held).await,
        Work::SettleVerification { verification, .. } => {
            settle_verification::run(docket, context, held, *verification).await
        }
        Work::ProposeScope => propose_scope::run(docket, context, held).await,
        Work::CreateQuote { contact_id } => create_quote::run(docket, context, held, contact_id).await,
        Work::SettleDecision { decision, .. } => settle_decision::run(docket, context, held, *decision).await,
        Work::SettleProduction { production, grant, no_data, .. } => {
            settle_production::run(docket, context, held, *production, *grant, *no_data).await
        }
        Work::SettleRevocation { grant, .. } => settle_revocation::run(docket, context, held, *grant).await,
        Work::SettleQuote { quote, .. } => settle_quote::run(docket, context, held, *quote).await,
        Work::RecordReliance { production, grant } => {
            record_reliance::run(docket, context, held, *production, *grant).await
        }
        Work::WithdrawDecision { decision } => withdraw_decision::run(docket, context, held, *decision).await,
        Work::RevokeGrant { grant } => revoke_grant::run(docket, context, held, *grant).await,
        Work::ClosePlan { plan } => close_plan::run(docket, context, held, *plan).await,
        Work::WriteLetter { letter } => write_letter::run(docket, context, held, *letter).await,
    }
}

/// The request of a step as it is now.
async fn request_of(docket: &Docket, held: &Held) -> Result<LegalRequest, Failure> {
    let stored = requests::get(docket.app.store.read(), held.step.request).await?;
    stored.map(|stored| stored.request).ok_or_else(|| Failure::not_found(held.step.request.name()))
}

/// Whether a step is no longer wanted, because the request is in another state than the ones it is for.
fn has_moved_on(request: &LegalRequest, wanted: &[State]) -> bool {
    !wanted.contains(&request.state)
}

/// Takes a step that is no longer wanted out of the docket.
async fn nothing_to_do(docket: &Docket, context: &CallContext, held: &Held) -> Result<(), Unfinished> {
    docket.finish(context, held, async |_, _, _| Ok(Outcome::default())).await
}
