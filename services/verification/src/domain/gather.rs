//! The evidence that the registry itself can give of a request.

use rogatory_names::AgencyId;

use super::{
    agency::{Agency, name_beginnings},
    domain_match::{domain_of, is_within, resembles},
    evidence::Observation,
    rules::VerificationRules,
    verification::Facts,
};

/// What the registry holds that concerns a request.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The agencies of the stated country whose name is a beginning of the stated one.
    pub named: Vec<Agency>,
    /// The agencies to which the sender's domain, or one above it, belongs, in whichever country.
    pub owners: Vec<Agency>,
    /// Every mail domain, where the sender's belongs to nobody; to find which one it is made to resemble.
    pub domains: Vec<String>,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// The agency that was recognised, if one was.
    pub agency: Option<AgencyId>,
    /// One observation of each kind that the service records itself, in the order of the schema.
    pub observations: [Observation; 4],
}

/// Looks at what the registry holds.
#[must_use]
pub fn gather(facts: &Facts, held: &Held, rules: &VerificationRules) -> Gathered {
    let sender = facts.officer.email.as_deref().and_then(domain_of);
    let owner = sender.as_deref().and_then(|sender| owner(sender, &held.owners));
    let agency = recognised(facts, &held.named, owner);
    let copy = match facts.signed_copies.is_empty() {
        true => Observation::SignedCopyMissing,
        false => Observation::SignedCopyReceived,
    };
    Gathered {
        agency: agency.map(|agency| agency.id),
        observations: [
            registry(facts, agency, rules),
            competence(facts, agency, rules),
            sender_domain(facts, sender.as_deref(), owner, agency, held, rules),
            copy,
        ],
    }
}

/// The agency whose name is the longest beginning of the stated one. Where two have the same name, it is the one from
/// whose domain the message came; where that does not tell them apart, it is none: a wrong one would be called back.
fn recognised<'a>(facts: &Facts, named: &'a [Agency], owner: Option<&Agency>) -> Option<&'a Agency> {
    let beginnings = name_beginnings(&facts.agency_name);
    let rank = |agency: &Agency| {
        let keys = agency.name_keys();
        let whole = beginnings.contains(&keys[0]);
        let length = keys.iter().filter(|key| beginnings.contains(key)).map(String::len).max()?;
        Some((length, whole, owner.is_some_and(|owner| owner.id == agency.id)))
    };
    let of_country = named.iter().filter(|agency| agency.entry.country == facts.country);
    let mut ranked: Vec<_> = of_country.filter_map(|agency| Some((rank(agency)?, agency))).collect();
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    match ranked.as_slice() {
        [] => None,
        [(best, _), (second, _), ..] if best == second => None,
        [(_, agency), ..] => Some(agency),
    }
}

fn owner<'a>(sender: &str, owners: &'a [Agency]) -> Option<&'a Agency> {
    // What is not ASCII is no registered domain, however much it looks like one.
    let claims = owners.iter().filter(|_| sender.is_ascii()).filter_map(|agency| {
        let domains = agency.entry.mail_domains.iter().filter(|domain| is_within(sender, domain));
        Some((domains.map(String::len).max()?, agency))
    });
    claims.max_by_key(|(length, _)| *length).map(|(_, agency)| agency)
}

fn registry(facts: &Facts, agency: Option<&Agency>, rules: &VerificationRules) -> Observation {
    match agency {
        _ if rules.is_outside(facts.country) => Observation::AgencyOutsideGuide,
        None => Observation::AgencyUnknown,
        Some(agency) if agency.entry.accredited => Observation::AgencyAccredited,
        Some(_) => Observation::AgencyNotAccredited,
    }
}

fn competence(facts: &Facts, agency: Option<&Agency>, rules: &VerificationRules) -> Observation {
    let entry = agency.map(|agency| &agency.entry);
    if let Some(entry) = entry.filter(|entry| !entry.instruments.is_empty()) {
        return match entry.instruments.contains(&facts.instrument) {
            true => Observation::InstrumentIssued,
            false => Observation::NotCompetent,
        };
    }
    match entry.and_then(|entry| entry.kind) {
        Some(kind) => rules.competence(kind, facts.instrument),
        // Its own word may speak against it but never for it.
        None => match rules.competence(facts.stated_kind, facts.instrument) {
            Observation::NotCompetent => Observation::NotCompetent,
            _ => Observation::CompetenceUnproven,
        },
    }
}

fn sender_domain(
    facts: &Facts,
    sender: Option<&str>,
    owner: Option<&Agency>,
    agency: Option<&Agency>,
    held: &Held,
    rules: &VerificationRules,
) -> Observation {
    let Some(sender) = sender else { return Observation::SenderNotGiven };
    if let Some(owner) = owner {
        return match agency {
            Some(agency) if agency.id == owner.id => Observation::SenderOfAgency,
            _ if owner.entry.country == facts.country => Observation::SenderOfOtherAgency,
            _ => Observation::SenderOfOtherCountry,
        };
    }
    if rules.is_free_mail(sender) {
        return Observation::SenderFreeMail;
    }
    if let Some(zone) = rules.zone_of(sender).filter(|_| sender.is_ascii()) {
        return match zone.country {
            Some(country) if country != facts.country => Observation::SenderOfOtherCountry,
            _ => Observation::SenderOfGovernment,
        };
    }
    match held.domains.iter().any(|domain| resembles(sender, domain, rules.lookalike())) {
        true => Observation::SenderLookalike,
        false => Observation::SenderOfNobody,
    }
}
