//! The route of a request: may this authority ask, whom must it serve for each target, and by which way.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rogatory_rulebook::{AuthorityKind, Country, Effect, Finding, InstrumentKind, MatterType, ResidenceEvidence};
use serde::{Deserialize, Serialize};

use super::{
    channel::Channel,
    channels::Case,
    guide::{Contact, Guide, InstrumentRow, TERRITORY_UNDECIDED},
    residence,
    treaties::Treaties,
};

/// The facts of a request that decide its route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Country of the requesting authority.
    pub authority_country: Country,
    /// Kind of the requesting authority.
    pub authority_kind: AuthorityKind,
    /// The paper on which the request rests.
    pub instrument: Instrument,
    /// The kind of proceedings.
    pub matter: MatterType,
    /// Name or key of the contact on which the request was or will be served; none where it is not told.
    pub served_contact: Option<String>,
    /// The users whose data is sought, each key once.
    pub targets: Vec<Target>,
}

/// The paper on which a request rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Its kind.
    pub kind: InstrumentKind,
    /// Its number or docket.
    pub reference: Option<String>,
    /// Its date.
    pub issue_time: Option<DateTime<Utc>>,
}

/// A user whose data is sought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The caller's key.
    pub id: String,
    /// What tells where the user resides.
    pub evidence: Vec<ResidenceEvidence>,
}

impl Facts {
    /// The same facts in one order: the order in which a caller tells them decides nothing and is not kept.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.targets.sort_by(|a, b| a.id.cmp(&b.id));
        for target in &mut self.targets {
            target.evidence.sort_unstable();
            target.evidence.dedup();
        }
        self
    }
}

/// What a plan says of the request as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Each leg has a contact.
    Routed,
    /// The guide does not apply to this authority.
    OutOfScope,
    /// At least one leg was served on another contact than its own.
    Misdirected,
    /// Something cannot be decided until what is named is known.
    Held,
}

/// How a leg came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegStatus {
    /// The contact is known, and was served or is yet to be.
    Routed,
    /// Another contact was served.
    Misdirected,
    /// Where the users reside is not decided.
    UnroutableResidence,
    /// The rule names a role that no entity holds.
    UnroutableMissingContact,
}

/// The targets that share a contact, and the ways to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Keys of the targets.
    pub targets: Vec<String>,
    /// Countries of residence, by code.
    pub residences: Vec<Country>,
    /// How it came out.
    pub status: LegStatus,
    /// The contact to serve; none when the leg is unroutable.
    pub contact: Option<Contact>,
    /// Key of the row that chose the contact; several, joined by commas, where rows share it.
    pub row: String,
    /// Each channel with its standing.
    pub channels: Vec<Channel>,
    /// Why.
    pub findings: Vec<Finding>,
}

/// Where a target was found to reside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRoute {
    /// The caller's key of the target.
    pub target: String,
    /// Countries of residence, by code; empty when it could not be decided.
    pub residences: Vec<Country>,
    /// By which evidence, or why not.
    pub findings: Vec<Finding>,
}

/// The route of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What it says as a whole.
    pub verdict: Verdict,
    /// The legs, in the order of the guide's contacts; those without a contact last.
    pub legs: Vec<Leg>,
    /// Each target, by key; none when the guide does not apply.
    pub targets: Vec<TargetRoute>,
    /// Findings on the request as a whole.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// As the schema writes it without the prefix: `OUT_OF_SCOPE`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Routed => "ROUTED",
            Self::OutOfScope => "OUT_OF_SCOPE",
            Self::Misdirected => "MISDIRECTED",
            Self::Held => "HELD",
        }
    }
}

/// Decides the route by the guide that was in force at `rules_time`.
///
/// Of several verdicts the first decides: out of scope, held, misdirected, routed. What is held may change the rest, and
/// the legs tell of a wrong contact all the same. The facts are taken in the order of [`Facts::in_order`].
#[must_use]
pub fn decide(guide: &Guide, treaties: &Treaties, facts: &Facts, rules_time: DateTime<Utc>) -> Route {
    let mut findings = Vec::new();
    if !audience(guide, facts, &mut findings) {
        return Route { verdict: Verdict::OutOfScope, legs: Vec::new(), targets: Vec::new(), findings };
    }
    instrument(guide, facts, &mut findings);
    let service = guide.service();
    findings.push(Finding::new(
        "NO_SPECIFIC_AGENT",
        Effect::Notes,
        service.agent.clone(),
        guide.cite(&service.section),
    ));

    let on = rules_time.date_naive();
    let case = Case {
        guide,
        treaties,
        authority: facts.authority_country,
        authority_kind: facts.authority_kind,
        matter: facts.matter,
        on,
        issued_on: facts.instrument.issue_time.map_or(on, |time| time.date_naive()),
    };
    let targets: Vec<TargetRoute> = facts.targets.iter().map(|target| reside(guide, target)).collect();
    let legs = match guide.instrument_row(facts.instrument.kind) {
        Some(row) => {
            if row.is_european()
                && let Err((why, citation)) = case.eu_issuer()
            {
                let sentence = format!("This authority cannot issue such an order. {why}");
                let cited = row.citations.iter().chain(citation).cloned();
                findings.push(Finding::technical("ORDER_ISSUER_NOT_BOUND", Effect::Holds, sentence).citing(cited));
            }
            vec![by_instrument(&case, row, facts, &targets)]
        }
        None => by_residence(&case, facts, &targets),
    };
    let any = |status| legs.iter().any(|leg: &Leg| leg.status == status);
    let stopped = findings.iter().any(|finding| matches!(finding.effect(), Effect::Holds | Effect::Refuses));
    let verdict = if stopped || any(LegStatus::UnroutableResidence) || any(LegStatus::UnroutableMissingContact) {
        Verdict::Held
    } else if any(LegStatus::Misdirected) {
        Verdict::Misdirected
    } else {
        Verdict::Routed
    };
    Route { verdict, legs, targets, findings }
}

/// Whether the guide is for this authority. A kind of which it says nothing is held, not turned away.
fn audience(guide: &Guide, facts: &Facts, findings: &mut Vec<Finding>) -> bool {
    let audience = guide.audience();
    let citation = || guide.cite(&audience.section);
    let before = findings.len();
    if audience.excluded_countries.contains(&facts.authority_country) {
        let sentence = audience.excluded_answer.clone();
        findings.push(Finding::new("AUTHORITY_COUNTRY_EXCLUDED", Effect::Refuses, sentence, citation()));
    }
    if let Some(away) = audience.turned_away.iter().find(|away| away.kinds.contains(&facts.authority_kind)) {
        findings.push(Finding::new(away.code.clone(), Effect::Refuses, away.answer.clone(), citation()));
    }
    if findings.len() > before {
        return false;
    }
    findings.push(if audience.accepted_kinds.contains(&facts.authority_kind) {
        let place = facts.authority_country.in_sentence();
        let sentence = format!("The guide is for law enforcement agencies such as this authority of {place}.");
        Finding::new("AUTHORITY_WITHIN_AUDIENCE", Effect::Permits, sentence, citation())
    } else {
        let sentence = "The guide does not say whether it is for an authority of this kind: counsel must decide.";
        Finding::new("AUTHORITY_KIND_UNDECIDED", Effect::Holds, sentence, citation())
    });
    true
}

fn instrument(guide: &Guide, facts: &Facts, findings: &mut Vec<Finding>) {
    let rules = guide.instruments();
    findings.push(if rules.binding.contains(&facts.instrument.kind) {
        let sentence = "The request rests on legal process of a kind that the guide accepts as legally binding.";
        Finding::new("INSTRUMENT_BINDING", Effect::Permits, sentence, guide.cite(&rules.section))
    } else if rules.emergency.contains(&facts.instrument.kind) {
        let sentence = "This is an emergency request: an appropriate Request that meets the requirements of the guide \
                        must follow promptly.";
        Finding::new("FORMAL_REQUEST_OWED", Effect::Requires, sentence, guide.cite(&rules.emergency_section))
    } else {
        let sentence = "User information is not disclosed without a valid, legally binding request, such as a subpoena, \
                        search warrant, court order, writ or other similar legal process.";
        Finding::new("INSTRUMENT_NOT_BINDING", Effect::Refuses, sentence, guide.cite(&rules.section))
    });
}

/// One leg for all targets: the order goes to its addressee wherever they reside.
fn by_instrument(case: &Case<'_>, row: &InstrumentRow, facts: &Facts, targets: &[TargetRoute]) -> Leg {
    let residences: BTreeSet<Country> = targets.iter().flat_map(|target| &target.residences).copied().collect();
    let cited =
        |code, effect, sentence: String| Finding::technical(code, effect, sentence).citing(row.citations.clone());
    let mut leg = Leg {
        targets: facts.targets.iter().map(|target| target.id.clone()).collect(),
        residences: residences.into_iter().collect(),
        status: LegStatus::UnroutableMissingContact,
        contact: None,
        row: row.key.clone(),
        channels: case.by_instrument(row),
        findings: Vec::new(),
    };
    match &row.contact {
        Some(contact) => {
            let sentence = format!("This order is served on {}, wherever the users reside.", contact.legal_name);
            leg.findings.push(cited("CONTACT_BY_INSTRUMENT", Effect::Permits, sentence));
            leg.findings.push(case.guide.not_the_operator());
            leg.findings.push(case.guide.whose_process_binds(contact));
            leg.status = LegStatus::Routed;
            leg.contact = Some((**contact).clone());
            check_served(case.guide, facts, &mut leg);
        }
        None => {
            let sentence = format!(
                "This order is served on the {}, wherever the users reside, and no entity is named as one; an operator \
                 must name it in the guide.",
                row.role
            );
            leg.findings.push(cited("MISSING_CONTACT", Effect::Holds, sentence));
        }
    }
    leg
}

/// Where a target resides.
fn reside(guide: &Guide, target: &Target) -> TargetRoute {
    let residence::Residence { countries, findings } = residence::decide(guide, &target.evidence);
    TargetRoute { target: target.id.clone(), residences: countries, findings }
}

/// What makes a leg: the place of its contact in the guide, or the code of what holds it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    To(usize),
    Held(String),
}

/// A leg for each contact, and one for each reason why there is none.
fn by_residence(case: &Case<'_>, facts: &Facts, targets: &[TargetRoute]) -> Vec<Leg> {
    let mut ways: BTreeMap<Way, (BTreeSet<&str>, BTreeSet<Country>)> = BTreeMap::new();
    for target in targets {
        if let Some(held) = target.findings.iter().find(|finding| finding.effect() == Effect::Holds) {
            let way = ways.entry(Way::Held(held.code().to_owned())).or_default();
            way.0.insert(&target.target);
        }
        for residence in &target.residences {
            let contact = case.guide.resolve(*residence).and_then(|answer| answer.contact.as_ref());
            let way = match contact.and_then(|contact| case.guide.place_of(contact)) {
                Some(place) => Way::To(place),
                None => Way::Held(TERRITORY_UNDECIDED.to_owned()),
            };
            let (targets, residences) = ways.entry(way).or_default();
            targets.insert(&target.target);
            residences.insert(*residence);
        }
    }
    let leg = |(way, (targets, residences)): (Way, (BTreeSet<&str>, BTreeSet<Country>))| {
        let answers = || residences.iter().filter_map(|residence| case.guide.resolve(*residence));
        let mut leg = Leg {
            targets: targets.into_iter().map(str::to_owned).collect(),
            residences: residences.iter().copied().collect(),
            status: LegStatus::UnroutableResidence,
            contact: None,
            row: answers()
                .map(|answer| answer.row.as_str())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(","),
            channels: Vec::new(),
            findings: Vec::new(),
        };
        for finding in answers().flat_map(|answer| &answer.findings) {
            if !leg.findings.contains(finding) {
                leg.findings.push(finding.clone());
            }
        }
        match way {
            Way::To(place) => {
                leg.status = LegStatus::Routed;
                leg.contact = case.guide.contacts().get(place).map(|contact| (**contact).clone());
                if let Some(contact) = &leg.contact {
                    leg.channels = case.by_residence(contact);
                }
                check_served(case.guide, facts, &mut leg);
            }
            // The finding of a territory stands there already; what a target lacks, its own findings say in full.
            Way::Held(code) if leg.findings.is_empty() => {
                let sentence =
                    "The contact depends on where the user resides, and that is not decided: see each target.";
                let citation = case.guide.cite(&case.guide.contact_note().section);
                leg.findings.push(Finding::new(code, Effect::Holds, sentence, citation));
            }
            Way::Held(_) => {}
        }
        leg
    };
    ways.into_iter().map(leg).collect()
}

/// Marks a leg that was served on another contact than its own.
fn check_served(guide: &Guide, facts: &Facts, leg: &mut Leg) {
    let (Some(served), Some(contact)) = (&facts.served_contact, &leg.contact) else { return };
    if contact.is_named(served) {
        return;
    }
    leg.status = LegStatus::Misdirected;
    // The caller's own words are not repeated: they may be anything.
    let (code, wrong) = match guide.contact_named(served) {
        Some(other) => ("SERVED_ON_OTHER_CONTACT", other.legal_name.as_str()),
        None => ("SERVED_ON_UNKNOWN_CONTACT", "an entity that is no contact of the guide"),
    };
    let sentence = format!(
        "The request was served on {wrong}; for these users the appropriate contact is {}. It may be served again there.",
        contact.legal_name
    );
    leg.findings.push(Finding::new(code, Effect::Refuses, sentence, guide.cite(&guide.contact_note().section)));
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "case_tests.rs"]
mod case_tests;
