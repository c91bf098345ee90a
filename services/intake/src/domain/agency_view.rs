//! What of its own request an agency may read. Where the platform's records tell of a residence, that is user information:
//! it leaves under a grant and in no other way, and neither a letter nor an answer to the agency gives it away. The
//! appropriate contact is named all the same.

use std::collections::BTreeSet;

use rogatory_rulebook::{Effect, Finding};

use super::{
    request::LegalRequest,
    route::{Leg, LegStatus, RoutePlan},
};

/// Findings of a leg that tell of the contact alone, whatever the residence.
const OF_THE_CONTACT: [&str; 4] =
    ["SERVED_ON_OTHER_CONTACT", "SERVED_ON_UNKNOWN_CONTACT", "CONTACT_BY_INSTRUMENT", "MISSING_CONTACT"];

impl LegalRequest {
    /// The request as its agency may read it: without what the platform knows of a residence, and without what was found
    /// by it.
    #[must_use]
    pub fn for_agency(&self) -> Self {
        let mut told = self.clone();
        let mut kept = BTreeSet::new();
        for target in &mut told.particulars.targets {
            if !target.residence_evidence.is_empty() {
                target.residence_evidence.clear();
                kept.insert(target.target_id.as_str());
            }
        }
        if let Some(plan) = told.plan.as_mut().filter(|_| !kept.is_empty()) {
            withhold(plan, &kept);
        }
        told
    }
}

fn withhold(plan: &mut RoutePlan, kept: &BTreeSet<&str>) {
    for target in plan.targets.iter_mut().filter(|target| kept.contains(target.target_id.as_str())) {
        target.residence_countries.clear();
        target.findings.clear();
    }
    for leg in plan.legs.iter_mut().filter(|leg| leg.target_ids.iter().any(|target| kept.contains(target.as_str()))) {
        leg.residence_countries.clear();
        // A row of the guide is a list of countries.
        leg.guide_row.clear();
        let undecided = undecided(leg);
        leg.findings.retain(|finding| OF_THE_CONTACT.contains(&finding.code()));
        leg.findings.extend(undecided);
    }
}

/// Why a leg has no contact, without the evidence.
fn undecided(leg: &Leg) -> Option<Finding> {
    let sentence = "The contact depends on where the user resides, and that is not decided.";
    // Where the rule stands may be told; a rule on a territory would name it.
    let of_evidence = |finding: &&Finding| finding.code().starts_with("RESIDENCE_");
    let cited = leg.findings.iter().filter(of_evidence).flat_map(Finding::citations).cloned();
    (leg.status == LegStatus::UnroutableResidence)
        .then(|| Finding::technical("RESIDENCE_UNDECIDED", Effect::Holds, sentence).citing(cited))
}
