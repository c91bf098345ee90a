//! What the tests of this room start from.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{AgencyId, RequestId};
use rogatory_rulebook::{AuthorityKind, Confirmation, Digest, InstrumentKind, Rules as _};

use super::{
    agency::{Agency, Entry, StatedPhone},
    evidence::{Check, Outcome},
    gather::{Held, gather},
    rules::VerificationRules,
    verification::{Facts, Officer, Report, Verification},
};

pub(super) const RULES: &str = include_str!("../../rules/verification.toml");
pub(super) const NUMBER: &str = "+12025550143";

pub(super) fn rules() -> VerificationRules {
    static READ: LazyLock<VerificationRules> = LazyLock::new(|| VerificationRules::parse(RULES).unwrap());
    READ.clone()
}

pub(super) fn receive_time() -> DateTime<Utc> {
    "2026-03-02T09:30:00Z".parse().unwrap()
}

/// An agency whose number was recorded a day before the request came.
pub(super) fn agency(name: &str, domain: &str) -> Agency {
    let entry = Entry {
        display_name: name.to_owned(),
        country: "US".parse().unwrap(),
        kind: Some(AuthorityKind::Police),
        mail_domains: vec![domain.to_owned()],
        instruments: Vec::new(),
        accredited: true,
        source: "a sample".to_owned(),
        confirmation: Confirmation::Confirmed,
    };
    let phone = StatedPhone { number: NUMBER.to_owned(), source: "its web site".to_owned() };
    Agency::new(AgencyId::new(), entry, vec![phone], receive_time() - TimeDelta::days(1))
}

pub(super) fn fbi() -> Agency {
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
            credential_kind: None,
            credential_number: Some("SECRET-4711".to_owned()),
            credential_issuer: None,
        },
        emergency,
        signed_copies: vec![Digest::of("copy")],
        receive_time: receive_time(),
    }
}

pub(super) fn held(agency: &Agency) -> Held {
    Held { named: vec![agency.clone()], owners: vec![agency.clone()], domains: Vec::new() }
}

pub(super) fn opened(facts: Facts, held: &Held, rules: &VerificationRules) -> Verification {
    let gathered = gather(&facts, held, rules);
    Verification::open(facts, &gathered, rules, "peer:intake".to_owned(), "test", receive_time())
}

pub(super) fn report(check: Check, outcome: Outcome) -> Report {
    let source = match check {
        Check::Credentials => "the issuer's desk",
        Check::CallBack => NUMBER,
    };
    Report { check, outcome, source: source.to_owned(), note: None }
}
