//! What is decided beside a decision that was approved: a competent authority has approved something that it held.

use rogatory_names::DecisionId;
use serde::{Deserialize, Serialize};

use super::{
    request::{Grant, LegalRequest},
    scope::{Decided, Decision, DecisionState, ItemResult},
};

/// A decision on items that another one held, beside that one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Supplement {
    /// The decision as its service last told it.
    pub decision: Decision,
    /// The permission to let data leave under it; none until people approved it.
    pub grant: Option<Grant>,
}

impl Supplement {
    fn decides(&self, item: &Decided) -> Option<&Decided> {
        let key = |result: &Decided| (result.item_id.clone(), result.target_id.clone(), result.element.clone());
        let approved = self.decision.state == DecisionState::Approved;
        self.decision.results.iter().find(|result| approved && key(result) == key(item))
    }
}

impl LegalRequest {
    /// The grants that count: that of the decision, and those of its supplements.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grant.iter().chain(self.supplements.iter().filter_map(|supplement| supplement.grant.as_ref()))
    }

    /// What was decided of each element of each target: by the latest supplement that was approved, else by the decision.
    #[must_use]
    pub fn decided(&self) -> Vec<&Decided> {
        let first = self.decision.iter().flat_map(|decision| &decision.results);
        let latest = |item| self.supplements.iter().rev().find_map(|supplement| supplement.decides(item));
        first.map(|item| latest(item).unwrap_or(item)).collect()
    }

    /// Whether all that was asked may leave as asked.
    #[must_use]
    pub fn allows_all(&self) -> bool {
        self.decision.is_some() && self.decided().iter().all(|result| result.result == ItemResult::Allow)
    }

    /// Whether a decision is one of this request as it stands.
    pub(super) fn knows_decision(&self, id: DecisionId) -> bool {
        let supplements = self.supplements.iter().map(|supplement| &supplement.decision);
        self.decision.iter().chain(supplements).any(|known| known.id == id)
    }
}
