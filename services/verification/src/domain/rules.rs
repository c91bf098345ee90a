//! The dated rules, read from their file: what each level needs, who may issue what, which observations deny.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rogatory_rulebook::{
    AuthorityKind, Citation, Country, Digest, Effect, Fault, Finding, InstrumentKind, Provenance, Rules,
};
use serde::{Deserialize, Serialize};

use super::{
    domain_match::is_within,
    evidence::{Kind, Observation, Outcome},
    rules_file,
};

/// How much was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    Unverified,
    /// The agency is in the registry and the officer was confirmed by a channel of the registry.
    Basic,
    /// A completed call-back to a number that the registry held before.
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
    pub(super) digest: Digest,
    pub(super) effective_time: DateTime<Utc>,
    pub(super) outside: BTreeSet<Country>,
    pub(super) weights: BTreeMap<Kind, u8>,
    pub(super) required: Required,
    /// Every level but UNVERIFIED, the lowest first.
    pub(super) levels: Vec<LevelRule>,
    pub(super) competence: BTreeMap<AuthorityKind, Competence>,
    pub(super) observations: BTreeMap<Observation, Observed>,
    pub(super) verified: Passage,
    pub(super) denied: Passage,
    pub(super) expired: Passage,
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

/// Something that a level needs: one positive piece of evidence of one of these kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The kinds of evidence that meet it.
    pub any_of: BTreeSet<Kind>,
    pub(super) passage: Passage,
}

impl Need {
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
    const KIND: &'static str = "verificationRules";

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
    /// Whether they decide on a request received at this time.
    #[must_use]
    pub fn in_force(&self, at: DateTime<Utc>) -> bool {
        self.effective_time <= at
    }

    /// Digest of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What a decision by these rules says that it was made from.
    #[must_use]
    pub fn provenance(&self, engine_version: &str, now: DateTime<Utc>, rules_time: DateTime<Utc>) -> Provenance {
        Provenance {
            revision: format!("{}/{}", Self::KIND, self.digest),
            digest: self.digest,
            engine_version: engine_version.to_owned(),
            decide_time: now,
            rules_time,
        }
    }

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
