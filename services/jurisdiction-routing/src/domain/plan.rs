//! A route with what it was decided from, so that it can be decided again.

use chrono::{DateTime, Utc};
use rogatory_names::{PlanId, RequestId};
use rogatory_rulebook::{Digest, Provenance};
use serde::{Deserialize, Serialize};

use super::{
    guide::Guide,
    route::{self, Facts, Route},
    treaties::Treaties,
};

/// A route with what it was decided from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The request that it is the route of.
    pub request: RequestId,
    /// The platform whose guide decided.
    pub platform: String,
    /// The facts, in one order.
    pub facts: Facts,
    /// What was decided.
    pub route: Route,
    /// The guide that decided, and by the rules of which time.
    pub provenance: Provenance,
    /// Digest of the treaty data that decided beside the guide.
    pub treaty_data: Digest,
}

/// A decision as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The decision; it never changes.
    pub decision: Decision,
    /// When it was stored.
    pub create_time: DateTime<Utc>,
    /// When its request was closed; none while it is open.
    pub close_time: Option<DateTime<Utc>>,
}

/// The most differences that are told.
const MOST_DIFFERENCES: usize = 100;

impl Decision {
    /// Decides the route of a request. `guide` is the revision that `provenance` names.
    #[must_use]
    pub fn new(
        request: RequestId,
        platform: String,
        facts: Facts,
        (guide, provenance): (&Guide, Provenance),
        treaties: &Treaties,
    ) -> Self {
        let facts = facts.in_order();
        let route = route::decide(guide, treaties, &facts, provenance.rules_time);
        Self { request, platform, facts, route, provenance, treaty_data: treaties.digest() }
    }

    /// Decides the same facts once more by the same revision, with the program and the treaty data of now.
    #[must_use]
    pub fn again(&self, guide: &Guide, treaties: &Treaties, engine_version: &str) -> Self {
        let provenance = Provenance { engine_version: engine_version.to_owned(), ..self.provenance.clone() };
        Self::new(self.request, self.platform.clone(), self.facts.clone(), (guide, provenance), treaties)
    }

    /// Where the route of another decision differs, as paths: `legs[0].channels[2].standing`. Empty when the two are the
    /// same bytes.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        match (serde_json::to_value(&self.route), serde_json::to_value(&other.route)) {
            (Ok(one), Ok(two)) => differ("", &one, &two, &mut found),
            _ => found.push("route".to_owned()),
        }
        // JSON keeps the order of fields or sorts them, as some dependency of the program has it.
        found.sort();
        found
    }
}

fn differ(path: &str, one: &serde_json::Value, two: &serde_json::Value, found: &mut Vec<String>) {
    use serde_json::Value::{Array, Object};
    if one == two || found.len() >= MOST_DIFFERENCES {
        return;
    }
    match (one, two) {
        (Object(one), Object(two)) if one.keys().eq(two.keys()) => {
            for ((key, one), two) in one.iter().zip(two.values()) {
                let dot = if path.is_empty() { "" } else { "." };
                differ(&format!("{path}{dot}{key}"), one, two, found);
            }
        }
        (Array(one), Array(two)) if one.len() == two.len() => {
            for (index, (one, two)) in one.iter().zip(two).enumerate() {
                differ(&format!("{path}[{index}]"), one, two, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}
