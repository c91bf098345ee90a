//! Opening: what the service finds by itself.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures::future::join_all;
use rogatory_chassis::Role;
use rogatory_names::VerificationId;
use rogatory_proto::rogatory::verification::v1::{
    Agency, ListVerificationsRequest, OpenVerificationRequest,
    evidence::{Kind, Result as Outcome},
    verification::{Level, State},
};
use tonic::Code;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    samples::{NUMBER, agency, ask, call_back, codes, credentials, emergency, fact, observed, reason},
};

on_both_engines! {
    a_known_agency, one_verification_for_each_request, a_repeated_call_opens_once, an_emergency_needs_more,
    an_expired_credential_raises, a_verifier_may_open_and_others_may_not, an_agency_without_source_is_not_accredited,
}

async fn a_known_agency(suite: &Suite) {
    let agency = suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    VerificationId::parse_name(&opened.name).unwrap();
    assert_eq!(
        (opened.state(), opened.level(), opened.required_level()),
        (State::Open, Level::Unverified, Level::Basic)
    );
    assert_eq!((opened.agency.as_str(), opened.opener.as_str()), (agency.name.as_str(), "peer:intake"));
    let expected = [
        ("MESSAGE_NOT_GIVEN", Kind::Message, Outcome::Inconclusive),
        ("SIGNED_COPY_NOT_EXAMINED", Kind::SignedCopy, Outcome::Inconclusive),
        ("DOCUMENT_NEW", Kind::DocumentReuse, Outcome::Inconclusive),
        ("AGENCY_ACCREDITED", Kind::Registry, Outcome::Positive),
        // Police present a warrant that a judge has issued.
        ("INSTRUMENT_PRESENTED", Kind::Competence, Outcome::Inconclusive),
        ("SENDER_OF_AGENCY", Kind::SenderDomain, Outcome::Positive),
        ("NEW_OFFICER", Kind::Signal, Outcome::Inconclusive),
        ("DOMAIN_JUST_RECORDED", Kind::Signal, Outcome::Inconclusive),
        ("NO_COMPROMISE", Kind::Compromise, Outcome::Inconclusive),
        ("NO_DEBT", Kind::Debt, Outcome::Inconclusive),
    ];
    let found: BTreeSet<_> = opened.evidence.iter().map(|e| (e.observation.as_str(), e.kind(), e.result())).collect();
    assert_eq!(found, BTreeSet::from(expected));
    assert_eq!(opened.evidence.len(), expected.len());
    assert!(opened.evidence.iter().all(|piece| piece.recorder == "system:verification"));
    assert!(opened.evidence.iter().all(|piece| piece.record_time == opened.create_time));
    assert_eq!(codes(&opened.needs), ["OFFICER_CONFIRMED"]);
    assert!(opened.needs.iter().all(|need| need.citations.iter().any(|citation| citation.section == "§4")));
    assert!(opened.findings.is_empty() && opened.conclude_time.is_none() && opened.expire_time.is_none());
    assert!(opened.approvals.is_empty() && opened.reopen_time.is_none() && opened.debt_due_time.is_none());
    let provenance = opened.provenance.as_ref().unwrap();
    assert!(provenance.digest.starts_with("sha256:"));
    assert!(provenance.revision.starts_with("verificationRuleRevisions/rev_"), "{provenance:?}");
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened);
}

async fn one_verification_for_each_request(suite: &Suite) {
    suite.known_agency().await;
    let first = ask(suite);
    let opened = suite.open(first.clone()).await.unwrap();
    let status = suite.open(OpenVerificationRequest { request_id: id(), ..first.clone() }).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::AlreadyExists, "ALREADY_EXISTS".to_owned()));
    assert_eq!(fact(&status, "name"), opened.name);

    // Of many that come at once with keys of their own, one opens it.
    let other = ask(suite);
    let answers =
        join_all((0..8).map(|_| suite.open(OpenVerificationRequest { request_id: id(), ..other.clone() }))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let failed = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(failed.into_iter().all(|status| status.code() == Code::AlreadyExists));
}

async fn a_repeated_call_opens_once(suite: &Suite) {
    suite.known_agency().await;
    let first = ask(suite);
    let opened = suite.open(first.clone()).await.unwrap();
    suite.days(1);
    assert_eq!(suite.open(first.clone()).await.unwrap(), opened);
    let status = suite.open(OpenVerificationRequest { emergency: true, ..first.clone() }).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
    let targets = OpenVerificationRequest { target_keys: vec![id()], ..first.clone() };
    assert_eq!(reason(&suite.open(targets).await.unwrap_err()), "REQUEST_ID_REUSED");
    let submitter = OpenVerificationRequest { submitter: "person:other".to_owned(), ..first };
    assert_eq!(reason(&suite.open(submitter).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(suite.events(&["verification.opened"]).await.len(), 1);
}

async fn an_emergency_needs_more(suite: &Suite) {
    suite.known_agency().await;
    // Whether it says so or rests on the form of one.
    let by_flag = OpenVerificationRequest { emergency: true, ..ask(suite) };
    let by_form = OpenVerificationRequest { emergency: false, ..emergency(suite) };
    for ask in [emergency(suite), by_flag, by_form] {
        let opened = suite.open(ask).await.unwrap();
        assert_eq!(opened.required_level(), Level::Enhanced);
        assert_eq!(codes(&opened.needs), ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
    }
}

async fn an_agency_without_source_is_not_accredited(suite: &Suite) {
    // The guide's emergency form is for accredited agencies.
    let plain =
        Agency { display_name: "Elsewhere Police".to_owned(), accreditation: None, mail_domains: vec![], ..agency() };
    suite.create(plain).await;
    suite.advance(60);
    let ask = OpenVerificationRequest { agency_name: "ELSEWHERE  police".to_owned(), ..emergency(suite) };
    let opened = suite.open(ask).await.unwrap();
    assert_eq!(codes(&opened.needs), Vec::<&str>::new(), "the sender is nobody's: it is denied");
    let mut ask = OpenVerificationRequest { agency_name: "ELSEWHERE  police".to_owned(), ..emergency(suite) };
    ask.officer.as_mut().unwrap().email = String::new();
    let opened = suite.open(ask).await.unwrap();
    assert_eq!(codes(&opened.needs), ["AGENCY_ACCREDITED", "CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
    assert!(observed(&opened).is_superset(&BTreeSet::from(["AGENCY_NOT_ACCREDITED", "SENDER_NOT_GIVEN"])));
}

async fn an_expired_credential_raises(suite: &Suite) {
    suite.known_agency().await;
    let mut expired = ask(suite);
    expired.officer.as_mut().unwrap().credential_expire_time = Some(stamp(suite.now() - TimeDelta::days(1)));
    let opened = suite.open(expired).await.unwrap();
    assert!(observed(&opened).contains("CREDENTIALS_EXPIRED"));
    assert_eq!(opened.required_level(), Level::Enhanced);
    // Its issuer's word does not make it valid.
    let recorded = suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(recorded.evidence.last().unwrap().observation, "CREDENTIALS_EXPIRED");
    assert_eq!(codes(&recorded.needs), ["CALL_BACK_COMPLETED"]);
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&opened.name).await.unwrap().level(), Level::Enhanced);

    let mut valid = ask(suite);
    valid.officer.as_mut().unwrap().credential_expire_time = Some(stamp(suite.now() + TimeDelta::days(1)));
    assert_eq!(suite.believed(valid).await.level(), Level::Basic);
}

async fn a_verifier_may_open_and_others_may_not(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.verifications(Role::Verifier).open_verification(ask(suite)).await.unwrap().into_inner();
    assert_eq!(opened.opener, "person:vera");
    for role in [Role::Analyst, Role::Submitter, Role::Auditor, Role::Operator, Role::Approver] {
        let status = suite.verifications(role).open_verification(ask(suite)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, "CALLER_NOT_LISTED".to_owned()));
    }
    // Intake opens, reads and tells what left; it has no say in the rest.
    let status = suite.intake().list_verifications(ListVerificationsRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let registry = opened.evidence.iter().find(|piece| piece.kind() == Kind::Registry).unwrap();
    assert!(registry.source.starts_with("agencies/"));
}
