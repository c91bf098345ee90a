#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use rogatory_rulebook::{InstrumentKind, Rules as _};

use super::{
    evidence::{Kind, Observation, Outcome},
    rules::{Level, VerificationRules},
    samples::{RULES, rules},
};

fn faults(from: &str, to: &str) -> String {
    assert!(RULES.contains(from), "{from}");
    let faults = VerificationRules::parse(&RULES.replacen(from, to, 1)).unwrap_err();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_shipped_rules_are_sound() {
    let rules = rules();
    assert_eq!(rules.document(), "verification");
    assert_eq!(rules.required_level(InstrumentKind::Subpoena, false), Level::Basic);
    assert_eq!(rules.required_level(InstrumentKind::Subpoena, true), Level::Enhanced);
    assert_eq!(rules.required_level(InstrumentKind::EmergencyForm, false), Level::Enhanced);
    for observation in Observation::ALL {
        assert!(!rules.finding(*observation).unwrap().citations().is_empty(), "{observation:?}");
    }
}

#[test]
fn no_rule_file_lets_automatic_evidence_suffice() {
    let said =
        faults(r#"any_of = ["credentials", "call_back", "challenge"]"#, r#"any_of = ["credentials", "sender_domain"]"#);
    assert!(said.contains("level[0].needs: could be met by what the service finds by itself"), "{said}");
    let said = faults(r#"needs = ["AGENCY_ACCREDITED", "OFFICER_CONFIRMED"]"#, r#"needs = ["OFFICER_CONFIRMED"]"#);
    assert!(said.contains("does not accredit"), "{said}");
    let said =
        faults(r#"["AGENCY_ACCREDITED", "CALL_BACK_COMPLETED"]"#, r#"["AGENCY_ACCREDITED", "OFFICER_CONFIRMED"]"#);
    assert!(said.contains("without a call-back"), "{said}");
    let said = faults(r#"any_of = ["credentials", "call_back", "challenge"]"#, "approvals = 1");
    assert!(said.contains("level[0].needs: could be met by what the service finds by itself"), "{said}");
    let said = faults(r#"otherwise = "basic""#, r#"otherwise = "unverified""#);
    assert!(said.contains("lets a request pass unverified"), "{said}");
}

#[test]
fn no_rule_file_lets_an_emergency_pass_without_call_back_and_two_people() {
    let needs = r#"needs = ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]"#;
    for (other, expected) in [
        (r#"needs = ["CALL_BACK_COMPLETED"]"#, "without 2 approvals"),
        (r#"needs = ["TWO_APPROVALS"]"#, "without a call-back"),
        (r#"needs = ["OFFICER_CONFIRMED", "TWO_APPROVALS"]"#, "without a call-back"),
        (r#"needs = []"#, "without a call-back"),
    ] {
        let said = faults(needs, other);
        assert!(said.contains("emergency.needs") && said.contains(expected), "{other}: {said}");
    }
    let said = faults("approvals = 2", "approvals = 1");
    assert!(said.contains("without 2 approvals"), "{said}");
    let said = faults(r#"emergency = "enhanced""#, r#"emergency = "basic""#);
    assert!(said.contains("required.emergency: is below"), "{said}");
    let said = faults("formal_request_days = 14", "formal_request_days = 0");
    assert!(said.contains("emergency.formal_request_days: must be from 1 to 366"), "{said}");
    let said = faults("approvals = 2", "approvals = 2\nany_of = [\"call_back\"]");
    assert!(said.contains("state one of the two"), "{said}");
}

#[test]
fn the_numbers_of_the_rules_are_checked() {
    for (from, to, expected) in [
        ("valid_minutes = 60", "valid_minutes = 0", "challenge.valid_minutes: must be from 1 to 1440"),
        ("most_sent = 3", "most_sent = 11", "challenge.most_sent: must be from 1 to 10"),
        ("most_wrong = 3", "most_wrong = 0", "challenge.most_wrong: must be from 1 to 10"),
        ("recent_days = 30", "recent_days = 0", "signals.recent_days: must be from 1 to 731"),
        ("target_agencies = 1", "target_agencies = 0", "signals.target_agencies: must be at least 1"),
        (r#"utc_offsets = ["+08:00"]"#, r#"utc_offsets = ["SGT"]"#, "utc_offsets: is not written like"),
        (r#"utc_offsets = ["+08:00"]"#, r#"utc_offsets = []"#, "names no hour at which anybody works"),
        (r#"from = "07:00""#, r#"from = "21:00""#, "names no hour at which anybody works"),
        (r#"from = "07:00""#, r#"from = "7""#, "is not an hour like"),
        ("country = \"SG\"\nutc", "country = \"GB\"\nutc", "signals.office[3].country: stands twice"),
    ] {
        let said = faults(from, to);
        assert!(said.contains(expected), "{from} {to}: {said}");
    }
}

#[test]
fn every_fault_is_told_with_its_place() {
    let broken = RULES
        .replacen("valid_days = 30", "valid_days = 0", 1)
        .replacen("call_back = 80", "call_back = 101", 1)
        .replacen(r#"code = "SENDER_LOOKALIKE""#, r#"code = "SENDER_UGLY""#, 1)
        .replacen(r#"cites = ["guide-preamble", "guide-6"]"#, r#"cites = ["guide-9"]"#, 1);
    let faults = VerificationRules::parse(&broken).unwrap_err();
    let said = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for expected in [
        "valid_days: must be from 1 to 366",
        "weight: that of CALL_BACK is above 100",
        "the program never observes `SENDER_UGLY`",
        "observation: says nothing of SENDER_LOOKALIKE",
        "there is no citation `guide-9`",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(faults.iter().filter(|fault| fault.line > 0).count() >= 4, "{said}");
    let said = self::faults("document = \"verification\"", "documint = \"verification\"");
    assert!(said.contains("documint"), "{said}");
}

#[test]
fn what_supports_cannot_deny() {
    let said = faults("code = \"SENDER_OF_AGENCY\"", "code = \"SENDER_OF_AGENCY\"\ndenies = true");
    assert!(said.contains("does not speak against"), "{said}");
    let said = faults("code = \"SENDER_OF_AGENCY\"", "code = \"SENDER_OF_AGENCY\"\nraises = \"enhanced\"");
    assert!(said.contains("it speaks for the requester"), "{said}");
}

#[test]
fn a_signal_raises_or_tells_and_never_denies() {
    for signal in Observation::ALL.iter().filter(|observation| observation.kind() == Kind::Signal) {
        assert_eq!(signal.outcome(), Outcome::Inconclusive, "{signal:?}");
        assert!(!rules().denies(*signal));
        let code = format!("code = \"{}\"", signal.code());
        let said = faults(&code, &format!("{code}\ndenies = true"));
        assert!(said.contains("does not speak against"), "{said}");
    }
    assert_eq!(rules().raises(Observation::AgencyRush), Level::Enhanced);
    assert_eq!(rules().raises(Observation::OffHours), Level::Unverified);
}
