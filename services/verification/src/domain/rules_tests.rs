#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use rogatory_rulebook::{InstrumentKind, Rules as _};

use super::{
    evidence::Observation,
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
    let said = faults(r#"any_of = ["credentials", "call_back"]"#, r#"any_of = ["credentials", "sender_domain"]"#);
    assert!(said.contains("level[0].needs: could be met by what the service finds by itself"), "{said}");
    let said = faults(r#"needs = ["AGENCY_ACCREDITED", "OFFICER_CONFIRMED"]"#, r#"needs = ["OFFICER_CONFIRMED"]"#);
    assert!(said.contains("does not accredit"), "{said}");
    let said =
        faults(r#"["AGENCY_ACCREDITED", "CALL_BACK_COMPLETED"]"#, r#"["AGENCY_ACCREDITED", "OFFICER_CONFIRMED"]"#);
    assert!(said.contains("without a call-back"), "{said}");
    let said = faults(r#"otherwise = "basic""#, r#"otherwise = "unverified""#);
    assert!(said.contains("lets a request pass unverified"), "{said}");
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
}
