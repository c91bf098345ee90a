//! What a request would cost. Reads memory and leaves no trace.

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, Failure};

use super::{Charging, occasion};
use crate::domain::estimate::{self, CostFacts, Estimate};

impl Charging {
    /// Estimates the cost of the facts by the schedule in force at `rules_time`.
    ///
    /// # Errors
    /// [`Failure::NoRevisionInForce`] when the platform has no schedule then.
    pub async fn estimate_cost(
        &self,
        context: &CallContext,
        facts: &CostFacts,
        rules_time: DateTime<Utc>,
    ) -> Result<Estimate, Failure> {
        let schedule = self.in_force(&facts.platform, rules_time).await?;
        // Prices and counts have limits within which every estimate fits.
        estimate::estimate(facts, &schedule, occasion(context.now, rules_time)).map_err(Failure::internal)
    }
}
