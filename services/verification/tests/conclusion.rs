//! Concluding by the rules.

use chrono::TimeDelta;
use rogatory_chassis::Role;
use rogatory_names::VerificationId;
use rogatory_proto::rogatory::verification::v1::{
    Agency, ConcludeVerificationRequest, OpenVerificationRequest,
    evidence::Result as Outcome,
    verification::{Level, State},
};
use tonic::Code;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    samples::{
        NUMBER, accredited, agency, ask, call_back, codes, credentials, emergency, fact, phone, reason, violations,
    },
};

on_both_engines! {
    credentials_are_enough_for_basic, a_call_back_gives_more_than_was_needed, an_emergency_from_end_to_end,
    a_mail_domain_is_never_enough, a_denial_denies_whatever_else, it_is_concluded_once, a_wrong_etag_is_aborted,
    a_correction_of_the_registry_is_taken_in, a_call_to_one_agency_proves_nothing_of_another, it_expires,
    rules_have_a_date,
}

async fn credentials_are_enough_for_basic(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    suite.advance(60);
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Basic));
    let found = codes(&concluded.findings);
    assert_eq!(found[0], "REQUESTER_VERIFIED");
    for code in ["AGENCY_ACCREDITED", "INSTRUMENT_PRESENTED", "SENDER_OF_AGENCY", "CREDENTIALS_CONFIRMED"] {
        assert!(found.contains(&code), "{code}: {found:?}");
    }
    assert!(concluded.needs.is_empty() && concluded.debt_due_time.is_none());
    assert_eq!(concluded.conclude_time, Some(stamp(suite.now())));
    assert_eq!(concluded.expire_time, Some(stamp(suite.now() + TimeDelta::days(30))));
    let provenance = concluded.provenance.clone().unwrap();
    assert_eq!((provenance.decide_time, provenance.rules_time), (concluded.conclude_time, opened.create_time));
    let sections: Vec<_> =
        concluded.findings.iter().flat_map(|finding| &finding.citations).map(|c| &c.section).collect();
    for section in ["Preamble", "§1", "§4", "§6"] {
        assert!(sections.iter().any(|cited| *cited == section), "{section} is not cited");
    }
}

async fn a_call_back_gives_more_than_was_needed(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Enhanced));
}

async fn an_emergency_from_end_to_end(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    assert_eq!(opened.required_level(), Level::Enhanced);
    let missing = |status: tonic::Status| {
        assert_eq!(reason(&status), "STATE_FORBIDS");
        violations(&status)
    };
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    let needs = missing(suite.conclude(&opened.name).await.unwrap_err());
    assert_eq!(needs, ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
    suite.approve("ada", Role::Approver, &opened.name).await.unwrap();
    suite.approve("bo", Role::Counsel, &opened.name).await.unwrap();
    assert_eq!(missing(suite.conclude(&opened.name).await.unwrap_err()), ["CALL_BACK_COMPLETED"]);
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Inconclusive)).await.unwrap();
    assert_eq!(missing(suite.conclude(&opened.name).await.unwrap_err()), ["CALL_BACK_COMPLETED"]);
    suite.advance(300);
    let ready = suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    assert!(ready.needs.is_empty());
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Enhanced));
    assert!(codes(&concluded.findings).contains(&"FORMAL_REQUEST_OWED"));
    assert_eq!(concluded.debt_due_time, Some(stamp(suite.now() + TimeDelta::days(14))));
    assert_eq!(suite.get(&opened.name).await.unwrap(), concluded);
    let kinds: Vec<String> = suite
        .events(&[])
        .await
        .into_iter()
        .filter(|event| event.request == opened.request)
        .map(|event| event.kind)
        .collect();
    let recorded = "verification.evidence_recorded";
    let approved = "verification.approved";
    let expected = ["verification.opened", recorded, approved, approved, recorded, recorded, "verification.concluded"];
    assert_eq!(kinds, expected);
}

async fn a_mail_domain_is_never_enough(suite: &Suite) {
    suite.known_agency().await;
    for ask in [ask(suite), emergency(suite)] {
        let opened = suite.open(ask).await.unwrap();
        let status = suite.conclude(&opened.name).await.unwrap_err();
        assert_eq!(status.code(), Code::FailedPrecondition);
        let needs: Vec<String> = opened.needs.iter().map(|need| need.code.clone()).collect();
        assert!(!needs.is_empty());
        assert_eq!(violations(&status), needs);
        assert_eq!(suite.get(&opened.name).await.unwrap(), opened);
    }
}

async fn a_denial_denies_whatever_else(suite: &Suite) {
    suite.known_agency().await;
    for refuted in [call_back(suite, NUMBER, Outcome::Negative), credentials(Outcome::Negative)] {
        let opened = suite.open(emergency(suite)).await.unwrap();
        suite.record(&opened.name, refuted).await.unwrap();
        suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
        suite.vouched(&opened.name).await;
        let denied = suite.conclude(&opened.name).await.unwrap();
        assert_eq!((denied.state(), denied.level()), (State::Denied, Level::Unverified));
        assert!(denied.expire_time.is_none() && denied.debt_due_time.is_none());
    }
}

async fn it_is_concluded_once(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    let recorded = suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    let ask = ConcludeVerificationRequest { name: opened.name.clone(), etag: recorded.etag, request_id: id() };
    let mut verifier = suite.verifications(Role::Verifier);
    let first = verifier.conclude_verification(ask.clone()).await.unwrap().into_inner();
    assert_eq!(verifier.conclude_verification(ask.clone()).await.unwrap().into_inner(), first);
    for etag in [ask.etag, first.etag] {
        let status = suite.conclude_with(&opened.name, &etag).await.unwrap_err();
        assert_eq!((status.code(), fact(&status, "state")), (Code::FailedPrecondition, "VERIFIED".to_owned()));
    }
    let events = suite.events(&["verification.concluded"]).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].facts["state"].as_str(), events[0].facts["level"].as_str()), ("VERIFIED", "BASIC"));
    assert_eq!((&events[0].subject, &events[0].request), (&first.name, &first.request));
}

async fn a_wrong_etag_is_aborted(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    let status = suite.conclude_with(&opened.name, &opened.etag).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    assert_eq!(suite.get(&opened.name).await.unwrap().state(), State::Open);
    let nothing = VerificationId::new().name();
    let status = suite.conclude_with(&nothing, &opened.etag).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "name")), (Code::NotFound, nothing));
}

async fn a_correction_of_the_registry_is_taken_in(suite: &Suite) {
    // Nobody knows the agency: as it stands, it would be denied.
    let opened = suite.open(ask(suite)).await.unwrap();
    assert!(opened.agency.is_empty() && opened.needs.is_empty());
    suite.advance(60);
    let created = suite.create(Agency { accreditation: None, ..agency() }).await;
    let recorded = suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(recorded.agency, created.name);
    assert_eq!(codes(&recorded.needs), ["AGENCY_ACCREDITED"]);
    // Its number came too late for this request.
    let status = suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap_err();
    assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);

    suite.update(Agency { accreditation: accredited(), ..created }).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Basic));
    // What was found before is still there to read.
    assert_eq!(concluded.evidence[..recorded.evidence.len()], recorded.evidence[..]);
    assert!(concluded.evidence.len() > recorded.evidence.len());
}

async fn a_call_to_one_agency_proves_nothing_of_another(suite: &Suite) {
    let county = Agency { display_name: "Sampleton".to_owned(), mail_domains: vec![], ..agency() };
    suite.create(Agency { phones: vec![phone("+12025550177")], ..county }).await;
    suite.advance(60);
    let mut ask = ask(suite);
    ask.officer.as_mut().unwrap().email = String::new();
    let opened = suite.open(ask).await.unwrap();
    suite.record(&opened.name, call_back(suite, "+12025550177", Outcome::Positive)).await.unwrap();
    // Now the agency whose name fits better is recorded: the call went to another one.
    suite.create(agency()).await;
    let status = suite.conclude(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["OFFICER_CONFIRMED"]);
}

async fn it_expires(suite: &Suite) {
    suite.known_agency().await;
    let concluded = suite.believed(ask(suite)).await;
    suite.advance(30 * 86_400 - 1);
    assert!(!codes(&suite.get(&concluded.name).await.unwrap().findings).contains(&"VERIFICATION_EXPIRED"));
    suite.advance(1);
    let expired = suite.get(&concluded.name).await.unwrap();
    assert_eq!(expired.state(), State::Verified);
    assert!(codes(&expired.findings).contains(&"VERIFICATION_EXPIRED"));
    // It is not concluded again, and no evidence makes it fresh.
    assert!(suite.conclude(&concluded.name).await.is_err());
    assert!(suite.record(&concluded.name, credentials(Outcome::Positive)).await.is_err());
}

async fn rules_have_a_date(suite: &Suite) {
    suite.known_agency().await;
    let before = "2019-12-31T23:59:59Z".parse().unwrap();
    let ask = OpenVerificationRequest { receive_time: Some(stamp(before)), ..ask(suite) };
    let status = suite.open(ask).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "NO_REVISION_IN_FORCE".to_owned()));
    assert_eq!(fact(&status, "document"), "verification");
}
