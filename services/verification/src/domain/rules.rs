//! The dated rules, read from their file: what each level needs, who may issue what, which observations deny.

use std::collections::{BTreeMap, BTreeSet};

use rogatory_rulebook::{AuthorityKind, Citation, Country, Effect, Fault, Finding, InstrumentKind, Rules};
use serde::{Deserialize, Serialize};

use super::{
    challenge::ChallengeRule,
    domain_match::is_within,
    evidence::{Kind, Observation, Outcome},
    rules_file,
    signals::{SignalRules, SignalWindows},
};

/// How much was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    Unverified,
    /// The agency is in the registry and the officer was confirmed by a channel of the registry.
    Basic,
    /// BASIC, and a completed call-back to a number that the registry held before.
    Enhanced,
}

impl Level {
    /// As the schema writes it, without the prefix.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unverified => "UNVERIFIED",
            Self::Basic => "BASIC",
            Self::Enhanced => "ENHANCED",
        }
    }
}

/// The rules of verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationRules {
    pub(super) document: String,
    pub(super) title: String,
    pub(super) outside: BTreeSet<Country>,
    pub(super) weights: BTreeMap<Kind, u8>,
    pub(super) required: Required,
    pub(super) emergency: Emergency,
    /// Every level but UNVERIFIED, the lowest first.
    pub(super) levels: Vec<LevelRule>,
    pub(super) competence: BTreeMap<AuthorityKind, Competence>,
    /// The countries whose authorities issue an instrument; any country's issue what is not in it.
    pub(super) instrument_countries: BTreeMap<InstrumentKind, BTreeSet<Country>>,
    pub(super) signals: SignalRules,
    pub(super) challenge: ChallengeRule,
    pub(super) observations: BTreeMap<Observation, Observed>,
    pub(super) verified: Passage,
    pub(super) denied: Passage,
    pub(super) expired: Passage,
    pub(super) owed: Passage,
    pub(super) free_mail: BTreeSet<String>,
    pub(super) lookalike: Lookalike,
    pub(super) zones: Vec<Zone>,
}

/// Which level a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Required {
    pub(super) otherwise: Level,
    pub(super) emergency: Level,
    pub(super) instrument: BTreeMap<InstrumentKind, Level>,
}

/// What an emergency needs beside its level, and how long the formal Request may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Emergency {
    pub(super) needs: Vec<Need>,
    pub(super) formal_request_days: u16,
}

/// What a level needs, and for how long it may be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelRule {
    /// The level.
    pub level: Level,
    /// For how many days a conclusion at this level may be relied on.
    pub valid_days: u16,
    /// What it needs.
    pub needs: Vec<Need>,
}

/// Something that a level or an emergency needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// By what it is met.
    pub met: NeedMet,
    pub(super) passage: Passage,
}

/// By what a need is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeedMet {
    /// One positive piece of evidence of one of these kinds.
    ByEvidence(BTreeSet<Kind>),
    /// The approvals of so many different people, none of whom opened or filed it.
    ByApprovals(u8),
}

impl Need {
    /// The kinds of evidence that meet it; none for approvals.
    #[must_use]
    pub fn any_of(&self) -> Option<&BTreeSet<Kind>> {
        match &self.met {
            NeedMet::ByEvidence(kinds) => Some(kinds),
            NeedMet::ByApprovals(_) => None,
        }
    }

    /// Whether nothing but these kinds of evidence meets it.
    pub(super) fn only(&self, which: impl Fn(Kind) -> bool) -> bool {
        self.any_of().is_some_and(|kinds| kinds.iter().all(|kind| which(*kind)))
    }

    /// Whether whatever meets `other` meets it too.
    pub(super) fn is_implied_by(&self, other: &Self) -> bool {
        match (&self.met, &other.met) {
            (NeedMet::ByEvidence(mine), NeedMet::ByEvidence(its)) => its.is_subset(mine),
            (NeedMet::ByApprovals(mine), NeedMet::ByApprovals(its)) => its >= mine,
            _ => false,
        }
    }

    /// What is said while it is not met.
    #[must_use]
    pub fn finding(&self) -> Finding {
        self.passage.finding(Effect::Requires)
    }
}

/// What a kind of authority may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Competence {
    pub(super) issues: BTreeSet<InstrumentKind>,
    pub(super) presents: BTreeSet<InstrumentKind>,
}

/// What an observation means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) denies: bool,
    /// The level that a request needs at least where it was observed; UNVERIFIED asks for nothing.
    pub(super) raises: Level,
    pub(super) passage: Passage,
}

/// A code with its sentence and where it stands written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) code: String,
    pub(super) sentence: String,
    /// The first citation; without one there is no finding.
    pub(super) cites: Citation,
    pub(super) cites_too: Vec<Citation>,
}

impl Passage {
    fn finding(&self, effect: Effect) -> Finding {
        Finding::new(self.code.clone(), effect, self.sentence.clone(), self.cites.clone())
            .citing(self.cites_too.iter().cloned())
    }
}

/// How close a domain must come to a registered one to resemble it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookalike {
    /// Labels with fewer letters are not compared.
    pub shortest: usize,
    /// Labels with fewer letters are short.
    pub short_below: usize,
    /// The most edits by which a short label resembles another.
    pub edits_short: usize,
    /// The most edits by which any other label resembles another.
    pub edits: usize,
}

/// A zone in which only a government, or whom it admits, registers names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The domain above all names in it.
    pub suffix: String,
    /// Whose it is; none for a zone of several states.
    pub country: Option<Country>,
}

impl Rules for VerificationRules {
    const KIND: &'static str = "verificationRuleRevisions";

    fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        rules_file::read(text)
    }

    fn document(&self) -> &str {
        &self.document
    }

    fn title(&self) -> &str {
        &self.title
    }
}

impl VerificationRules {
    /// Whether the guide is not for agencies of this country.
    #[must_use]
    pub fn is_outside(&self, country: Country) -> bool {
        self.outside.contains(&country)
    }

    /// The level that a request needs.
    #[must_use]
    pub fn required_level(&self, instrument: InstrumentKind, emergency: bool) -> Level {
        let of_instrument = self.required.instrument.get(&instrument).copied().unwrap_or(self.required.otherwise);
        let of_emergency = if emergency { self.required.emergency } else { self.required.otherwise };
        of_instrument.max(of_emergency).max(self.required.otherwise)
    }

    /// The level that a request needs at least where this was observed.
    #[must_use]
    pub fn raises(&self, observation: Observation) -> Level {
        self.observations.get(&observation).map_or(Level::Unverified, |observed| observed.raises)
    }

    /// What an emergency needs beside its level.
    #[must_use]
    pub fn emergency_needs(&self) -> &[Need] {
        &self.emergency.needs
    }

    /// Within how many days the formal Request must follow an emergency.
    #[must_use]
    pub fn formal_request_days(&self) -> u16 {
        self.emergency.formal_request_days
    }

    /// What the levels need, the lowest first.
    #[must_use]
    pub fn levels(&self) -> &[LevelRule] {
        &self.levels
    }

    /// What a level needs; none for UNVERIFIED.
    #[must_use]
    pub fn level(&self, level: Level) -> Option<&LevelRule> {
        self.levels.iter().find(|rule| rule.level == level)
    }

    /// How much a piece of evidence says: nothing when it is inconclusive.
    #[must_use]
    pub fn weight(&self, observation: Observation) -> u8 {
        match observation.outcome() {
            Outcome::Inconclusive => 0,
            Outcome::Positive | Outcome::Negative => self.weights.get(&observation.kind()).copied().unwrap_or_default(),
        }
    }

    /// What a kind of authority may do with an instrument.
    #[must_use]
    pub fn competence(&self, kind: AuthorityKind, instrument: InstrumentKind) -> Observation {
        match self.competence.get(&kind) {
            Some(row) if row.issues.contains(&instrument) => Observation::InstrumentIssued,
            Some(row) if row.presents.contains(&instrument) => Observation::InstrumentPresented,
            _ => Observation::NotCompetent,
        }
    }

    /// Whether authorities of a country issue an instrument at all.
    #[must_use]
    pub fn is_instrument_of(&self, instrument: InstrumentKind, country: Country) -> bool {
        self.instrument_countries.get(&instrument).is_none_or(|countries| countries.contains(&country))
    }

    /// Over which days the signals are counted.
    #[must_use]
    pub fn signal_windows(&self) -> SignalWindows {
        self.signals.windows
    }

    pub(super) fn signals(&self) -> &SignalRules {
        &self.signals
    }

    /// How codes are sent and given back.
    #[must_use]
    pub fn challenge(&self) -> ChallengeRule {
        self.challenge
    }

    /// Whether an observation denies, whatever else there is.
    #[must_use]
    pub fn denies(&self, observation: Observation) -> bool {
        self.observations.get(&observation).is_some_and(|observed| observed.denies)
    }

    /// What is said of an observation.
    #[must_use]
    pub fn finding(&self, observation: Observation) -> Option<Finding> {
        let observed = self.observations.get(&observation)?;
        let effect = match observation.outcome() {
            Outcome::Positive => Effect::Permits,
            Outcome::Negative if observed.denies => Effect::Refuses,
            _ if observed.raises > Level::Unverified => Effect::Requires,
            Outcome::Negative | Outcome::Inconclusive => Effect::Notes,
        };
        Some(observed.passage.finding(effect))
    }

    /// What is said of a requester who was believed.
    #[must_use]
    pub fn verified_finding(&self) -> Finding {
        self.verified.finding(Effect::Permits)
    }

    /// What is said of a requester who was not believed.
    #[must_use]
    pub fn denied_finding(&self) -> Finding {
        self.denied.finding(Effect::Refuses)
    }

    /// What is said of a verification that may no longer be relied on.
    #[must_use]
    pub fn expired_finding(&self) -> Finding {
        self.expired.finding(Effect::Holds)
    }

    /// What is said of the formal Request that must follow an emergency.
    #[must_use]
    pub fn owed_finding(&self) -> Finding {
        self.owed.finding(Effect::Requires)
    }

    /// Whether anybody can open a mailbox at a domain or below it.
    #[must_use]
    pub fn is_free_mail(&self, domain: &str) -> bool {
        super::domain_match::with_parents(domain).any(|parent| self.free_mail.contains(parent))
    }

    /// The smallest government's zone in which a domain lies.
    #[must_use]
    pub fn zone_of(&self, domain: &str) -> Option<&Zone> {
        let zones = self.zones.iter().filter(|zone| is_within(domain, &zone.suffix));
        zones.max_by_key(|zone| zone.suffix.len())
    }

    /// How close a domain must come to a registered one to resemble it.
    #[must_use]
    pub fn lookalike(&self) -> &Lookalike {
        &self.lookalike
    }
}
