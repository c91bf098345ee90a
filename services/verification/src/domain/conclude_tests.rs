#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*, sample::select};
use rogatory_names::{AgencyId, EvidenceId};

use super::{
    approval::Approval,
    conclude::{Conclusion, assess},
    evidence::{CopyFinding, Evidence, MessageFinding, Observation, Outcome, Received, Reuse},
    gather::Past,
    rules::Level,
    samples::{
        NUMBER, call_back, codes, credentials, facts, fbi, held, needed, opened, opened_with, past, provenance,
        receive_time, received, rules,
    },
    verification::{Check, Refusal, State, Verification},
};

fn open(emergency: bool) -> Verification {
    opened(facts(emergency), &held(&fbi()), &rules())
}

fn conclude(verification: &mut Verification) -> Result<(), Refusal> {
    verification.conclude(&rules(), provenance(receive_time()), receive_time())
}

#[test]
fn a_mail_domain_a_registry_entry_an_authentic_message_and_a_trusted_copy_are_not_enough() {
    let received = Received { copies: vec![CopyFinding::SignedTrusted], ..received() };
    let mut verification = opened_with(facts(false), &held(&fbi()), &past(), &received, &rules());
    for good in [Observation::SenderOfAgency, Observation::MessageAuthentic, Observation::SignedTrusted] {
        assert!(verification.evidence.iter().any(|piece| piece.observation == good), "{good:?}");
    }
    assert_eq!(needed(conclude(&mut verification)), ["OFFICER_CONFIRMED"]);
    assert_eq!(verification.state, State::Open);
    assert_eq!(codes(&verification.needs(&rules())), ["OFFICER_CONFIRMED"]);
}

#[test]
fn checked_credentials_are_enough_for_basic_and_not_for_an_emergency() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let checked = credentials(Outcome::Positive);
    let mut verification = opened(facts(false), &held(&agency), &rules);
    verification.record(&checked, Some(&agency), &rules, "person:v", now).unwrap();
    conclude(&mut verification).unwrap();
    assert_eq!((verification.state, verification.level), (State::Verified, Level::Basic));
    assert!(verification.findings.iter().all(|finding| !finding.is_technical()));
    let sections: Vec<_> = verification.findings.iter().flat_map(|finding| finding.citations()).collect();
    for section in ["§1", "§4", "§6"] {
        assert!(sections.iter().any(|citation| citation.section == section), "{section}");
    }
    assert!(verification.needs(&rules).is_empty());
    assert_eq!(verification.debt, None);

    let mut emergency = opened(facts(true), &held(&agency), &rules);
    assert_eq!(emergency.required_level, Level::Enhanced);
    emergency.record(&checked, Some(&agency), &rules, "person:v", now).unwrap();
    assert_eq!(needed(conclude(&mut emergency)), ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
    emergency.record(&call_back(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    assert_eq!(needed(conclude(&mut emergency)), ["TWO_APPROVALS"]);
    emergency.approve("person:ada", "a life is at risk".to_owned(), now).unwrap();
    assert_eq!(needed(conclude(&mut emergency)), ["TWO_APPROVALS"]);
    emergency.approve("person:bo", "a life is at risk".to_owned(), now).unwrap();
    conclude(&mut emergency).unwrap();
    assert_eq!((emergency.state, emergency.level), (State::Verified, Level::Enhanced));
    assert!(codes(&emergency.findings).contains(&"FORMAL_REQUEST_OWED"));
    assert_eq!(emergency.debt_due_time(), Some(now + TimeDelta::days(14)));
}

#[test]
fn the_form_of_an_emergency_is_one_whatever_the_request_says() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let mut facts = facts(true);
    facts.emergency = false;
    let mut verification = opened(facts, &held(&agency), &rules);
    verification.record(&call_back(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    assert_eq!(needed(conclude(&mut verification)), ["TWO_APPROVALS"]);
}

#[test]
fn a_call_back_goes_to_a_number_held_before_and_to_no_other() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let mut verification = opened(facts(true), &held(&agency), &rules);
    let called = |number: &str, seconds: i64, reached: &str| {
        let mut report = call_back(Outcome::Positive);
        report.check = Check::CallBack {
            number: number.to_owned(),
            person_reached: reached.to_owned(),
            call_time: now + TimeDelta::seconds(seconds),
        };
        report
    };
    for wrong in ["+12025559999", "+1202555014", ""] {
        let refused = verification.record(&called(wrong, 0, "desk"), Some(&agency), &rules, "person:v", now);
        assert_eq!(refused, Err(Refusal::NumberNotHeld), "{wrong}");
    }
    let mut late = agency.clone();
    late.phones[0].record_time = now;
    let other = fbi();
    for agency in [Some(&late), Some(&other), None] {
        let refused = verification.record(&call_back(Outcome::Positive), agency, &rules, "person:v", now);
        assert_eq!(refused, Err(Refusal::NumberNotHeld));
    }
    for (seconds, reached, refusal) in [
        (-1, "desk", Refusal::CallTimeImpossible),
        (1, "desk", Refusal::CallTimeImpossible),
        (0, " ", Refusal::NobodyReached),
    ] {
        let refused = verification.record(&called(NUMBER, seconds, reached), Some(&agency), &rules, "person:v", now);
        assert_eq!(refused, Err(refusal));
    }
    assert!(verification.evidence.iter().all(|piece| piece.call_time.is_none()), "what is refused leaves no trace");
}

#[test]
fn credentials_that_had_expired_are_not_made_good_by_anybodys_word() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let mut facts = facts(false);
    facts.officer.credential.expire_time = Some(now);
    let mut verification = opened(facts, &held(&agency), &rules);
    let expired = |verification: &Verification| {
        verification.evidence.iter().filter(|piece| piece.observation == Observation::CredentialsExpired).count()
    };
    assert_eq!(expired(&verification), 1);
    verification.record(&credentials(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    assert_eq!(expired(&verification), 2);
    assert_eq!(verification.required_level, Level::Enhanced);
    assert_eq!(needed(conclude(&mut verification)), ["CALL_BACK_COMPLETED"]);
    verification.record(&call_back(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    conclude(&mut verification).unwrap();
    assert_eq!(verification.level, Level::Enhanced);
}

#[test]
fn what_is_unusual_raises_the_level_and_never_lowers_it_again() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let mut rush = past();
    rush.signals.recent = 50;
    let mut verification = opened_with(facts(false), &held(&agency), &rush, &received(), &rules);
    assert_eq!(verification.required_level, Level::Enhanced);
    let calm = super::gather::gather(&verification.facts, &held(&agency), &past(), &rules, now);
    verification.refresh(&calm, &rules, now).unwrap();
    assert_eq!(verification.required_level, Level::Enhanced);
    let unknown = opened_with(facts(false), &held(&agency), &Past::default(), &received(), &rules);
    assert_eq!(unknown.required_level, Level::Basic, "a new officer is only told");
}

#[test]
fn a_forged_message_a_broken_signature_and_a_used_document_deny() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    for received in [
        Received { message: MessageFinding::Contradicted, ..received() },
        Received { copies: vec![CopyFinding::SignedTrusted, CopyFinding::SignatureBroken], ..received() },
        Received { reuse: vec![Reuse::SameAgency, Reuse::DocumentOfOther], ..received() },
    ] {
        let mut verification = opened_with(facts(false), &held(&agency), &past(), &received, &rules);
        verification.record(&call_back(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
        conclude(&mut verification).unwrap();
        assert_eq!((verification.state, verification.level), (State::Denied, Level::Unverified), "{received:?}");
        assert_eq!(codes(&verification.findings)[0], "REQUESTER_DENIED");
    }
}

#[test]
fn a_verification_expires() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let mut verification = opened(facts(false), &held(&agency), &rules);
    verification.record(&credentials(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    conclude(&mut verification).unwrap();
    let until = verification.expire_time.unwrap();
    assert_eq!(until, now + TimeDelta::days(30));
    let last = until - TimeDelta::microseconds(1);
    assert!(!codes(&verification.findings_at(&rules, last)).contains(&"VERIFICATION_EXPIRED"));
    assert!(verification.may_be_relied_on(last));
    assert!(codes(&verification.findings_at(&rules, until)).contains(&"VERIFICATION_EXPIRED"));
    assert!(!verification.may_be_relied_on(until));
    assert_eq!(conclude(&mut verification), Err(Refusal::NotOpen(State::Verified)));
}

#[test]
fn nothing_sensitive_is_printed() {
    let (agency, rules) = (fbi(), rules());
    let mut verification = opened(facts(false), &held(&agency), &rules);
    let mut called = call_back(Outcome::Positive);
    called.note = Some("spoke with SECRET".to_owned());
    verification
        .send_challenge(rogatory_rulebook::Digest::of("x"), Some(&agency), &rules, "person:v", receive_time())
        .unwrap();
    verification.record(&called, Some(&agency), &rules, "person:v", receive_time()).unwrap();
    let printed = format!("{verification:?} {verification:#?}");
    for secret in ["SECRET", "Secret", "Whitcombe", "whitcombe", "+1202", "4711", "records@", "duty desk"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (select(Observation::ALL), any::<bool>(), any::<bool>(), 0..4_u32).prop_map(|(observation, same, early, round)| {
        Evidence {
            id: EvidenceId::new(),
            observation,
            weight: 50,
            source: String::new(),
            note: None,
            person_reached: None,
            call_time: None,
            // Of the agency that is recognised, or of another.
            agency: same.then(agency_id),
            held_since: Some(receive_time() - TimeDelta::days(if early { 1 } else { -1 })),
            round,
            recorder: String::new(),
            record_time: receive_time(),
        }
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
    verification.counts_from = 2;
    for approver in ["person:ada", "person:bo"] {
        verification.approvals.push(Approval {
            approver: approver.to_owned(),
            reason: String::new(),
            approve_time: receive_time(),
            agency: Some(agency_id()),
            round: 2,
        });
    }
    verification
}

fn level(verification: &Verification) -> Level {
    match assess(verification, &rules()) {
        Conclusion::Verified { level, .. } => level,
        Conclusion::Denied { .. } | Conclusion::Needs(_) => Level::Unverified,
    }
}

fn takes_people(evidence: &Evidence) -> bool {
    evidence.observation.kind().takes_people()
}

proptest! {
    #[test]
    fn nothing_verifies_without_what_people_found_out(evidence in vec(evidence(), 0..12), emergency: bool) {
        let automatic = evidence.into_iter().filter(|piece| !takes_people(piece)).collect();
        prop_assert_eq!(level(&with(automatic, emergency)), Level::Unverified);
    }

    #[test]
    fn an_emergency_is_never_verified_without_a_call_back(evidence in vec(evidence(), 0..12)) {
        let confirmed = |piece: &Evidence| piece.observation == Observation::CallBackConfirmed;
        let without = evidence.into_iter().filter(|piece| !confirmed(piece)).collect();
        prop_assert_eq!(level(&with(without, true)), Level::Unverified);
    }

    #[test]
    fn an_emergency_is_never_verified_by_fewer_than_two_people(evidence in vec(evidence(), 0..12), who in 0..4_usize) {
        let mut verification = with(evidence, true);
        let barred = ["person:ADA", " person:ada ", "peer:ada", "person:intake"];
        verification.approvals[1].approver = barred[who].to_owned();
        verification.opener = "peer:intake".to_owned();
        prop_assert_eq!(level(&verification), Level::Unverified);
    }

    #[test]
    fn one_denial_denies_whatever_else_there_is(evidence in vec(evidence(), 0..12), emergency: bool, round in 0..4_u32) {
        for refuted in [Observation::CallBackRefuted, Observation::CredentialsRefuted] {
            let mut denied = with(evidence.clone(), emergency);
            let mut piece = denied.evidence.first().cloned().unwrap_or_else(|| open(false).evidence[0].clone());
            (piece.observation, piece.round) = (refuted, round);
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
        let latest = before.evidence.iter().filter(|piece| piece.observation.kind() == more.observation.kind());
        let later = latest.map(|piece| piece.round).max().is_some_and(|latest| more.round > latest);
        prop_assume!(takes_people(&more) || !later || rules().denies(more.observation));
        let mut after = before.clone();
        after.evidence.push(more);
        prop_assert!(level(&after) <= level(&before));
    }

    #[test]
    fn no_order_of_the_evidence_changes_the_conclusion(
        (evidence, turned) in vec(evidence(), 0..12)
            .prop_flat_map(|evidence| (Just(evidence.clone()), Just(evidence).prop_shuffle())),
        emergency: bool,
    ) {
        let (one, mut other) = (with(evidence, emergency), open(emergency));
        other.clone_from(&one);
        other.evidence = turned;
        prop_assert_eq!(assess(&one, &rules()), assess(&other, &rules()));
    }
}
