//! The facts on which the scope of a request depends, and what intake keeps of the decision on it.

use chrono::{DateTime, Utc};
use rogatory_names::{DecisionId, GrantId, RequestId, VerificationId};
use rogatory_rulebook::{Country, DataClass, Finding, words};
use serde::{Deserialize, Serialize};

use super::{
    request::{LegalRequest, Target, Window},
    verification::Verification,
};

words! {
    /// Where a decision is in its life.
    DecisionState, "state of a decision" {
        /// Waits for approval.
        Proposed = "PROPOSED",
        /// Approved.
        Approved = "APPROVED",
        /// Rejected.
        Rejected = "REJECTED",
        /// A decision made after a competent authority approved has taken its place.
        Superseded = "SUPERSEDED",
    }
}

words! {
    /// What was decided of an item.
    ItemResult, "result of an item" {
        /// May leave as asked.
        Allow = "ALLOW",
        /// May leave for a narrower window only.
        AllowNarrowed = "ALLOW_NARROWED",
        /// May not leave.
        Withhold = "WITHHOLD",
        /// May leave once a competent authority has approved.
        HoldForAuthority = "HOLD_FOR_AUTHORITY",
        /// May leave under another instrument.
        NeedsOtherProcess = "NEEDS_OTHER_PROCESS",
    }
}

impl ItemResult {
    /// The result as part of a sentence in a letter.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Allow => "may be disclosed as asked",
            Self::AllowNarrowed => "may be disclosed for a narrower period than asked",
            Self::Withhold => "may not be disclosed",
            Self::HoldForAuthority => "may be disclosed once a competent authority has approved",
            Self::NeedsOtherProcess => "may be disclosed under other legal process only",
        }
    }
}

/// One element of data about one target, as it is put before the scope service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeItem {
    /// Key of the item.
    pub item_id: String,
    /// Key of the target.
    pub target_id: String,
    /// Key of the data element.
    pub element: String,
    /// The period asked about.
    pub window: Option<Window>,
    /// Country of residence of the target.
    pub residence_country: Option<Country>,
}

/// A decision as its service last told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The request that it is about.
    pub request: RequestId,
    /// The verification on which it rests.
    pub verification: VerificationId,
    /// Until when that verification could be relied on when it was proposed.
    pub verification_expire_time: DateTime<Utc>,
    /// The decision of which it takes up what was held, after a competent authority approved; none for the first.
    #[serde(default)]
    pub predecessor: Option<DecisionId>,
    /// Where it is in its life.
    pub state: DecisionState,
    /// What was decided of each element of each target.
    pub results: Vec<Decided>,
    /// The grant; none until approved.
    pub grant: Option<GrantId>,
    /// Findings on the request as a whole.
    pub findings: Vec<Finding>,
}

/// What was decided of one element of one target. An item that asks for everything has one for each element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Key of the item.
    pub item_id: String,
    /// Key of the target.
    pub target_id: String,
    /// Key of the data element.
    pub element: String,
    /// What was decided.
    pub result: ItemResult,
    /// Class of the element by the catalogue; none when the catalogue does not know the element.
    pub data_class: Option<DataClass>,
    /// Why.
    pub findings: Vec<Finding>,
}

/// Every element of every target that is asked for: an item that names no targets concerns all of them.
#[must_use]
pub fn scope_items(request: &LegalRequest) -> Vec<ScopeItem> {
    let targets = &request.particulars.targets;
    let mut items = Vec::new();
    for item in &request.particulars.items {
        let concerned = |id: &String| item.target_ids.is_empty() || item.target_ids.contains(id);
        items.extend(targets.iter().filter(|target| concerned(&target.target_id)).map(|target| ScopeItem {
            item_id: item.item_id.clone(),
            target_id: target.target_id.clone(),
            element: item.element.clone(),
            window: item.window,
            residence_country: residence(request, target),
        }));
    }
    items
}

/// Where a target resides: as routing found it by all the evidence, and as the agency declares it where routing was not
/// asked. None where it is not one country.
fn residence(request: &LegalRequest, target: &Target) -> Option<Country> {
    let found = request.plan.iter().flat_map(|plan| &plan.targets).find(|found| found.target_id == target.target_id);
    match found.map(|found| found.residence_countries.as_slice()) {
        None => target.residence_country,
        Some([country]) => Some(*country),
        Some(_) => None,
    }
}

impl Decision {
    /// Whether it rests on a verification as that stands now. One that was reopened cannot be relied on, and concluded anew
    /// it has another end: what was decided before does not rest on it.
    #[must_use]
    pub fn rests_on(&self, verification: &Verification) -> bool {
        self.verification == verification.id && verification.expire_time == Some(self.verification_expire_time)
    }

    /// Whether all of it waits for something outside: nothing may leave now, and something may after an approval.
    #[must_use]
    pub fn waits_for_authority(&self) -> bool {
        let waits = |result: &Decided| result.result == ItemResult::HoldForAuthority;
        !self.allows_something() && self.results.iter().any(waits)
    }

    /// Whether anything of it may leave.
    #[must_use]
    pub fn allows_something(&self) -> bool {
        self.results.iter().any(|result| matches!(result.result, ItemResult::Allow | ItemResult::AllowNarrowed))
    }

    /// The classes of data that it is about, each once.
    #[must_use]
    pub fn data_classes(&self) -> Vec<DataClass> {
        let mut classes: Vec<DataClass> = self.results.iter().filter_map(|result| result.data_class).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }
}
