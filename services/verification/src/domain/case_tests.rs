//! Runs the cases in `cases/`: requests and forgeries as data files, against the shipped rules.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{AgencyId, CompromiseId, RequestId};
use rogatory_rulebook::{AuthorityKind, Country, Digest, Finding, InstrumentKind, Source};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    agency::name_beginnings,
    debt::DebtOverdue,
    domain_match::domain_of,
    evidence::{CopyFinding, MessageFinding, Outcome, Received, Reuse},
    gather::{Gathered, Held, Past, gather},
    known::{Channel, KnownAgency, KnownDomain, Window},
    reopening::Compromised,
    rules::{Level, VerificationRules},
    samples::{facts, provenance, rules},
    signals::Signals,
    verification::{Check, Facts, Refusal, Report, State, Verification},
};

const REGISTRY: &str = include_str!("../../cases/registry.toml");
const GENUINE: &str = include_str!("../../cases/genuine.toml");
const FORGERIES: [(&str, &str); 5] = [
    ("sender", include_str!("../../cases/forgeries_sender.toml")),
    ("authority", include_str!("../../cases/forgeries_authority.toml")),
    ("papers", include_str!("../../cases/forgeries_papers.toml")),
    ("people", include_str!("../../cases/forgeries_people.toml")),
    ("past", include_str!("../../cases/forgeries_past.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistryFile {
    agency: Vec<AgencyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyEntry {
    name: String,
    country: Country,
    kind: AuthorityKind,
    #[serde(default)]
    instruments: Vec<InstrumentKind>,
    #[serde(default = "yes")]
    accredited: bool,
    accredited_until: Option<DateTime<Utc>>,
    domains: Vec<DomainEntry>,
    #[serde(default)]
    phones: Vec<PhoneEntry>,
    #[serde(default)]
    mailboxes: Vec<MailboxEntry>,
    compromised_from: Option<DateTime<Utc>>,
    compromised_until: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DomainEntry {
    domain: String,
    until: Option<DateTime<Utc>>,
    recorded: Option<DateTime<Utc>>,
    compromised_from: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneEntry {
    number: String,
    recorded: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailboxEntry {
    address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    story: String,
    agency: String,
    country: Country,
    #[serde(default = "police")]
    kind: AuthorityKind,
    #[serde(default = "subpoena")]
    instrument: InstrumentKind,
    email: Option<String>,
    #[serde(default)]
    emergency: bool,
    opener: Option<String>,
    received: Option<DateTime<Utc>>,
    credential_expires: Option<DateTime<Utc>>,
    #[serde(default = "not_given")]
    message: MessageFinding,
    #[serde(default = "one_scan")]
    copies: Vec<CopyFinding>,
    #[serde(default)]
    reuse: Vec<Reuse>,
    #[serde(default = "yes")]
    officer_known: bool,
    #[serde(default)]
    recent: u32,
    #[serde(default)]
    earlier: u32,
    #[serde(default)]
    other_agencies: u32,
    #[serde(default)]
    overdue: bool,
    #[serde(default)]
    steps: Vec<Step>,
    outcome: Expected,
    level: Option<Level>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    observed: Vec<String>,
    /// These must be among the findings.
    #[serde(default)]
    found: Vec<String>,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Expected {
    Verified,
    Denied,
    Needs,
    Expired,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(rename = "do")]
    action: Action,
    result: Option<Outcome>,
    number: Option<String>,
    reached: Option<String>,
    minutes_ago: Option<i64>,
    by: Option<String>,
    right: Option<bool>,
    after_minutes: Option<i64>,
    minutes: Option<i64>,
    agency: Option<String>,
    domain: Option<String>,
    from: Option<DateTime<Utc>>,
    /// The code with which it is turned away.
    refused: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Credentials,
    CallBack,
    Approve,
    Challenge,
    Answer,
    Compromise,
    Wait,
    Conclude,
}

fn yes() -> bool {
    true
}

fn police() -> AuthorityKind {
    AuthorityKind::Police
}

fn subpoena() -> InstrumentKind {
    InstrumentKind::Subpoena
}

fn not_given() -> MessageFinding {
    MessageFinding::NotGiven
}

fn one_scan() -> Vec<CopyFinding> {
    vec![CopyFinding::UnsignedScan]
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    Source::new(text).read().unwrap_or_else(|faults| panic!("{}", faults[0]))
}

fn registry() -> Vec<KnownAgency> {
    let recorded: DateTime<Utc> = "2025-01-01T00:00:00Z".parse().unwrap();
    let compromised = |from: Option<DateTime<Utc>>, until| {
        from.map(|from| Window { from: Some(from), until }).into_iter().collect::<Vec<_>>()
    };
    let domain = |entry: DomainEntry| KnownDomain {
        domain: entry.domain,
        valid: Window { from: None, until: entry.until },
        record_time: entry.recorded.unwrap_or(recorded),
        compromised: compromised(entry.compromised_from, None),
    };
    let channel = |address: String, at: Option<DateTime<Utc>>| Channel { address, record_time: at.unwrap_or(recorded) };
    let agency = |entry: AgencyEntry| KnownAgency {
        id: AgencyId::new(),
        display_name: entry.name,
        country: entry.country,
        kind: Some(entry.kind),
        instruments: entry.instruments,
        accreditation: entry.accredited.then_some(Window { from: None, until: entry.accredited_until }),
        domains: entry.domains.into_iter().map(domain).collect(),
        phones: entry.phones.into_iter().map(|phone| channel(phone.number, phone.recorded)).collect(),
        mailboxes: entry.mailboxes.into_iter().map(|mailbox| channel(mailbox.address, None)).collect(),
        certificates: Vec::new(),
        compromised: compromised(entry.compromised_from, entry.compromised_until),
    };
    read::<RegistryFile>(REGISTRY).agency.into_iter().map(agency).collect()
}

/// What the store finds of a request in the registry.
fn held(facts: &Facts, registry: &[KnownAgency]) -> Held {
    let beginnings = name_beginnings(&facts.agency_name);
    let is_named = |agency: &&KnownAgency| {
        agency.country == facts.country && agency.name_keys().iter().any(|key| beginnings.contains(key))
    };
    let sender = facts.officer.email.as_deref().and_then(domain_of).unwrap_or_default();
    let owners: Vec<_> =
        registry.iter().filter(|agency| agency.domains_over(&sender).next().is_some()).cloned().collect();
    let all = registry.iter().flat_map(|agency| &agency.domains).map(|known| known.domain.clone());
    Held {
        named: registry.iter().filter(is_named).cloned().collect(),
        domains: if owners.is_empty() { all.collect() } else { Vec::new() },
        owners,
    }
}

struct Run<'a> {
    case: &'a Case,
    rules: VerificationRules,
    registry: Vec<KnownAgency>,
    past: Past,
    facts: Facts,
    now: DateTime<Utc>,
}

impl<'a> Run<'a> {
    fn of(case: &'a Case) -> Self {
        let mut facts = facts(case.emergency);
        facts.agency_name.clone_from(&case.agency);
        facts.country = case.country;
        facts.stated_kind = case.kind;
        facts.instrument = case.instrument;
        facts.officer.email.clone_from(&case.email);
        facts.officer.credential.expire_time = case.credential_expires;
        facts.submitter = Some("person:iris".to_owned());
        facts.receive_time = case.received.unwrap_or(facts.receive_time);
        let now = facts.receive_time;
        let due_time = now - TimeDelta::days(1);
        let debts = case.overdue.then(|| DebtOverdue { request: RequestId::new(), due_time });
        let signals = Signals {
            officer_known: case.officer_known,
            recent: case.recent,
            earlier: case.earlier,
            other_agencies_of_target: case.other_agencies,
        };
        let past = Past { signals, debts: debts.into_iter().collect() };
        Self { case, rules: rules(), registry: registry(), past, facts, now }
    }

    fn gather(&self) -> Gathered {
        gather(&self.facts, &held(&self.facts, &self.registry), &self.past, &self.rules, self.now)
    }

    fn open(&self) -> Verification {
        let Case { message, copies, reuse, .. } = self.case;
        let received = Received { message: *message, copies: copies.clone(), reuse: reuse.clone(), notes: Vec::new() };
        let opener = self.case.opener.clone().unwrap_or_else(|| "peer:intake".to_owned());
        let facts = self.facts.clone();
        Verification::open(facts, &received, &self.gather(), &self.rules, provenance(self.now), opener, self.now)
    }

    fn step(&mut self, verification: &mut Verification, step: &Step) -> Result<(), Refusal> {
        self.now += TimeDelta::minutes(step.minutes.or(step.after_minutes).unwrap_or_default());
        let rules = self.rules.clone();
        if verification.state == State::Open {
            verification.refresh(&self.gather(), &rules, self.now).unwrap();
        }
        let agency = self.registry.iter().find(|agency| Some(agency.id) == verification.agency).cloned();
        let (agency, now) = (agency.as_ref(), self.now);
        match step.action {
            Action::Credentials => {
                let check = Check::Credentials { source: "the issuer's desk".to_owned() };
                let report = Report { check, outcome: step.result.unwrap(), note: None };
                verification.record(&report, agency, &rules, "person:vera", now).map(|_| ())
            }
            Action::CallBack => {
                let check = Check::CallBack {
                    number: step.number.clone().unwrap(),
                    person_reached: step.reached.clone().unwrap_or_else(|| "the duty desk".to_owned()),
                    call_time: now - TimeDelta::minutes(step.minutes_ago.unwrap_or_default()),
                };
                let report = Report { check, outcome: step.result.unwrap(), note: None };
                verification.record(&report, agency, &rules, "person:vera", now).map(|_| ())
            }
            Action::Approve => verification.approve(step.by.as_deref().unwrap(), "a life is at risk".to_owned(), now),
            Action::Challenge => {
                verification.send_challenge(Digest::of("code"), agency, &rules, "person:vera", now).map(|_| ())
            }
            Action::Answer => {
                verification.answer_challenge(step.right.unwrap(), &rules, "person:vera", now).map(|_| ())
            }
            Action::Compromise => self.compromise(verification, step),
            Action::Wait => Ok(()),
            Action::Conclude => verification.conclude(&rules, provenance(now), now),
        }
    }

    /// The report is recorded in the registry, and then the verification is swept.
    fn compromise(&mut self, verification: &mut Verification, step: &Step) -> Result<(), Refusal> {
        let window = Window { from: step.from, until: None };
        let agency = self.registry.iter_mut().find(|known| Some(&known.display_name) == step.agency.as_ref()).unwrap();
        match &step.domain {
            Some(domain) => {
                let known = agency.domains.iter_mut().find(|known| known.domain == *domain).unwrap();
                known.compromised.push(window);
            }
            None => agency.compromised.push(window),
        }
        let (id, mail_domain) = (CompromiseId::new(), step.domain.clone());
        let compromised = Compromised { id, agency: agency.id, mail_domain, window };
        verification.reopen(&compromised, &self.rules, self.now).map(|_| ())
    }
}

fn run(case: &Case) {
    let name = &case.name;
    assert!(!case.story.is_empty(), "{name}");
    let mut run = Run::of(case);
    let mut verification = run.open();
    for (index, step) in case.steps.iter().enumerate() {
        let before = verification.evidence.len();
        let done = run.step(&mut verification, step);
        let refused = done.as_ref().err().map(Refusal::code);
        assert_eq!(refused, step.refused.as_deref(), "{name}: step {index}: {done:?}");
        assert!(verification.evidence.len() >= before, "{name}");
    }
    let mut needed = Vec::new();
    if verification.state == State::Open {
        verification.refresh(&run.gather(), &run.rules, run.now).unwrap();
        match verification.conclude(&run.rules, provenance(run.now), run.now) {
            Err(Refusal::Needs(needs)) => needed.extend(needs.iter().map(|need| need.code().to_owned())),
            concluded => assert_eq!(concluded, Ok(()), "{name}"),
        }
    }
    let outcome = match verification.state {
        State::Open => Expected::Needs,
        State::Denied => Expected::Denied,
        State::Verified if verification.may_be_relied_on(run.now) => Expected::Verified,
        State::Verified => Expected::Expired,
    };
    let observed: BTreeSet<_> = verification.evidence.iter().map(|piece| piece.observation.code()).collect();
    assert_eq!(outcome, case.outcome, "{name}: {observed:?} {needed:?}");
    assert_eq!(needed, case.needs, "{name}");
    for code in &case.observed {
        assert!(observed.contains(code.as_str()), "{name}: {code} is not in {observed:?}");
    }
    let findings = verification.findings_at(&run.rules, run.now);
    assert!(findings.iter().all(|finding| !finding.citations().is_empty()), "{name}");
    let found: BTreeSet<_> = findings.iter().map(Finding::code).collect();
    for code in &case.found {
        assert!(found.contains(code.as_str()), "{name}: {code} is not in {found:?}");
    }
    if let Some(level) = case.level {
        assert_eq!(verification.level, level, "{name}");
    }
}

#[test]
fn genuine_requests() {
    let cases = read::<CaseFile>(GENUINE).case;
    assert!(cases.iter().any(|case| case.outcome == Expected::Verified));
    cases.iter().for_each(run);
}

#[test]
fn no_forgery_is_believed() {
    let mut names = BTreeSet::new();
    for (file, text) in FORGERIES {
        for case in read::<CaseFile>(text).case {
            assert_ne!(case.outcome, Expected::Verified, "{file}: {}", case.name);
            assert!(names.insert(case.name.clone()), "{file}: {} stands twice", case.name);
            run(&case);
        }
    }
    assert!(names.len() >= 40, "{}", names.len());
}
