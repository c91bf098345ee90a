//! A verification and its life: gathered, then concluded once.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{AgencyId, EvidenceId, RequestId, VerificationId};
use rogatory_rulebook::{AuthorityKind, Country, Digest, Finding, InstrumentKind, Provenance};
use serde::{Deserialize, Serialize};

use super::{
    agency::Agency,
    conclude::{Conclusion, assess},
    evidence::{Check, Evidence, Kind, Observation, Outcome},
    gather::Gathered,
    rules::{Level, VerificationRules},
};

/// Who the service itself is as a recorder of evidence.
pub const RECORDER: &str = "system:verification";

/// Where a verification is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Gathering evidence.
    Open,
    /// The requester was believed.
    Verified,
    /// The requester was not believed.
    Denied,
}

impl State {
    /// As the schema writes it, without the prefix.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Verified => "VERIFIED",
            Self::Denied => "DENIED",
        }
    }
}

/// The facts of the request that is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The one request to which the verification binds.
    pub request: RequestId,
    /// Name of the agency as the request gives it.
    pub agency_name: String,
    /// Country of the agency.
    pub country: Country,
    /// Kind of the agency, as the request gives it.
    pub stated_kind: AuthorityKind,
    /// The paper on which the request rests.
    pub instrument: InstrumentKind,
    /// Who signed or sent it.
    pub officer: Officer,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// Digests of the signed copies received.
    pub signed_copies: Vec<Digest>,
    /// When the request was received.
    pub receive_time: DateTime<Utc>,
}

/// The officer who signed or sent the request, as the request gives it. Sensitive but for title and credential's kind
/// and issuer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Full name.
    pub display_name: String,
    /// Rank or office.
    pub title: Option<String>,
    /// E-mail address from which the request came.
    pub email: Option<String>,
    /// Telephone number. Never the one that is called back.
    pub phone: Option<String>,
    /// Postal address.
    pub postal_address: Option<String>,
    /// Kind of credential.
    pub credential_kind: Option<String>,
    /// Number of the credential.
    pub credential_number: Option<String>,
    /// Who issued the credential.
    pub credential_issuer: Option<String>,
}

impl fmt::Debug for Officer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Officer").field("title", &self.title).finish_non_exhaustive()
    }
}

/// A verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Its id.
    pub id: VerificationId,
    /// What is verified.
    pub facts: Facts,
    /// Where it is in its life.
    pub state: State,
    /// How much was proven.
    pub level: Level,
    /// The level that the request needs.
    pub required_level: Level,
    /// The agency that was recognised.
    pub agency: Option<AgencyId>,
    /// The evidence in the order in which it was recorded.
    pub evidence: Vec<Evidence>,
    /// Why it came out as it did; empty while OPEN.
    pub findings: Vec<Finding>,
    /// The rules that decided, or under which it was opened.
    pub provenance: Provenance,
    /// Who opened it.
    pub opener: String,
    /// When it was opened.
    pub create_time: DateTime<Utc>,
    /// When it was concluded.
    pub conclude_time: Option<DateTime<Utc>>,
    /// Until when a VERIFIED one may be relied on.
    pub expire_time: Option<DateTime<Utc>>,
}

/// What a person found out. Has no `Debug`: it names people and numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// What was looked at.
    pub check: Check,
    /// How it came out.
    pub outcome: Outcome,
    /// Of a call-back the number called; elsewhere the source in words. Sensitive.
    pub source: String,
    /// What was said, by whom. Sensitive.
    pub note: Option<String>,
}

/// Why a verification cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is concluded already.
    #[error("the verification is not open")]
    NotOpen(State),
    /// The number called is not one that the registry held before the request was received.
    #[error("the number called is not one that the registry held before")]
    NumberNotHeld,
    /// Evidence is still needed.
    #[error("evidence is still needed")]
    Needs(Vec<Finding>),
}

impl Verification {
    /// Opens the verification of a request with the evidence that the registry itself gives.
    #[must_use]
    pub fn open(
        facts: Facts,
        gathered: &Gathered,
        rules: &VerificationRules,
        opener: String,
        engine_version: &str,
        now: DateTime<Utc>,
    ) -> Self {
        let mut opened = Self {
            id: VerificationId::new(),
            state: State::Open,
            level: Level::Unverified,
            required_level: rules.required_level(facts.instrument, facts.emergency),
            agency: None,
            evidence: Vec::new(),
            findings: Vec::new(),
            provenance: rules.provenance(engine_version, now, facts.receive_time),
            opener,
            create_time: now,
            conclude_time: None,
            expire_time: None,
            facts,
        };
        opened.append(gathered, rules, now);
        opened
    }

    /// Takes in what the registry says now. Nothing is taken back: what has changed is recorded anew, and the latest
    /// piece of each kind that the service records itself is the one that counts.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`].
    pub fn refresh(
        &mut self,
        gathered: &Gathered,
        rules: &VerificationRules,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        self.append(gathered, rules, now);
        Ok(())
    }

    fn append(&mut self, gathered: &Gathered, rules: &VerificationRules, now: DateTime<Utc>) {
        let moved = self.agency != gathered.agency;
        self.agency = gathered.agency;
        for observation in gathered.observations {
            let latest = self.evidence.iter().rev().find(|known| known.observation.kind() == observation.kind());
            if moved || latest.is_none_or(|latest| latest.observation != observation) {
                self.evidence.push(Evidence {
                    id: EvidenceId::new(),
                    observation,
                    weight: rules.weight(observation),
                    source: source(observation.kind(), self.agency),
                    note: None,
                    agency: self.agency,
                    number_held_since: None,
                    recorder: RECORDER.to_owned(),
                    record_time: now,
                });
            }
        }
    }

    /// Records what a person found out. `agency` is the one that was recognised, as the registry holds it now.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`]; [`Refusal::NumberNotHeld`] for a call-back to any other number than one that the registry
    /// held for this agency before the request was received, above all to the number in the request itself.
    pub fn record(
        &mut self,
        report: &Report,
        agency: Option<&Agency>,
        rules: &VerificationRules,
        recorder: &str,
        now: DateTime<Utc>,
    ) -> Result<EvidenceId, Refusal> {
        self.must_be_open()?;
        let agency = agency.filter(|agency| Some(agency.id) == self.agency);
        let number_held_since = match report.check {
            Check::Credentials => None,
            Check::CallBack => {
                let held = agency.and_then(|agency| agency.held_before(&report.source, self.facts.receive_time));
                Some(held.ok_or(Refusal::NumberNotHeld)?)
            }
        };
        let (id, observation) = (EvidenceId::new(), Observation::of(report.check, report.outcome));
        self.evidence.push(Evidence {
            id,
            observation,
            weight: rules.weight(observation),
            source: report.source.clone(),
            note: report.note.clone(),
            agency: self.agency,
            number_held_since,
            recorder: recorder.to_owned(),
            record_time: now,
        });
        Ok(id)
    }

    /// Concludes by the rules. Nobody chooses the result.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`]; [`Refusal::Needs`] with everything that is still needed.
    pub fn conclude(
        &mut self,
        rules: &VerificationRules,
        engine_version: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        match assess(self, rules) {
            Conclusion::Needs(needs) => return Err(Refusal::Needs(needs)),
            Conclusion::Denied { findings } => {
                self.state = State::Denied;
                self.findings = findings;
            }
            Conclusion::Verified { level, valid_days, findings } => {
                self.state = State::Verified;
                self.level = level;
                self.findings = findings;
                self.expire_time = Some(now + TimeDelta::days(i64::from(valid_days)));
            }
        }
        self.conclude_time = Some(now);
        self.provenance = rules.provenance(engine_version, now, self.facts.receive_time);
        Ok(())
    }

    /// What is still needed before it can be concluded as VERIFIED; nothing once it is concluded.
    #[must_use]
    pub fn needs(&self, rules: &VerificationRules) -> Vec<Finding> {
        match (self.state, assess(self, rules)) {
            (State::Open, Conclusion::Needs(needs)) => needs,
            _ => Vec::new(),
        }
    }

    /// The findings as they are to be read at a time: those of the conclusion, and whether it may still be relied on.
    #[must_use]
    pub fn findings_at(&self, rules: &VerificationRules, now: DateTime<Utc>) -> Vec<Finding> {
        let expired = self.expire_time.is_some_and(|until| until <= now);
        self.findings.iter().cloned().chain(expired.then(|| rules.expired_finding())).collect()
    }

    fn must_be_open(&self) -> Result<(), Refusal> {
        match self.state {
            State::Open => Ok(()),
            State::Verified | State::Denied => Err(Refusal::NotOpen(self.state)),
        }
    }
}

/// Where the service looked, in words.
fn source(kind: Kind, agency: Option<AgencyId>) -> String {
    match (kind, agency) {
        (Kind::SignedCopy, _) => "documents received with the request".to_owned(),
        (_, Some(agency)) => agency.name(),
        (_, None) => "registry of agencies".to_owned(),
    }
}
