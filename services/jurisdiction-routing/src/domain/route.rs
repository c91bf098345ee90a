//! The route of a request: may this authority ask, whom must it serve for each target, and by which way.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rogatory_names::{PlanId, RequestId};
use rogatory_rulebook::{AuthorityKind, Country, Effect, Finding, InstrumentKind, MatterType, Provenance};
use serde::{Deserialize, Serialize};

use super::{
    channel::Channel,
    channels::Case,
    guide::{Contact, Guide, InstrumentRow},
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
    pub instrument: InstrumentKind,
    /// The kind of proceedings.
    pub matter: MatterType,
    /// Name or key of the contact on which the request was or will be served; none where it is not told.
    pub served_contact: Option<String>,
    /// The users whose data is sought, each key once.
    pub targets: Vec<Target>,
}

/// A user whose data is sought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The caller's key.
    pub id: String,
    /// Country of residence; none when it is not known.
    pub residence: Option<Country>,
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
    /// The residence is unknown.
    UnroutableResidence,
    /// The rule names a role that no entity holds.
    UnroutableMissingContact,
}

/// The targets that share a contact, and the ways to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Keys of the targets, in the order of the request.
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

/// The route of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What it says as a whole.
    pub verdict: Verdict,
    /// The legs, in the order in which their first targets stand in the request.
    pub legs: Vec<Leg>,
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

/// A route as it is stored: with what it was decided from, so that it can be decided again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The request that it is the route of.
    pub request: RequestId,
    /// The platform whose guide decided.
    pub platform: String,
    /// The facts.
    pub facts: Facts,
    /// The decision.
    pub route: Route,
    /// The guide that decided.
    pub provenance: Provenance,
    /// When it was stored.
    pub create_time: DateTime<Utc>,
}

/// Decides the route by the guide that was in force at `rules_time`.
///
/// Of several verdicts the first decides: out of scope, held, misdirected, routed. What is held may change the rest, and
/// the legs tell of a wrong contact all the same.
#[must_use]
pub fn decide(guide: &Guide, treaties: &Treaties, facts: &Facts, rules_time: DateTime<Utc>) -> Route {
    let mut findings = Vec::new();
    if !audience(guide, facts, &mut findings) {
        return Route { verdict: Verdict::OutOfScope, legs: Vec::new(), findings };
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
    let case = Case { guide, treaties, authority: facts.authority_country, matter: facts.matter, on };
    let legs = match guide.instrument_row(facts.instrument) {
        Some(row) => {
            if row.is_european()
                && let Err((why, citation)) = case.eu_issuer()
            {
                let sentence = format!("This authority cannot issue such an order. {why}");
                let cited = row.citations.iter().chain(citation).cloned();
                findings.push(Finding::technical("ORDER_ISSUER_NOT_BOUND", Effect::Holds, sentence).citing(cited));
            }
            vec![by_instrument(&case, row, facts)]
        }
        None => by_residence(&case, facts),
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
    Route { verdict, legs, findings }
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
    findings.push(if rules.binding.contains(&facts.instrument) {
        let sentence = "The request rests on legal process of a kind that the guide accepts as legally binding.";
        Finding::new("INSTRUMENT_BINDING", Effect::Permits, sentence, guide.cite(&rules.section))
    } else if rules.emergency.contains(&facts.instrument) {
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
fn by_instrument(case: &Case<'_>, row: &InstrumentRow, facts: &Facts) -> Leg {
    let mut residences: Vec<Country> = facts.targets.iter().filter_map(|target| target.residence).collect();
    residences.sort_unstable();
    residences.dedup();
    let cited =
        |code, effect, sentence: String| Finding::technical(code, effect, sentence).citing(row.citations.clone());
    let mut leg = Leg {
        targets: facts.targets.iter().map(|target| target.id.clone()).collect(),
        residences,
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

fn by_residence(case: &Case<'_>, facts: &Facts) -> Vec<Leg> {
    let mut legs: Vec<Leg> = Vec::new();
    let mut of_contact: HashMap<Option<String>, usize> = HashMap::new();
    for target in &facts.targets {
        let answer = target.residence.and_then(|residence| case.guide.resolve(residence));
        let key = answer.map(|answer| answer.contact.key.clone());
        let index = *of_contact.entry(key).or_insert_with(|| {
            legs.push(Leg {
                targets: Vec::new(),
                residences: Vec::new(),
                status: if answer.is_some() { LegStatus::Routed } else { LegStatus::UnroutableResidence },
                contact: answer.map(|answer| (*answer.contact).clone()),
                row: String::new(),
                channels: Vec::new(),
                findings: Vec::new(),
            });
            legs.len() - 1
        });
        let Some(leg) = legs.get_mut(index) else { continue };
        leg.targets.push(target.id.clone());
        let Some(residence) = target.residence.filter(|residence| !leg.residences.contains(residence)) else {
            continue;
        };
        leg.residences.push(residence);
        let Some(answer) = answer else { continue };
        if !leg.row.split(',').any(|row| row == answer.row) {
            let comma = if leg.row.is_empty() { "" } else { "," };
            leg.row = format!("{}{comma}{}", leg.row, answer.row);
        }
        for finding in &answer.findings {
            if !leg.findings.contains(finding) {
                leg.findings.push(finding.clone());
            }
        }
    }
    for leg in &mut legs {
        leg.residences.sort_unstable();
        match leg.contact.clone() {
            Some(contact) => {
                let (channels, findings) = case.by_residence(&contact);
                leg.channels = channels;
                leg.findings.extend(findings);
                check_served(case.guide, facts, leg);
            }
            None => {
                let sentence = "The contact depends on where the user resides, and that is not known.";
                let section = &case.guide.contact_note.section;
                let citation = case.guide.cite(section);
                leg.findings.push(Finding::new("RESIDENCE_UNKNOWN", Effect::Holds, sentence, citation));
            }
        }
    }
    legs
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
    leg.findings.push(Finding::new(code, Effect::Refuses, sentence, guide.cite(&guide.contact_note.section)));
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
