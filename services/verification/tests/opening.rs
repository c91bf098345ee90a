//! Opening: what the service finds by itself.

use rogatory_chassis::Role;
use rogatory_names::VerificationId;
use rogatory_proto::rogatory::verification::v1::{
    Agency, ListVerificationsRequest, OpenVerificationRequest, Verification,
    evidence::{Kind, Result as Outcome},
    verification::{Level, State},
};
use tonic::Code;

use crate::harness::{
    AGENCY, Suite, agency, ask, call_back, codes, create, credentials, emergency, fact, id, on_both_engines, reason,
};

on_both_engines! {
    a_known_agency, who_denies_by_itself, one_verification_for_each_request, a_repeated_call_opens_once,
    an_emergency_needs_more, a_verifier_may_open_and_others_may_not,
}

/// Kind and result of the evidence, in order.
fn found(verification: &Verification) -> Vec<(Kind, Outcome)> {
    verification.evidence.iter().map(|piece| (piece.kind(), piece.result())).collect()
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
    assert_eq!(
        found(&opened),
        [
            (Kind::Registry, Outcome::Positive),
            // Police present a warrant that a judge has issued.
            (Kind::Competence, Outcome::Inconclusive),
            (Kind::SenderDomain, Outcome::Positive),
            (Kind::SignedCopy, Outcome::Positive),
        ]
    );
    assert!(opened.evidence.iter().all(|piece| piece.recorder == "system:verification"));
    assert_eq!(codes(&opened.needs), ["OFFICER_CONFIRMED"]);
    assert!(opened.needs.iter().all(|need| need.citations.iter().any(|citation| citation.section == "§4")));
    assert!(opened.findings.is_empty() && opened.conclude_time.is_none() && opened.expire_time.is_none());
    assert!(opened.provenance.as_ref().unwrap().digest.starts_with("sha256:"));
    assert_eq!(suite.get(&opened.name).await.unwrap(), opened);
}

/// Each of these is denied although credentials and call-back are positive.
async fn who_denies_by_itself(suite: &Suite) {
    suite.known_agency().await;
    let mut ministry = agency();
    ministry.country = "CN".to_owned();
    ministry.mail_domains = vec!["ministry.example".to_owned()];
    suite.agencies(Role::Verifier).create_agency(create(ministry)).await.unwrap();
    let from = |address: &str| {
        let mut ask = ask(suite);
        ask.officer.as_mut().unwrap().email = address.to_owned();
        ask
    };
    let mut of_the_mainland = from("a@ministry.example");
    of_the_mainland.country = "CN".to_owned();
    let private =
        OpenVerificationRequest { authority_kind: 8, agency_name: "Nobody and Sons".to_owned(), ..ask(suite) };
    for (ask, code) in [
        (OpenVerificationRequest { agency_name: "Bureau of Nothing".to_owned(), ..ask(suite) }, "AGENCY_UNKNOWN"),
        (OpenVerificationRequest { country: "CA".to_owned(), ..ask(suite) }, "SENDER_OF_OTHER_COUNTRY"),
        (of_the_mainland, "AGENCY_OUTSIDE_GUIDE"),
        (private, "NOT_COMPETENT"),
        (from("q@gmail.com"), "SENDER_FREE_MAIL"),
        (from("q@sampletom.example"), "SENDER_LOOKALIKE"),
        (from("q@police.sampleton.example.com"), "SENDER_LOOKALIKE"),
        (from("q@unrelated-name.test"), "SENDER_OF_NOBODY"),
        (from("q@met.police.uk"), "SENDER_OF_OTHER_COUNTRY"),
    ] {
        let opened = suite.open(ask).await.unwrap();
        assert!(opened.needs.is_empty(), "{code}: it can be concluded, as denied");
        suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
        if !opened.agency.is_empty() {
            suite.record(&opened.name, call_back(crate::harness::NUMBER, Outcome::Positive)).await.ok();
        }
        let denied = suite.conclude(&opened.name).await.unwrap();
        assert_eq!((denied.state(), denied.level()), (State::Denied, Level::Unverified), "{code}");
        assert!(codes(&denied.findings).contains(&code), "{code}: {:?}", codes(&denied.findings));
        assert_eq!(codes(&denied.findings)[0], "REQUESTER_DENIED");
        assert!(denied.findings.iter().all(|finding| !finding.citations.is_empty()));
        assert!(denied.expire_time.is_none());
    }
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
    let calls = (0..8).map(|_| suite.open(OpenVerificationRequest { request_id: id(), ..other.clone() }));
    let answers = futures_of(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers.iter().filter_map(|answer| answer.as_ref().err()).all(|status| status.code() == Code::AlreadyExists)
    );
}

async fn futures_of<F: Future>(calls: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut calls: Vec<_> = calls.map(Box::pin).collect();
    let mut answers: Vec<Option<F::Output>> = calls.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (call, answer) in calls.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match call.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *answer = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    answers.into_iter().flatten().collect()
}

async fn a_repeated_call_opens_once(suite: &Suite) {
    suite.known_agency().await;
    let first = ask(suite);
    let opened = suite.open(first.clone()).await.unwrap();
    assert_eq!(suite.open(first.clone()).await.unwrap(), opened);
    let status = suite.open(OpenVerificationRequest { emergency: true, ..first }).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
    assert_eq!(suite.events(&["verification.opened"]).await.len(), 1);
}

async fn an_emergency_needs_more(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    assert_eq!(opened.required_level(), Level::Enhanced);
    assert_eq!(codes(&opened.needs), ["CALL_BACK_COMPLETED"]);

    // An agency that nobody has accredited: the guide's emergency form is for those that are.
    let plain =
        Agency { display_name: "Elsewhere Police".to_owned(), accredited: false, mail_domains: vec![], ..agency() };
    suite.agencies(Role::Verifier).create_agency(create(plain)).await.unwrap();
    let ask = OpenVerificationRequest { agency_name: "ELSEWHERE  police".to_owned(), ..emergency(suite) };
    let opened = suite.open(ask).await.unwrap();
    assert_eq!(codes(&opened.needs), ["AGENCY_ACCREDITED", "CALL_BACK_COMPLETED"]);
}

async fn a_verifier_may_open_and_others_may_not(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.verifications(Role::Verifier).open_verification(ask(suite)).await.unwrap().into_inner();
    assert_eq!(opened.opener, "person:vera");
    for role in [Role::Analyst, Role::Submitter, Role::Auditor, Role::Operator] {
        let status = suite.verifications(role).open_verification(ask(suite)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, "CALLER_NOT_LISTED".to_owned()));
    }
    // Intake opens and reads; it has no say in the rest.
    let status = suite.intake().list_verifications(ListVerificationsRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(opened.evidence[0].source.starts_with("agencies/"), "{AGENCY}");
}
