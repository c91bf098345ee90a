//! Concluding by the rules.

use rogatory_chassis::Role;
use rogatory_names::VerificationId;
use rogatory_proto::rogatory::{
    rulebook::v1::AuthorityKind,
    verification::v1::{
        Agency, ConcludeVerificationRequest, OpenVerificationRequest,
        evidence::Result as Outcome,
        verification::{Level, State},
    },
};
use tonic::Code;

use crate::harness::{
    NUMBER, Suite, agency, ask, call_back, codes, create, credentials, emergency, fact, id, on_both_engines, phone,
    reason, stamp, violations,
};

on_both_engines! {
    credentials_are_enough_for_basic, a_call_back_gives_more_than_was_needed, an_emergency_needs_a_call_back,
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
    assert_eq!(
        codes(&concluded.findings),
        [
            "REQUESTER_VERIFIED",
            "AGENCY_ACCREDITED",
            "INSTRUMENT_PRESENTED",
            "SENDER_OF_AGENCY",
            "SIGNED_COPY_RECEIVED",
            "CREDENTIALS_CONFIRMED"
        ]
    );
    assert!(concluded.needs.is_empty());
    assert_eq!(concluded.conclude_time, Some(stamp(suite.now())));
    assert_eq!(concluded.expire_time, Some(stamp(suite.now() + chrono::TimeDelta::days(30))));
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
    suite.record(&opened.name, call_back(NUMBER, Outcome::Positive)).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Enhanced));
}

async fn an_emergency_needs_a_call_back(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    suite.record(&opened.name, call_back(NUMBER, Outcome::Inconclusive)).await.unwrap();
    let status = suite.conclude(&opened.name).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "STATE_FORBIDS".to_owned()));
    assert_eq!(violations(&status), ["CALL_BACK_COMPLETED"]);
    suite.record(&opened.name, call_back(NUMBER, Outcome::Positive)).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Enhanced));
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
    for refuted in [call_back(NUMBER, Outcome::Negative), credentials(Outcome::Negative)] {
        let opened = suite.open(emergency(suite)).await.unwrap();
        suite.record(&opened.name, refuted).await.unwrap();
        suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
        suite.record(&opened.name, call_back(NUMBER, Outcome::Positive)).await.unwrap();
        let denied = suite.conclude(&opened.name).await.unwrap();
        assert_eq!((denied.state(), denied.level()), (State::Denied, Level::Unverified));
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
    let unaccredited = Agency { accredited: false, kind: AuthorityKind::Police.into(), ..agency() };
    let created = suite.agencies(Role::Verifier).create_agency(create(unaccredited)).await.unwrap().into_inner();
    let recorded = suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(recorded.agency, created.name);
    assert_eq!(codes(&recorded.needs), ["AGENCY_ACCREDITED"]);
    // Its number came too late for this request.
    let status = suite.record(&opened.name, call_back(NUMBER, Outcome::Positive)).await.unwrap_err();
    assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);

    suite.update(Agency { accredited: true, ..created }).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((concluded.state(), concluded.level()), (State::Verified, Level::Basic));
    // What was found before is still there to read.
    assert_eq!(concluded.evidence[..recorded.evidence.len()], recorded.evidence[..]);
    assert!(concluded.evidence.len() > recorded.evidence.len());
}

async fn a_call_to_one_agency_proves_nothing_of_another(suite: &Suite) {
    let county = Agency { display_name: "Sampleton".to_owned(), mail_domains: vec![], ..agency() };
    let county = Agency { phones: vec![phone("+12025550177")], ..county };
    suite.agencies(Role::Verifier).create_agency(create(county)).await.unwrap();
    suite.advance(60);
    let mut ask = ask(suite);
    ask.officer.as_mut().unwrap().email = String::new();
    let opened = suite.open(ask).await.unwrap();
    suite.record(&opened.name, call_back("+12025550177", Outcome::Positive)).await.unwrap();
    // Now the agency whose name fits better is recorded: the call went to another one.
    suite.agencies(Role::Verifier).create_agency(create(agency())).await.unwrap();
    let status = suite.conclude(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["OFFICER_CONFIRMED"]);
}

async fn it_expires(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    suite.conclude(&opened.name).await.unwrap();
    suite.advance(30 * 86_400 - 1);
    assert!(!codes(&suite.get(&opened.name).await.unwrap().findings).contains(&"VERIFICATION_EXPIRED"));
    suite.advance(1);
    let expired = suite.get(&opened.name).await.unwrap();
    assert_eq!(expired.state(), State::Verified);
    assert!(codes(&expired.findings).contains(&"VERIFICATION_EXPIRED"));
}

async fn rules_have_a_date(suite: &Suite) {
    suite.known_agency().await;
    let before = "2019-12-31T23:59:59Z".parse().unwrap();
    let ask = OpenVerificationRequest { receive_time: Some(stamp(before)), ..ask(suite) };
    let status = suite.open(ask).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::FailedPrecondition, "NO_REVISION_IN_FORCE".to_owned()));
    assert_eq!(fact(&status, "document"), "verification");
}
