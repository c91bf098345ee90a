#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*, sample::select};
use rogatory_names::AgencyId;
use rogatory_rulebook::Finding;

use super::{
    conclude::{Conclusion, assess},
    evidence::{Check, Evidence, Observation, Outcome},
    rules::Level,
    samples::{facts, fbi, held, opened, receive_time, report, rules},
    verification::{Refusal, State, Verification},
};

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(Finding::code).collect()
}

fn open(emergency: bool) -> Verification {
    opened(facts(emergency), &held(&fbi()), &rules())
}

#[test]
fn a_mail_domain_a_registry_entry_and_a_signed_copy_are_not_enough() {
    let mut verification = open(false);
    assert!(verification.evidence.iter().any(|piece| piece.observation == Observation::SenderOfAgency));
    let refused = verification.conclude(&rules(), "test", receive_time()).unwrap_err();
    let Refusal::Needs(needs) = refused else { panic!("{refused:?}") };
    assert_eq!(codes(&needs), ["OFFICER_CONFIRMED"]);
    assert_eq!(verification.state, State::Open);
    assert_eq!(codes(&verification.needs(&rules())), ["OFFICER_CONFIRMED"]);
}

#[test]
fn checked_credentials_are_enough_for_basic_and_not_for_an_emergency() {
    let (agency, rules) = (fbi(), rules());
    let checked = report(Check::Credentials, Outcome::Positive);
    let mut verification = opened(facts(false), &held(&agency), &rules);
    verification.record(&checked, Some(&agency), &rules, "person:v", receive_time()).unwrap();
    verification.conclude(&rules, "test", receive_time()).unwrap();
    assert_eq!((verification.state, verification.level), (State::Verified, Level::Basic));
    assert!(verification.findings.iter().all(|finding| !finding.is_technical()));
    assert!(verification.needs(&rules).is_empty());

    let mut emergency = opened(facts(true), &held(&agency), &rules);
    assert_eq!(emergency.required_level, Level::Enhanced);
    emergency.record(&checked, Some(&agency), &rules, "person:v", receive_time()).unwrap();
    let refused = emergency.conclude(&rules, "test", receive_time()).unwrap_err();
    let Refusal::Needs(needs) = refused else { panic!("{refused:?}") };
    assert_eq!(codes(&needs), ["CALL_BACK_COMPLETED"]);

    let called = report(Check::CallBack, Outcome::Positive);
    emergency.record(&called, Some(&agency), &rules, "person:v", receive_time()).unwrap();
    emergency.conclude(&rules, "test", receive_time()).unwrap();
    assert_eq!((emergency.state, emergency.level), (State::Verified, Level::Enhanced));
}

#[test]
fn a_call_back_goes_to_a_number_held_before_and_to_no_other() {
    let (agency, rules) = (fbi(), rules());
    let mut verification = opened(facts(true), &held(&agency), &rules);
    for wrong in ["+12025559999", "+1202555014", ""] {
        let mut called = report(Check::CallBack, Outcome::Positive);
        called.source = wrong.to_owned();
        let refused = verification.record(&called, Some(&agency), &rules, "person:v", receive_time());
        assert_eq!(refused, Err(Refusal::NumberNotHeld), "{wrong}");
    }
    let mut late = agency.clone();
    late.phones[0].record_time = receive_time();
    let called = report(Check::CallBack, Outcome::Positive);
    let refused = verification.record(&called, Some(&late), &rules, "person:v", receive_time());
    assert_eq!(refused, Err(Refusal::NumberNotHeld));
    let refused = verification.record(&called, None, &rules, "person:v", receive_time());
    assert_eq!(refused, Err(Refusal::NumberNotHeld));
}

#[test]
fn a_verification_expires() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let mut verification = opened(facts(false), &held(&agency), &rules);
    verification
        .record(&report(Check::Credentials, Outcome::Positive), Some(&agency), &rules, "person:v", now)
        .unwrap();
    verification.conclude(&rules, "test", now).unwrap();
    let until = verification.expire_time.unwrap();
    assert_eq!(until, now + TimeDelta::days(30));
    let last = until - TimeDelta::microseconds(1);
    assert!(!codes(&verification.findings_at(&rules, last)).contains(&"VERIFICATION_EXPIRED"));
    assert!(codes(&verification.findings_at(&rules, until)).contains(&"VERIFICATION_EXPIRED"));
}

#[test]
fn nothing_sensitive_is_printed() {
    let (agency, rules) = (fbi(), rules());
    let mut verification = opened(facts(false), &held(&agency), &rules);
    let mut called = report(Check::CallBack, Outcome::Positive);
    called.note = Some("spoke with SECRET".to_owned());
    verification.record(&called, Some(&agency), &rules, "person:v", receive_time()).unwrap();
    let printed = format!("{verification:?} {verification:#?}");
    for secret in ["SECRET", "Secret", "Whitcombe", "whitcombe", "+1202", "4711"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (select(Observation::ALL), any::<bool>(), any::<bool>()).prop_map(|(observation, same, early)| Evidence {
        id: rogatory_names::EvidenceId::new(),
        observation,
        weight: 50,
        source: String::new(),
        note: None,
        // Of the agency that is recognised, or of another.
        agency: same.then(agency_id),
        number_held_since: Some(receive_time() - TimeDelta::days(if early { 1 } else { -1 })),
        recorder: String::new(),
        record_time: receive_time(),
    })
}

/// One id for all cases, so that the evidence of a case may be of the agency that is recognised.
fn agency_id() -> AgencyId {
    static ID: std::sync::LazyLock<AgencyId> = std::sync::LazyLock::new(AgencyId::new);
    *ID
}

fn with(evidence: Vec<Evidence>, emergency: bool) -> Verification {
    let mut verification = open(emergency);
    verification.agency = Some(agency_id());
    verification.evidence = evidence;
    verification
}

fn level(verification: &Verification) -> Level {
    match assess(verification, &rules()) {
        Conclusion::Verified { level, .. } => level,
        Conclusion::Denied { .. } | Conclusion::Needs(_) => Level::Unverified,
    }
}

fn of_people(evidence: &Evidence) -> bool {
    evidence.observation.kind().is_of_people()
}

proptest! {
    #[test]
    fn nothing_verifies_without_what_people_found_out(evidence in vec(evidence(), 0..12), emergency: bool) {
        let automatic = evidence.into_iter().filter(|piece| !of_people(piece)).collect();
        prop_assert_eq!(level(&with(automatic, emergency)), Level::Unverified);
    }

    #[test]
    fn an_emergency_is_never_verified_without_a_call_back(evidence in vec(evidence(), 0..12)) {
        let confirmed = |piece: &Evidence| piece.observation == Observation::CallBackConfirmed;
        let without = evidence.into_iter().filter(|piece| !confirmed(piece)).collect();
        prop_assert_eq!(level(&with(without, true)), Level::Unverified);
    }

    #[test]
    fn one_denial_denies_whatever_people_found_out(evidence in vec(evidence(), 0..12), emergency: bool) {
        let denied = with(evidence, emergency);
        for refuted in [Observation::CallBackRefuted, Observation::CredentialsRefuted] {
            let mut denied = denied.clone();
            let mut piece = denied.evidence.first().cloned().unwrap_or_else(|| open(false).evidence[0].clone());
            piece.observation = refuted;
            denied.evidence.push(piece);
            let conclusion = assess(&denied, &rules());
            prop_assert!(matches!(conclusion, Conclusion::Denied { .. }), "{:?}", conclusion);
        }
    }

    #[test]
    fn what_speaks_against_never_raises_the_level(
        evidence in vec(evidence(), 0..12),
        more in evidence(),
        emergency: bool,
    ) {
        prop_assume!(more.observation.outcome() != Outcome::Positive);
        let before = with(evidence, emergency);
        // A later look at the registry replaces an earlier denial: that is a correction, not one more piece.
        prop_assume!(of_people(&more) || rules().denies(more.observation));
        let mut after = before.clone();
        after.evidence.push(more);
        prop_assert!(level(&after) <= level(&before));
    }

    #[test]
    fn the_order_of_what_people_found_out_changes_nothing(
        evidence in vec(evidence().prop_filter("of people", of_people), 0..8).prop_shuffle(),
        emergency: bool,
    ) {
        let verification = |people: Vec<Evidence>| {
            let mut automatic = open(emergency).evidence;
            automatic.iter_mut().for_each(|piece| piece.agency = Some(agency_id()));
            with(automatic.into_iter().chain(people).collect(), emergency)
        };
        let mut turned = evidence.clone();
        turned.reverse();
        let mut sorted = evidence.clone();
        sorted.sort_by_key(|piece| piece.observation);
        prop_assert_eq!(level(&verification(evidence.clone())), level(&verification(turned)));
        prop_assert_eq!(level(&verification(evidence)), level(&verification(sorted)));
    }
}
