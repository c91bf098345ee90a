//! What the tests of this room start from.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{AgencyId, RequestId};
use rogatory_rulebook::{AuthorityKind, Digest, Finding, InstrumentKind, Provenance, Rules as _};

use super::{
    evidence::{CopyFinding, MessageFinding, Outcome, Received},
    gather::{Held, Past, gather},
    known::{Channel, KnownAgency, KnownDomain, Window},
    rules::VerificationRules,
    verification::{Check, Credential, Facts, Officer, Refusal, Report, Verification},
};

pub(super) const RULES: &str = include_str!("../../rules/verification.toml");
pub(super) const NUMBER: &str = "+12025550143";
pub(super) const MAILBOX: &str = "records@justice.gov";

pub(super) fn rules() -> VerificationRules {
    static READ: LazyLock<VerificationRules> = LazyLock::new(|| VerificationRules::parse(RULES).unwrap());
    READ.clone()
}

pub(super) fn provenance(now: DateTime<Utc>) -> Provenance {
    Provenance {
        revision: "verificationRuleRevisions/rev_sample".to_owned(),
        digest: Digest::of(RULES),
        engine_version: "test".to_owned(),
        decide_time: now,
        rules_time: receive_time(),
    }
}

/// A Monday morning in the United States.
pub(super) fn receive_time() -> DateTime<Utc> {
    "2026-03-02T15:30:00Z".parse().unwrap()
}

/// An agency of which everything was recorded long before the request came.
pub(super) fn agency(name: &str, domain: &str) -> KnownAgency {
    let record_time = receive_time() - TimeDelta::days(400);
    KnownAgency {
        id: AgencyId::new(),
        display_name: name.to_owned(),
        country: "US".parse().unwrap(),
        kind: Some(AuthorityKind::Police),
        instruments: Vec::new(),
        accreditation: Some(Window::default()),
        domains: vec![KnownDomain {
            domain: domain.to_owned(),
            valid: Window::default(),
            record_time,
            compromised: Vec::new(),
        }],
        phones: vec![Channel { address: NUMBER.to_owned(), record_time }],
        mailboxes: vec![Channel { address: MAILBOX.to_owned(), record_time }],
        certificates: Vec::new(),
        compromised: Vec::new(),
    }
}

pub(super) fn fbi() -> KnownAgency {
    agency("Federal Bureau of Investigation", "fbi.gov")
}

pub(super) fn facts(emergency: bool) -> Facts {
    Facts {
        request: RequestId::new(),
        agency_name: "Federal Bureau of Investigation, Los Angeles Field Office".to_owned(),
        country: "US".parse().unwrap(),
        stated_kind: AuthorityKind::Police,
        instrument: if emergency { InstrumentKind::EmergencyForm } else { InstrumentKind::Subpoena },
        officer: Officer {
            display_name: "Dana Whitcombe-Secret".to_owned(),
            title: Some("Special Agent".to_owned()),
            email: Some("dana.whitcombe@fbi.gov".to_owned()),
            phone: Some("+12025559999".to_owned()),
            postal_address: None,
            credential: Credential {
                kind: Some("badge".to_owned()),
                number: Some("SECRET-4711".to_owned()),
                issuer: None,
                expire_time: None,
            },
        },
        emergency,
        signed_copies: vec![Digest::of("copy")],
        receive_time: receive_time(),
        submitter: Some("person:Iris".to_owned()),
        target_keys: Vec::new(),
        follows_up: None,
    }
}

pub(super) fn held(agency: &KnownAgency) -> Held {
    Held { named: vec![agency.clone()], owners: vec![agency.clone()], domains: Vec::new() }
}

/// An officer who is known and an agency that does what it always did.
pub(super) fn past() -> Past {
    let mut past = Past::default();
    past.signals.officer_known = true;
    past
}

pub(super) fn received() -> Received {
    Received {
        message: MessageFinding::Authentic,
        copies: vec![CopyFinding::UnsignedScan],
        reuse: Vec::new(),
        notes: Vec::new(),
    }
}

pub(super) fn opened(facts: Facts, held: &Held, rules: &VerificationRules) -> Verification {
    opened_with(facts, held, &past(), &received(), rules)
}

pub(super) fn opened_with(
    facts: Facts,
    held: &Held,
    past: &Past,
    received: &Received,
    rules: &VerificationRules,
) -> Verification {
    let now = receive_time();
    let gathered = gather(&facts, held, past, rules, now);
    Verification::open(facts, received, &gathered, rules, provenance(now), "peer:intake".to_owned(), now)
}

pub(super) fn credentials(outcome: Outcome) -> Report {
    Report { check: Check::Credentials { source: "the issuer's desk".to_owned() }, outcome, note: None }
}

pub(super) fn call_back(outcome: Outcome) -> Report {
    let check = Check::CallBack {
        number: NUMBER.to_owned(),
        person_reached: "the duty desk".to_owned(),
        call_time: receive_time(),
    };
    Report { check, outcome, note: None }
}

pub(super) fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(Finding::code).collect()
}

/// The codes of what is still needed.
pub(super) fn needed(refused: Result<(), Refusal>) -> Vec<String> {
    match refused {
        Err(Refusal::Needs(needs)) => codes(&needs).into_iter().map(str::to_owned).collect(),
        other => vec![format!("{other:?}")],
    }
}
