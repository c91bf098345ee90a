//! The route of a request, decided and stored in one transaction.

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{PlanId, RequestId};
use rogatory_store::{Changed, NewEvent};

use super::{App, ENGINE_VERSION};
use crate::{
    domain::route::{self, Facts, Plan},
    store,
};

/// What is to be planned.
#[derive(Debug, Clone)]
pub struct PlanRoute {
    /// The request.
    pub request: RequestId,
    /// The platform whose guide decides.
    pub platform: String,
    /// The facts that decide.
    pub facts: Facts,
    /// When the request was received: the guide in force then decides.
    pub receive_time: DateTime<Utc>,
    /// By what a repeated call is known.
    pub key: CallKey,
}

impl App {
    /// Decides the route of a request and stores it. A repeated call gets the plan of the first.
    ///
    /// # Errors
    /// [`Failure::NoRevisionInForce`] when the platform had no guide at the receive time,
    /// [`Failure::RequestIdReused`]; the store's.
    pub async fn plan_route(&self, context: &CallContext, ask: &PlanRoute) -> Result<Plan, Failure> {
        let actor = context.caller.actor();
        let stored = self
            .store
            .mutate(ask.key.change(context, &actor), async |tx| {
                let plan = self.plan(ask, context.now)?;
                store::insert(tx, &plan).await?;
                Ok::<_, Failure>(trace(&plan).answering(&plan)?)
            })
            .await?;
        Ok(stored.answer()?)
    }

    fn plan(&self, ask: &PlanRoute, now: DateTime<Utc>) -> Result<Plan, Failure> {
        let guide = self.guide(&ask.platform, ask.receive_time)?;
        Ok(Plan {
            id: PlanId::new(),
            request: ask.request,
            platform: ask.platform.clone(),
            facts: ask.facts.clone(),
            route: route::decide(guide.rules(), &self.treaties, &ask.facts, ask.receive_time),
            provenance: guide.provenance(ENGINE_VERSION, now, ask.receive_time),
            create_time: now,
        })
    }
}

/// What the feed and the ledger say of a new plan: names and codes.
fn trace(plan: &Plan) -> Changed {
    let (name, verdict) = (plan.id.name(), plan.route.verdict.as_str());
    let event = NewEvent::new("plan.stored", &name)
        .of_request(plan.request.name())
        .fact("verdict", verdict)
        .fact("legs", plan.route.legs.len().to_string());
    Changed::new(name)
        .event(event)
        .fact("request", plan.request.name())
        .fact("verdict", verdict)
        .fact("revision", &plan.provenance.revision)
}
