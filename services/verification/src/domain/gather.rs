//! The evidence that the registry and the ledger of requests can give.

use chrono::{DateTime, Utc};
use rogatory_names::AgencyId;

use super::{
    agency::name_beginnings,
    debt::DebtOverdue,
    domain_match::domain_of,
    evidence::Observation,
    known::{KnownAgency, KnownDomain, Window},
    lookalike::resembles,
    rules::VerificationRules,
    signals::Signals,
    verification::Facts,
};

/// What the registry holds that concerns a request.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The agencies of the stated country whose name is a beginning of the stated one.
    pub named: Vec<KnownAgency>,
    /// The agencies to which the sender's domain, or one above it, belongs or has belonged, in whichever country.
    pub owners: Vec<KnownAgency>,
    /// Mail domains that the sender's, which belongs to nobody, may be made to resemble.
    pub domains: Vec<String>,
}

/// What the ledger of requests holds of the agency that is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    /// What was counted.
    pub signals: Signals,
    /// The formal Requests that it owes.
    pub debts: Vec<DebtOverdue>,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// The agency that was recognised, if one was.
    pub agency: Option<AgencyId>,
    /// At least one observation of each kind that is looked at anew each time.
    pub observations: Vec<Observation>,
    /// Only what the registry held before this time is a channel of the agency.
    pub channels_before: DateTime<Utc>,
}

/// Looks at what the registry and the ledger hold.
#[must_use]
pub fn gather(facts: &Facts, held: &Held, past: &Past, rules: &VerificationRules, now: DateTime<Utc>) -> Gathered {
    let sender = sender_of(facts);
    let owner = owner(facts, sender.as_deref(), held);
    let recognition = recognition(facts, &held.named, owner.map(|(agency, _)| agency));
    let agency = recognition.agency();
    let mut observations = vec![
        registry(facts, &recognition, rules),
        competence(facts, agency, rules),
        sender_domain(facts, sender.as_deref(), owner.map(|(agency, _)| agency), agency, held, rules),
    ];
    let domain = owner.map(|(_, domain)| domain);
    observations.extend(rules.signals().observed(&past.signals, facts.country, facts.receive_time, domain));
    let (compromises, channels_before) = compromises(facts, sender.as_deref(), agency, held, now);
    observations.extend(compromises);
    observations.push(match past.debts.iter().any(|debt| debt.is_overdue(now)) {
        true => Observation::DebtOverdue,
        false => Observation::NoDebt,
    });
    Gathered { agency: agency.map(|agency| agency.id), observations, channels_before }
}

/// The agency that the request is from, by its country and name; of several of one name, the one from whose domain the
/// message came.
#[must_use]
pub fn recognised<'a>(facts: &Facts, held: &'a Held) -> Option<&'a KnownAgency> {
    let sender = sender_of(facts);
    let owner = owner(facts, sender.as_deref(), held);
    recognition(facts, &held.named, owner.map(|(agency, _)| agency)).agency()
}

fn sender_of(facts: &Facts) -> Option<String> {
    facts.officer.email.as_deref().and_then(domain_of)
}

/// Whom a stated name means.
enum Recognition<'a> {
    Agency(&'a KnownAgency),
    Several,
    Nobody,
}

impl<'a> Recognition<'a> {
    fn agency(&self) -> Option<&'a KnownAgency> {
        match self {
            Self::Agency(agency) => Some(agency),
            Self::Several | Self::Nobody => None,
        }
    }
}

/// The agency whose name is the longest beginning of the stated one. Where two have the same name, it is the one from
/// whose domain the message came; where that does not tell them apart, it is none: a wrong one would be called back.
fn recognition<'a>(facts: &Facts, named: &'a [KnownAgency], owner: Option<&KnownAgency>) -> Recognition<'a> {
    let beginnings = name_beginnings(&facts.agency_name);
    let rank = |agency: &KnownAgency| {
        let keys = agency.name_keys();
        let whole = beginnings.contains(&keys[0]);
        let length = keys.iter().filter(|key| beginnings.contains(key)).map(String::len).max()?;
        Some((length, whole, owner.is_some_and(|owner| owner.id == agency.id)))
    };
    let of_country = named.iter().filter(|agency| agency.country == facts.country);
    let mut ranked: Vec<_> = of_country.filter_map(|agency| Some((rank(agency)?, agency))).collect();
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    match ranked.as_slice() {
        [] => Recognition::Nobody,
        [(best, _), (second, _), ..] if best == second => Recognition::Several,
        [(_, agency), ..] => Recognition::Agency(agency),
    }
}

/// Whose the sender's domain was when the request came.
fn owner<'a>(facts: &Facts, sender: Option<&str>, held: &'a Held) -> Option<(&'a KnownAgency, &'a KnownDomain)> {
    let in_force = |known: &KnownDomain| known.valid.holds(facts.receive_time);
    domains_over(sender?, held).filter(|(_, domain)| in_force(domain)).max_by_key(|(_, domain)| domain.domain.len())
}

/// Every entry of the registry for the sender's domain or one above it. What is not ASCII is no registered domain,
/// however much it looks like one.
fn domains_over<'a>(sender: &str, held: &'a Held) -> impl Iterator<Item = (&'a KnownAgency, &'a KnownDomain)> {
    let owners = held.owners.iter().filter(move |_| sender.is_ascii());
    owners.flat_map(move |agency| agency.domains_over(sender).map(move |domain| (agency, domain)))
}

fn registry(facts: &Facts, recognition: &Recognition<'_>, rules: &VerificationRules) -> Observation {
    if rules.is_outside(facts.country) {
        return Observation::AgencyOutsideGuide;
    }
    match recognition {
        Recognition::Nobody => Observation::AgencyUnknown,
        Recognition::Several => Observation::AgencyAmbiguous,
        Recognition::Agency(agency) => match agency.accreditation {
            Some(window) if window.holds(facts.receive_time) => Observation::AgencyAccredited,
            Some(_) => Observation::AccreditationNotInForce,
            None => Observation::AgencyNotAccredited,
        },
    }
}

fn competence(facts: &Facts, agency: Option<&KnownAgency>, rules: &VerificationRules) -> Observation {
    if !rules.is_instrument_of(facts.instrument, facts.country) {
        return Observation::InstrumentOfOtherCountries;
    }
    if let Some(agency) = agency.filter(|agency| !agency.instruments.is_empty()) {
        return match agency.instruments.contains(&facts.instrument) {
            true => Observation::InstrumentIssued,
            false => Observation::NotCompetent,
        };
    }
    match agency.and_then(|agency| agency.kind) {
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
    owner: Option<&KnownAgency>,
    agency: Option<&KnownAgency>,
    held: &Held,
    rules: &VerificationRules,
) -> Observation {
    let Some(sender) = sender else { return Observation::SenderNotGiven };
    if let Some(owner) = owner {
        return match agency {
            Some(agency) if agency.id == owner.id => Observation::SenderOfAgency,
            _ if owner.country == facts.country => Observation::SenderOfOtherAgency,
            _ => Observation::SenderOfOtherCountry,
        };
    }
    // Whoever gives a domain up leaves it to anybody.
    if domains_over(sender, held).next().is_some() {
        return Observation::SenderDomainNotInForce;
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

/// What was in the hands of others when the request came or while it is verified, and since when nothing that the registry learned of the
/// agency is a channel to it: whoever held a mailbox may have told the registry a number.
fn compromises(
    facts: &Facts,
    sender: Option<&str>,
    agency: Option<&KnownAgency>,
    held: &Held,
    now: DateTime<Utc>,
) -> (Vec<Observation>, DateTime<Utc>) {
    let of_sender = sender.into_iter().flat_map(|sender| domains_over(sender, held));
    let of_sender = of_sender.flat_map(|(owner, domain)| domain.compromised.iter().chain(&owner.compromised));
    let of_sender = of_sender.map(|one| (Observation::SenderCompromised, one));
    let of_agency = agency.into_iter().flat_map(|agency| &agency.compromised);
    let of_agency = of_agency.map(|one| (Observation::AgencyCompromised, one));
    let mut channels_before = facts.receive_time;
    let mut observed = Vec::new();
    let meanwhile = |window: &Window| window.touches(facts.receive_time, now);
    for (observation, window) in of_sender.chain(of_agency).filter(|(_, window)| meanwhile(window)) {
        channels_before = channels_before.min(window.from.unwrap_or(DateTime::<Utc>::MIN_UTC));
        if !observed.contains(&observation) {
            observed.push(observation);
        }
    }
    if observed.is_empty() {
        observed.push(Observation::NoCompromise);
    }
    (observed, channels_before)
}
