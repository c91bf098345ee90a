//! Where a user resides: decided from evidence, by the ranking that the guide states.
//!
//! The strongest tier of which there is any evidence decides. A later record of one kind and source takes the place of an
//! earlier one. What cannot be decided is held by name; it never falls to the row of every other residence.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rogatory_rulebook::{Confirmation, Country, Effect, Finding, ResidenceEvidence, ResidenceEvidenceKind};
use serde::Deserialize;

use super::guide::Guide;

/// How evidence of a residence ranks, strongest first. Each kind stands in one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// The section of the guide that it applies.
    pub section: String,
    /// How far counsel has confirmed it.
    pub confirmation: Confirmation,
    /// The tiers.
    pub tiers: Vec<Tier>,
}

/// Kinds of evidence of one rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The kinds.
    pub kinds: Vec<ResidenceEvidenceKind>,
    /// Whether it may decide where nothing stronger is known. Otherwise it can only contradict.
    pub decides: bool,
    /// What follows when its evidence names several countries.
    pub several: Several,
    /// What follows when weaker evidence names another country.
    pub contradicted: Contradicted,
}

/// What follows when evidence of one tier names several countries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Several {
    /// The user has several residences: one leg for each.
    Legs,
    /// It is a conflict, and held.
    Hold,
}

/// What follows when weaker evidence names another country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contradicted {
    /// The stronger evidence decides; a finding tells of the other.
    Note,
    /// It is a conflict, and held.
    Hold,
}

/// Where a user was found to reside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Residence {
    /// The countries, by code; empty when it could not be decided.
    pub(super) countries: Vec<Country>,
    /// By which evidence, or why not.
    pub(super) findings: Vec<Finding>,
}

/// Decides where a user resides. The order of the evidence does not matter.
pub(super) fn decide(guide: &Guide, evidence: &[ResidenceEvidence]) -> Residence {
    let ranking = guide.residence();
    let finding = |code, effect, sentence: String| {
        Finding::new(code, effect, sentence, guide.cite_as(&ranking.section, ranking.confirmation))
    };
    let hold = |code, sentence: String| Residence {
        countries: Vec::new(),
        findings: vec![finding(code, Effect::Holds, sentence)],
    };
    let Standing { pieces, set_aside } = standing(evidence);
    let of = |tier: &Tier| pieces.iter().filter(|piece| tier.kinds.contains(&piece.kind)).copied().collect::<Vec<_>>();
    let ranked: Vec<(&Tier, Vec<&ResidenceEvidence>)> =
        ranking.tiers.iter().map(|tier| (tier, of(tier))).filter(|(_, pieces)| !pieces.is_empty()).collect();

    let Some((tier, strongest)) = ranked.iter().find(|(tier, _)| tier.decides) else {
        return match ranked.first() {
            None => hold(
                "RESIDENCE_UNKNOWN",
                "The contact depends on where the user resides, and there is no evidence of it.".to_owned(),
            ),
            Some((_, weak)) => hold(
                "RESIDENCE_EVIDENCE_TOO_WEAK",
                format!("What is known does not decide where the user resides: {}.", told(weak)),
            ),
        };
    };
    let countries: BTreeSet<Country> = strongest.iter().map(|piece| piece.country).collect();
    if countries.len() > 1 && tier.several == Several::Hold {
        return hold(
            "RESIDENCE_CONFLICT",
            format!("Evidence of one rank names several countries of residence: {}.", told(strongest)),
        );
    }
    let all = ranked.iter().flat_map(|(_, pieces)| pieces);
    let against: Vec<&ResidenceEvidence> = all.filter(|piece| !countries.contains(&piece.country)).copied().collect();
    if !against.is_empty() && tier.contradicted == Contradicted::Hold {
        let sentence = format!("The evidence conflicts: {}; but {}.", told(strongest), told(&against));
        return hold("RESIDENCE_CONFLICT", sentence);
    }

    let names = list(countries.iter().map(|country| country.in_sentence()));
    let mut findings = vec![if countries.len() == 1 {
        let sentence =
            format!("The user is found to reside in {names} by the strongest evidence: {}.", told(strongest));
        finding("RESIDENCE_BY_EVIDENCE", Effect::Permits, sentence)
    } else {
        let sentence = format!("The user is found to have several residences, {names}: {}.", told(strongest));
        finding("SEVERAL_RESIDENCES", Effect::Permits, sentence)
    }];
    if !against.is_empty() {
        let sentence = format!("Evidence that does not decide names another country: {}.", told(&against));
        findings.push(finding("RESIDENCE_CONTRADICTED", Effect::Notes, sentence));
    }
    if !set_aside.is_empty() {
        let sentence = format!("Earlier records of the same source were set aside: {}.", told(&set_aside));
        findings.push(finding("EARLIER_EVIDENCE_SET_ASIDE", Effect::Notes, sentence));
    }
    Residence { countries: countries.into_iter().collect(), findings }
}

/// The evidence that counts, and what a later record of the same kind and source took the place of.
struct Standing<'a> {
    pieces: Vec<&'a ResidenceEvidence>,
    set_aside: Vec<&'a ResidenceEvidence>,
}

fn standing(evidence: &[ResidenceEvidence]) -> Standing<'_> {
    let mut latest: BTreeMap<(ResidenceEvidenceKind, &str), DateTime<Utc>> = BTreeMap::new();
    for piece in evidence {
        let time = latest.entry((piece.kind, &piece.source)).or_insert(piece.record_time);
        *time = piece.record_time.max(*time);
    }
    let counts =
        |piece: &ResidenceEvidence| latest.get(&(piece.kind, piece.source.as_str())) == Some(&piece.record_time);
    // A set: in one order, and a piece that was sent twice counts once.
    let all: BTreeSet<&ResidenceEvidence> = evidence.iter().collect();
    let (pieces, set_aside) = all.into_iter().partition(|piece| counts(piece));
    Standing { pieces, set_aside }
}

/// The most pieces that a sentence names.
const MOST_TOLD: usize = 5;

/// Evidence as a sentence tells it: `the account record names Germany (account-service, 2026-01-02)`.
fn told(pieces: &[&ResidenceEvidence]) -> String {
    let piece = |piece: &&ResidenceEvidence| {
        let what = match piece.kind {
            ResidenceEvidenceKind::Declared => "the requesting authority",
            ResidenceEvidenceKind::AccountRecord => "the account record",
            ResidenceEvidenceKind::ShippingAddress => "a shipping address",
            ResidenceEvidenceKind::BillingAddress => "a billing address",
            ResidenceEvidenceKind::IpDerived => "an IP address",
        };
        let (place, source, day) = (piece.country.in_sentence(), &piece.source, piece.record_time.date_naive());
        format!("{what} names {place} ({source}, {day})")
    };
    let more = pieces.len().saturating_sub(MOST_TOLD);
    let further = (more > 0).then(|| format!("{more} more"));
    list(pieces.iter().take(MOST_TOLD).map(piece).chain(further))
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
