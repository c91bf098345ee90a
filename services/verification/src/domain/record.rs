//! Recording evidence.

use chrono::{DateTime, Utc};
use rogatory_names::{AgencyId, EvidenceId};

use super::{
    evidence::{Evidence, Kind, Observation, Outcome},
    known::KnownAgency,
    rules::VerificationRules,
    verification::{RECORDER, Refusal, Verification},
};

/// What a person looked at. Has no `Debug`: it names people and numbers.
#[derive(Clone, PartialEq, Eq)]
pub enum Check {
    /// The officer's credentials, with their issuer.
    Credentials {
        /// Where they were checked, in words. Sensitive.
        source: String,
    },
    /// A call-back on a number of the registry.
    CallBack {
        /// The number called. Sensitive.
        number: String,
        /// Whom the caller reached. Sensitive.
        person_reached: String,
        /// When the call was made.
        call_time: DateTime<Utc>,
    },
}

/// What a person found out. Has no `Debug`: it names people and numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// What was looked at.
    pub check: Check,
    /// How it came out.
    pub outcome: Outcome,
    /// What was said, by whom. Sensitive.
    pub note: Option<String>,
}

/// What is to be recorded.
pub(super) struct Found {
    pub(super) observation: Observation,
    pub(super) recorder: String,
    pub(super) source: String,
    pub(super) note: Option<String>,
    pub(super) person_reached: Option<String>,
    pub(super) call_time: Option<DateTime<Utc>>,
    pub(super) agency: Option<AgencyId>,
    pub(super) held_since: Option<DateTime<Utc>>,
}

impl Found {
    pub(super) fn of(observation: Observation, recorder: &str) -> Self {
        Self {
            observation,
            recorder: recorder.to_owned(),
            source: String::new(),
            note: None,
            person_reached: None,
            call_time: None,
            agency: None,
            held_since: None,
        }
    }
}

impl Verification {
    /// Records what a person found out. `agency` is the one that was recognised, as the registry holds it now.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`]; [`Refusal::NumberNotHeld`] for a call-back to any other number than one that the registry
    /// held for this agency before the request was received, above all to the number in the request itself;
    /// [`Refusal::CallTimeImpossible`] and [`Refusal::NobodyReached`].
    pub fn record(
        &mut self,
        report: &Report,
        agency: Option<&KnownAgency>,
        rules: &VerificationRules,
        recorder: &str,
        now: DateTime<Utc>,
    ) -> Result<EvidenceId, Refusal> {
        self.must_be_open()?;
        let mut found = Found::of(self.observed(report), recorder);
        found.agency = self.agency;
        found.note.clone_from(&report.note);
        match &report.check {
            Check::Credentials { source } => found.source.clone_from(source),
            Check::CallBack { number, person_reached, call_time } => {
                let agency = self.of_this(agency).ok_or(Refusal::NumberNotHeld)?;
                let held = agency.number_held_before(number, self.channels_before);
                found.held_since = Some(held.ok_or(Refusal::NumberNotHeld)?);
                let earliest =
                    self.reopen_time.map_or(self.facts.receive_time, |time| time.max(self.facts.receive_time));
                if *call_time < earliest || *call_time > now {
                    return Err(Refusal::CallTimeImpossible);
                }
                if report.outcome == Outcome::Positive && person_reached.trim().is_empty() {
                    return Err(Refusal::NobodyReached);
                }
                found.source.clone_from(number);
                found.person_reached = Some(person_reached.clone());
                found.call_time = Some(*call_time);
            }
        }
        Ok(self.push(found, rules, now))
    }

    /// What a person's check amounts to. A credential that was no longer valid is not made valid by its issuer's word.
    fn observed(&self, report: &Report) -> Observation {
        match (&report.check, report.outcome) {
            (Check::Credentials { .. }, Outcome::Positive) if self.credential_had_expired() => {
                Observation::CredentialsExpired
            }
            (Check::Credentials { .. }, Outcome::Positive) => Observation::CredentialsConfirmed,
            (Check::Credentials { .. }, Outcome::Negative) => Observation::CredentialsRefuted,
            (Check::Credentials { .. }, Outcome::Inconclusive) => Observation::CredentialsUnclear,
            (Check::CallBack { .. }, Outcome::Positive) => Observation::CallBackConfirmed,
            (Check::CallBack { .. }, Outcome::Negative) => Observation::CallBackRefuted,
            (Check::CallBack { .. }, Outcome::Inconclusive) => Observation::CallBackUnclear,
        }
    }

    pub(super) fn credential_had_expired(&self) -> bool {
        self.facts.officer.credential.expire_time.is_some_and(|until| until <= self.facts.receive_time)
    }

    pub(super) fn push_own(&mut self, observation: Observation, rules: &VerificationRules, now: DateTime<Utc>) {
        self.push_noted(observation, None, rules, now);
    }

    pub(super) fn push_noted(
        &mut self,
        observation: Observation,
        note: Option<String>,
        rules: &VerificationRules,
        now: DateTime<Utc>,
    ) {
        let source = match (observation.kind(), self.agency) {
            (Kind::SignedCopy | Kind::Message | Kind::Credentials, _) => {
                "what was received with the request".to_owned()
            }
            (Kind::DocumentReuse | Kind::Signal | Kind::Debt, _) => "earlier requests".to_owned(),
            (_, Some(agency)) => agency.name(),
            (_, None) => "registry of agencies".to_owned(),
        };
        self.push(Found { source, note, agency: self.agency, ..Found::of(observation, RECORDER) }, rules, now);
    }

    pub(super) fn push(&mut self, found: Found, rules: &VerificationRules, now: DateTime<Utc>) -> EvidenceId {
        let id = EvidenceId::new();
        self.required_level = self.required_level.max(rules.raises(found.observation));
        self.agencies.extend(found.agency);
        self.evidence.push(Evidence {
            id,
            observation: found.observation,
            weight: rules.weight(found.observation),
            source: found.source,
            note: found.note,
            person_reached: found.person_reached,
            call_time: found.call_time,
            agency: found.agency,
            held_since: found.held_since,
            round: self.round,
            recorder: found.recorder,
            record_time: now,
        });
        id
    }
}
