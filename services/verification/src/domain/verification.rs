//! A verification and its life: gathered, then concluded once; and reopened when a compromise comes to light.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{AgencyId, CompromiseId, VerificationId};
use rogatory_rulebook::{Finding, Provenance};
use serde::{Deserialize, Serialize};

use super::{
    approval::Approval,
    challenge::Challenge,
    conclude::{Conclusion, assess, latest},
    debt::Debt,
    evidence::{Evidence, Kind, Observation, Received},
    gather::Gathered,
    known::KnownAgency,
    rules::{Level, VerificationRules},
};

pub use super::{
    facts::{Credential, Facts, Officer},
    record::{Check, Report},
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
    /// The level that the request needs. It rises and never falls.
    pub required_level: Level,
    /// The agency that was recognised.
    pub agency: Option<AgencyId>,
    /// Every agency that was ever recognised, or evidence of which was recorded.
    pub agencies: BTreeSet<AgencyId>,
    /// The evidence in the order in which it was recorded.
    pub evidence: Vec<Evidence>,
    /// Who approved; [`Verification::approvals`] tells which of them count.
    pub approvals: Vec<Approval>,
    /// The codes that were sent.
    pub challenges: Vec<Challenge>,
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
    /// When a compromise reopened it.
    pub reopen_time: Option<DateTime<Utc>>,
    /// The reports of a compromise that it has taken in.
    pub compromises: Vec<CompromiseId>,
    /// The formal Request that it owes.
    pub debt: Option<Debt>,
    /// How often it was looked at anew with another result, or reopened.
    pub round: u32,
    /// What people found out or approved in an earlier round no longer speaks for the requester.
    pub counts_from: u32,
    /// Only a number or a mailbox that the registry held before this time is a channel: before the request was
    /// received, and before the agency or its domain came into the hands of others.
    pub channels_before: DateTime<Utc>,
}

/// Why a verification cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is concluded already.
    #[error("the verification is not open")]
    NotOpen(State),
    /// The number called is not one that the registry held before.
    #[error("the number called is not one that the registry held before the request came")]
    NumberNotHeld,
    /// The call was made before there was anything to ask, or was not made yet.
    #[error("the call was made before the request was received or it was reopened, or lies in the future")]
    CallTimeImpossible,
    /// A call-back that reached nobody confirms nothing.
    #[error("a call-back that confirms the request must say whom it reached")]
    NobodyReached,
    /// The registry held no mailbox to which a code may be sent.
    #[error("the registry held no mailbox before the request came that is not the sender's own")]
    MailboxNotHeld,
    /// As many codes were sent as the rules allow.
    #[error("as many codes were sent as the rules allow")]
    TooManyChallenges,
    /// No code is waiting: none was sent, or it was given back before, spent or replaced.
    #[error("no code is waiting for an answer")]
    NoChallenge,
    /// The code came back too late.
    #[error("the code has expired")]
    ChallengeExpired,
    /// Only an emergency is approved.
    #[error("only an emergency is approved")]
    ApprovalNotNeeded,
    /// The approver opened, filed or approved it before, or is no person.
    #[error("another person must approve it")]
    SecondPersonNeeded,
    /// Evidence is still needed.
    #[error("evidence is still needed")]
    Needs(Vec<Finding>),
}

impl Refusal {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOpen(_) => "NOT_OPEN",
            Self::NumberNotHeld => "NUMBER_NOT_HELD_BEFORE",
            Self::CallTimeImpossible => "CALL_TIME_IMPOSSIBLE",
            Self::NobodyReached => "NOBODY_REACHED",
            Self::MailboxNotHeld => "MAILBOX_NOT_HELD_BEFORE",
            Self::TooManyChallenges => "TOO_MANY_CHALLENGES",
            Self::NoChallenge => "NO_CHALLENGE",
            Self::ChallengeExpired => "CHALLENGE_EXPIRED",
            Self::ApprovalNotNeeded => "APPROVAL_NOT_NEEDED",
            Self::SecondPersonNeeded => "SECOND_PERSON_NEEDED",
            Self::Needs(_) => "NEEDS",
        }
    }
}

impl Verification {
    /// Opens the verification of a request with the evidence that can be had without a person.
    #[must_use]
    pub fn open(
        facts: Facts,
        received: &Received,
        gathered: &Gathered,
        rules: &VerificationRules,
        provenance: Provenance,
        opener: String,
        now: DateTime<Utc>,
    ) -> Self {
        let mut opened = Self {
            id: VerificationId::new(),
            state: State::Open,
            level: Level::Unverified,
            required_level: rules.required_level(facts.instrument, facts.is_emergency()),
            agency: gathered.agency,
            agencies: BTreeSet::new(),
            evidence: Vec::new(),
            approvals: Vec::new(),
            challenges: Vec::new(),
            findings: Vec::new(),
            provenance,
            opener,
            create_time: now,
            conclude_time: None,
            expire_time: None,
            reopen_time: None,
            compromises: Vec::new(),
            debt: None,
            round: 0,
            counts_from: 0,
            channels_before: facts.receive_time,
            facts,
        };
        for observation in received.observations() {
            opened.push_noted(observation, received.note(observation), rules, now);
        }
        if opened.credential_had_expired() {
            opened.push_own(Observation::CredentialsExpired, rules, now);
        }
        opened.take_in(gathered, rules, now);
        opened
    }

    /// Takes in what the registry and the ledger say now. Nothing is taken back: what has changed is recorded anew, and
    /// of each kind that the service finds by itself the latest look counts. The level that is required never falls.
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
        self.take_in(gathered, rules, now);
        Ok(())
    }

    fn take_in(&mut self, gathered: &Gathered, rules: &VerificationRules, now: DateTime<Utc>) {
        let moved = self.agency != gathered.agency;
        self.agency = gathered.agency;
        self.agencies.extend(gathered.agency);
        self.channels_before = self.channels_before.min(gathered.channels_before);
        let of_kind = |kind: Kind| gathered.observations.iter().copied().filter(move |one| one.kind() == kind);
        let changed = |kind: &Kind| {
            let mut known: Vec<_> = latest(&self.evidence, *kind).map(|piece| piece.observation).collect();
            let mut seen: Vec<_> = of_kind(*kind).collect();
            known.sort();
            seen.sort();
            !seen.is_empty() && (moved || known != seen)
        };
        let changed: Vec<Kind> = Kind::ALL.iter().copied().filter(changed).collect();
        if !changed.is_empty() {
            self.round += 1;
        }
        for observation in changed.into_iter().flat_map(of_kind) {
            self.push_own(observation, rules, now);
        }
    }

    /// Concludes by the rules. Nobody chooses the result. `provenance` is that of the revision in which `rules` stand.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`]; [`Refusal::Needs`] with everything that is still needed.
    pub fn conclude(
        &mut self,
        rules: &VerificationRules,
        provenance: Provenance,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.must_be_open()?;
        match assess(self, rules) {
            Conclusion::Needs(needs) => return Err(Refusal::Needs(needs)),
            Conclusion::Denied { findings } => {
                self.state = State::Denied;
                self.findings = findings;
                // Whoever forged it leaves no debt on the agency whose name was used.
                self.debt = None;
            }
            Conclusion::Verified { level, valid_days, findings } => {
                self.state = State::Verified;
                self.level = level;
                self.findings = findings;
                self.expire_time = Some(now + TimeDelta::days(i64::from(valid_days)));
                if self.facts.is_emergency() {
                    let due_time = now + TimeDelta::days(i64::from(rules.formal_request_days()));
                    // One that was believed before, and is again after a compromise, owes since then.
                    self.debt.get_or_insert(Debt { due_time, settled: None });
                }
            }
        }
        self.conclude_time = Some(now);
        self.provenance = provenance;
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

    /// Whether it may be relied on at a time.
    #[must_use]
    pub fn may_be_relied_on(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Verified && self.expire_time.is_some_and(|until| now < until)
    }

    /// The agency that was given, if it is the one that was recognised.
    pub(super) fn of_this<'a>(&self, agency: Option<&'a KnownAgency>) -> Option<&'a KnownAgency> {
        agency.filter(|agency| Some(agency.id) == self.agency)
    }

    pub(super) fn must_be_open(&self) -> Result<(), Refusal> {
        match self.state {
            State::Open => Ok(()),
            State::Verified | State::Denied => Err(Refusal::NotOpen(self.state)),
        }
    }
}
