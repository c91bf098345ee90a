//! From evidence to a conclusion.

use rogatory_rulebook::Finding;

use super::{
    evidence::{Evidence, Kind, Outcome},
    rules::{Level, Need, VerificationRules},
    verification::Verification,
};

/// What the evidence amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// Something denies, whatever else there is.
    Denied {
        /// Why.
        findings: Vec<Finding>,
    },
    /// Everything that the required level needs is there.
    Verified {
        /// The highest level of which that is true.
        level: Level,
        /// For how many days it may be relied on.
        valid_days: u16,
        /// Why.
        findings: Vec<Finding>,
    },
    /// Nothing denies, and something is missing.
    Needs(Vec<Finding>),
}

/// Weighs the evidence by the rules. What people found out counts in whichever order they recorded it; of what the
/// service finds by itself the latest counts, because the registry may have been corrected since.
#[must_use]
pub fn assess(verification: &Verification, rules: &VerificationRules) -> Conclusion {
    let counted = counted(&verification.evidence);
    let findings = |summary: Finding| {
        let mut findings = vec![summary];
        for finding in counted.iter().filter_map(|evidence| rules.finding(evidence.observation)) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        findings
    };
    if counted.iter().any(|evidence| rules.denies(evidence.observation)) {
        return Conclusion::Denied { findings: findings(rules.denied_finding()) };
    }
    let met = |need: &Need| counted.iter().any(|evidence| meets(evidence, need, verification));
    let reached = rules.levels().iter().rev().find(|rule| rule.needs.iter().all(met));
    match reached.filter(|rule| rule.level >= verification.required_level) {
        Some(rule) => Conclusion::Verified {
            level: rule.level,
            valid_days: rule.valid_days,
            findings: findings(rules.verified_finding()),
        },
        None => {
            let required = rules.level(verification.required_level).into_iter().flat_map(|rule| &rule.needs);
            Conclusion::Needs(required.filter(|need| !met(need)).map(Need::finding).collect())
        }
    }
}

/// All that people recorded, and the latest of each other kind, in the order of the schema.
fn counted(evidence: &[Evidence]) -> Vec<&Evidence> {
    let of_kind = |kind: Kind| evidence.iter().filter(move |piece| piece.observation.kind() == kind);
    let mut counted = Vec::new();
    for kind in Kind::ALL {
        match kind.is_of_people() {
            true => counted.extend(of_kind(kind)),
            false => counted.extend(of_kind(kind).next_back()),
        }
    }
    counted
}

fn meets(evidence: &Evidence, need: &Need, verification: &Verification) -> bool {
    let kind = evidence.observation.kind();
    // The agency that was called back must be the one that is believed.
    let for_this_agency = verification.agency.is_some() && evidence.agency == verification.agency;
    let number_held = match kind {
        Kind::CallBack => evidence.number_held_since.is_some_and(|since| since < verification.facts.receive_time),
        _ => true,
    };
    need.any_of.contains(&kind) && evidence.observation.outcome() == Outcome::Positive && for_this_agency && number_held
}
