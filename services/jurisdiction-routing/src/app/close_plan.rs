//! The request of a plan is closed.

use chrono::SubsecRound as _;
use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::PlanId;
use rogatory_store::{Changed, NewEvent};

use super::App;
use crate::{domain::plan::Plan, store};

impl App {
    /// Takes a plan out of those that count as open. Closing a closed plan changes nothing.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::RequestIdReused`]; the store's.
    pub async fn close_plan(&self, context: &CallContext, id: PlanId, key: &CallKey) -> Result<Plan, Failure> {
        let actor = context.caller.actor();
        self.store
            .mutate(key.change(context, &actor), async |tx| {
                let plan = store::plan::get(tx, id).await?.ok_or_else(|| Failure::not_found(id.name()))?;
                let request = plan.decision.request.name();
                let changed = Changed::new(id.name()).fact("request", &request);
                Ok::<_, Failure>(match store::plan::close(tx, id, context.now.trunc_subsecs(6)).await? {
                    true => changed.event(NewEvent::new("plan.closed", id.name()).of_request(request)),
                    false => changed,
                })
            })
            .await?;
        self.get_plan(id).await
    }
}
