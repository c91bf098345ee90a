//! The route of a request: decided from memory, stored in one transaction.

use chrono::{DateTime, SubsecRound as _, Utc};
use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{PlanId, RequestId};
use rogatory_store::{Changed, NewEvent};

use super::{App, ENGINE_VERSION};
use crate::{
    domain::{
        plan::{Decision, Plan},
        route::Facts,
    },
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
    /// The time whose guide and treaties decide: that of receipt, unless told otherwise.
    pub rules_time: DateTime<Utc>,
    /// Whether it is only tried.
    pub validate_only: bool,
    /// By what a repeated call is known.
    pub key: CallKey,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Planned {
    /// It was only tried.
    Tried(Decision),
    /// It is stored.
    Stored(Plan),
}

impl App {
    /// Decides the route of a request and stores it, unless it is only tried. A repeated call gets the plan of the first.
    ///
    /// # Errors
    /// Those of [`App::guide`]; [`Failure::RequestIdReused`]; the store's.
    pub async fn plan_route(&self, context: &CallContext, ask: PlanRoute) -> Result<Planned, Failure> {
        let guide = self.guide(&ask.platform, ask.rules_time).await?;
        let provenance = guide.provenance(ENGINE_VERSION, context.now, ask.rules_time);
        let by = (guide.rules(), provenance);
        let decision = Decision::new(ask.request, ask.platform, ask.facts, by, &self.treaties);
        if ask.validate_only {
            return Ok(Planned::Tried(decision));
        }
        // To the microsecond, as the databases keep it: what is answered now and what is read later are the same.
        let plan = Plan { id: PlanId::new(), decision, create_time: context.now.trunc_subsecs(6), close_time: None };
        let actor = context.caller.actor();
        let stored = self
            .store
            .mutate(ask.key.change(context, &actor), async |tx| {
                store::plan::insert(tx, &plan).await?;
                // The id is answer enough for a repeated call: the plan never changes and is not written twice.
                Ok::<_, Failure>(trace(&plan).answering(&plan.id)?)
            })
            .await?;
        if !stored.replayed {
            return Ok(Planned::Stored(plan));
        }
        // It may be closed by now; the answer is what it was then.
        let first = self.get_plan(stored.answer()?).await?;
        Ok(Planned::Stored(Plan { close_time: None, ..first }))
    }
}

/// What the feed and the ledger say of a new plan: names and codes.
fn trace(plan: &Plan) -> Changed {
    let (name, decision) = (plan.id.name(), &plan.decision);
    let verdict = decision.route.verdict.as_str();
    let event = NewEvent::new("plan.stored", &name)
        .of_request(decision.request.name())
        .fact("verdict", verdict)
        .fact("legs", decision.route.legs.len().to_string());
    Changed::new(name)
        .event(event)
        .fact("request", decision.request.name())
        .fact("verdict", verdict)
        .fact("revision", &decision.provenance.revision)
}
