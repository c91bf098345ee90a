//! From evidence to a conclusion.

use std::collections::BTreeSet;

use rogatory_rulebook::Finding;

use super::{
    evidence::{Evidence, Kind, Observation, Outcome},
    rules::{Level, Need, NeedMet, VerificationRules},
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

/// Weighs the evidence by the rules: denies, before needs, before verified. In which order it was recorded means
/// nothing.
#[must_use]
pub fn assess(verification: &Verification, rules: &VerificationRules) -> Conclusion {
    let counted = counted(verification);
    let observed: BTreeSet<Observation> = counted.iter().map(|piece| piece.observation).collect();
    let emergency = verification.facts.is_emergency();
    let findings = |summary: Finding, owed: Option<Finding>| {
        let observed = observed.iter().filter_map(|observation| rules.finding(*observation));
        std::iter::once(summary).chain(owed).chain(observed).collect()
    };
    if observed.iter().any(|observation| rules.denies(*observation)) {
        return Conclusion::Denied { findings: findings(rules.denied_finding(), None) };
    }
    let met = |need: &Need| match &need.met {
        NeedMet::ByEvidence(kinds) => counted.iter().any(|piece| speaks_for(piece, kinds, verification)),
        NeedMet::ByApprovals(people) => verification.approvers() >= usize::from(*people),
    };
    let extra = if emergency { rules.emergency_needs() } else { &[] };
    let reached = rules.levels().iter().rev().find(|rule| rule.needs.iter().all(met));
    match reached.filter(|rule| rule.level >= verification.required_level && extra.iter().all(met)) {
        Some(rule) => Conclusion::Verified {
            level: rule.level,
            valid_days: rule.valid_days,
            findings: findings(rules.verified_finding(), emergency.then(|| rules.owed_finding())),
        },
        None => {
            let required = rules.level(verification.required_level).into_iter().flat_map(|rule| &rule.needs);
            let mut missing: Vec<Finding> = Vec::new();
            for need in required.chain(extra).filter(|need| !met(need)) {
                let finding = need.finding();
                if !missing.contains(&finding) {
                    missing.push(finding);
                }
            }
            Conclusion::Needs(missing)
        }
    }
}

/// The latest look of the service at a kind of evidence.
pub(super) fn latest(evidence: &[Evidence], kind: Kind) -> impl Iterator<Item = &Evidence> {
    let of_kind = move |piece: &&Evidence| piece.observation.kind() == kind;
    let last = evidence.iter().filter(of_kind).map(|piece| piece.round).max();
    evidence.iter().filter(of_kind).filter(move |piece| Some(piece.round) == last)
}

/// What counts. Of what takes people all of it does, in whichever order it came; but what they found out before a
/// reopening counts only where it speaks against the requester. Of what the service finds by itself the latest look
/// counts, because the registry may have been corrected since.
fn counted(verification: &Verification) -> Vec<&Evidence> {
    let mut counted = Vec::new();
    for kind in Kind::ALL {
        match kind.takes_people() {
            true => counted.extend(verification.evidence.iter().filter(|piece| {
                let observation = piece.observation;
                let stands = piece.round >= verification.counts_from || observation.outcome() == Outcome::Negative;
                observation.kind() == *kind && stands
            })),
            false => counted.extend(latest(&verification.evidence, *kind)),
        }
    }
    counted
}

/// Whether a piece of one of these kinds speaks for the agency that is believed.
fn speaks_for(piece: &Evidence, kinds: &BTreeSet<Kind>, verification: &Verification) -> bool {
    let kind = piece.observation.kind();
    // The agency that was called back must be the one that is believed.
    let for_this_agency = verification.agency.is_some() && piece.agency == verification.agency;
    let by_channel = piece.held_since.is_some_and(|since| since < verification.channels_before);
    kinds.contains(&kind)
        && piece.observation.outcome() == Outcome::Positive
        && for_this_agency
        && (by_channel || !kind.is_by_channel())
}
