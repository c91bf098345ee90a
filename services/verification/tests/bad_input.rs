//! Malformed messages: every bad field is named at once, and no value is repeated.

use chrono::TimeDelta;
use rogatory_chassis::Role;
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::verification::v1::{
        Accreditation, Agency, AnswerChallengeRequest, ApproveVerificationRequest, ConcludeVerificationRequest,
        CreateAgencyRequest, Evidence, GetAgencyRequest, GetCompromiseRequest, GetVerificationRequest,
        KnownCertificate, ListAgenciesRequest, ListCompromisedProductionsRequest, ListVerificationsRequest, MailDomain,
        Officer, OpenVerificationRequest, PublishRuleRevisionRequest, PublishedMailbox, PublishedPhone,
        ReceivedMessage, RecordEvidenceRequest, RecordRelianceRequest, ReportCompromiseRequest, SendChallengeRequest,
        SignedCopy, UpdateAgencyRequest, report_compromise_request::Subject,
    },
};

use crate::{
    compromise::report,
    harness::{Suite, id, on_both_engines, stamp},
    samples::{DOMAIN, agency, ask, create, domain, everything, invalid, window},
};

on_both_engines! {
    every_bad_field_of_a_request, every_bad_field_of_what_people_do, every_bad_field_of_an_agency,
    every_bad_field_of_a_compromise, every_bad_field_of_a_reliance, control_characters_are_refused,
    values_are_not_repeated,
}

fn sorted(mut fields: Vec<String>) -> Vec<String> {
    fields.sort();
    fields
}

/// That it names these and no others, in whichever order.
#[track_caller]
fn names(status: &tonic::Status, expected: &[&str]) {
    let expected = expected.iter().map(|field| (*field).to_owned()).collect();
    assert_eq!(sorted(invalid(status)), sorted(expected));
}

async fn every_bad_field_of_a_request(suite: &Suite) {
    let status = suite.open(OpenVerificationRequest::default()).await.unwrap_err();
    let all = [
        "request",
        "agency_name",
        "country",
        "authority_kind",
        "instrument_kind",
        "officer",
        "receive_time",
        "request_id",
    ];
    names(&status, &all);

    let good = ask(suite);
    let odd = OpenVerificationRequest {
        request: "verifications/ver_1".to_owned(),
        country: "EU".to_owned(),
        authority_kind: 99,
        instrument_kind: -1,
        officer: Some(Officer {
            email: "nobody".to_owned(),
            credential_expire_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
            ..Officer::default()
        }),
        signed_copies: vec![
            good.signed_copies[0].clone(),
            SignedCopy { digest: "md5:00".to_owned(), ..SignedCopy::default() },
            SignedCopy::default(),
        ],
        receive_time: Some(stamp(suite.now() + TimeDelta::days(1))),
        request_id: "not a uuid".to_owned(),
        message: Some(ReceivedMessage {
            raw: Vec::new(),
            client_ip: "300.1.2.3".to_owned(),
            helo: "a b".to_owned(),
            mail_from: "nobody".to_owned(),
        }),
        submitter: "iris".to_owned(),
        target_keys: vec!["k".to_owned(), String::new()],
        follows_up: "requests/17".to_owned(),
        ..good.clone()
    };
    let expected = [
        "request",
        "country",
        "authority_kind",
        "instrument_kind",
        "officer.display_name",
        "officer.email",
        "officer.credential_expire_time",
        "signed_copies[1].digest",
        "signed_copies[2].digest",
        "receive_time",
        "request_id",
        "message.raw",
        "message.client_ip",
        "message.helo",
        "message.mail_from",
        "submitter",
        "target_keys[1]",
        "follows_up",
    ];
    names(&suite.open(odd).await.unwrap_err(), &expected);
    for (helo, mail_from, field) in [
        ("a b", "", "message.helo"),
        ("", "nobody", "message.mail_from"),
        ("", "SECRET @police.example", "message.mail_from"),
    ] {
        let message = ReceivedMessage {
            raw: b"From: a@police.example\r\n\r\n".to_vec(),
            client_ip: "192.0.2.10".to_owned(),
            helo: helo.to_owned(),
            mail_from: mail_from.to_owned(),
        };
        let status = suite.open(OpenVerificationRequest { message: Some(message), ..good.clone() }).await.unwrap_err();
        assert_eq!(invalid(&status), [field], "{status:?}");
        assert!(!everything(&status).contains("SECRET"));
    }
    // A request does not follow itself.
    let itself = OpenVerificationRequest { follows_up: good.request.clone(), ..good };
    names(&suite.open(itself).await.unwrap_err(), &["follows_up"]);
}

async fn every_bad_field_of_what_people_do(suite: &Suite) {
    let mut verifier = suite.verifications(Role::Verifier);
    let status = verifier.record_evidence(RecordEvidenceRequest::default()).await.unwrap_err();
    names(&status, &["name", "evidence", "request_id"]);
    let evidence = Some(Evidence { kind: 6, result: 77, source: "call me".to_owned(), ..Evidence::default() });
    let odd = RecordEvidenceRequest { evidence, ..RecordEvidenceRequest::default() };
    let expected =
        ["name", "evidence.result", "evidence.source", "evidence.person_reached", "evidence.call_time", "request_id"];
    names(&verifier.record_evidence(odd).await.unwrap_err(), &expected);
    let status = verifier.conclude_verification(ConcludeVerificationRequest::default()).await.unwrap_err();
    names(&status, &["name", "etag", "request_id"]);
    let status = verifier.send_challenge(SendChallengeRequest::default()).await.unwrap_err();
    names(&status, &["name", "request_id"]);
    let status = verifier.answer_challenge(AnswerChallengeRequest::default()).await.unwrap_err();
    names(&status, &["name", "code", "request_id"]);
    let long = AnswerChallengeRequest {
        name: "requests/1".to_owned(),
        code: "SECRET".repeat(1000),
        request_id: "x".to_owned(),
    };
    let status = verifier.answer_challenge(long).await.unwrap_err();
    names(&status, &["name", "code", "request_id"]);
    assert!(!everything(&status).contains("SECRET"));
    let mut approver = suite.verifications(Role::Approver);
    let status = approver.approve_verification(ApproveVerificationRequest::default()).await.unwrap_err();
    names(&status, &["name", "etag", "reason", "request_id"]);
    let long = ApproveVerificationRequest {
        name: "verifications/ver_1".to_owned(),
        etag: "?".to_owned(),
        reason: "r".repeat(2001),
        request_id: id(),
    };
    names(&approver.approve_verification(long).await.unwrap_err(), &["name", "etag", "reason"]);
    for name in ["", "x", "verifications/", "agencies/agy_01990000000070008000000000000001"] {
        let ask = GetVerificationRequest { name: name.to_owned() };
        names(&verifier.get_verification(ask).await.unwrap_err(), &["name"]);
    }
    let odd = ListVerificationsRequest {
        request: "requests/1".to_owned(),
        state: 9,
        page_size: -1,
        page_token: String::new(),
    };
    names(&verifier.list_verifications(odd).await.unwrap_err(), &["request", "state", "page_size"]);
    let publish = PublishRuleRevisionRequest::default();
    let status = suite.rules(Role::Publisher).publish_rule_revision(publish).await.unwrap_err();
    names(&status, &["name", "etag", "request_id"]);
}

async fn every_bad_field_of_an_agency(suite: &Suite) {
    let mut registry = suite.agencies(Role::Verifier);
    let status = registry.create_agency(CreateAgencyRequest::default()).await.unwrap_err();
    names(&status, &["agency", "request_id"]);
    let late = Some(stamp("2026-01-02T00:00:00Z".parse().unwrap()));
    let early = Some(stamp("2026-01-01T00:00:00Z".parse().unwrap()));
    let odd = Agency {
        phones: vec![PublishedPhone { number: "0049".to_owned(), ..PublishedPhone::default() }],
        mailboxes: vec![PublishedMailbox { address: "nobody".to_owned(), ..PublishedMailbox::default() }],
        certificates: vec![KnownCertificate { fingerprint: "sha1:00".to_owned(), ..KnownCertificate::default() }],
        mail_domains: vec![
            domain("gov.uk"),
            MailDomain { valid_from: late, valid_until: early, ..domain("police.example") },
        ],
        accreditation: Some(Accreditation { source: String::new(), valid_from: late, valid_until: early }),
        instruments: vec![0, 99],
        subdivision: "California".to_owned(),
        confirmation: 44,
        ..Agency::default()
    };
    let odd = UpdateAgencyRequest { agency: Some(odd), request_id: String::new() };
    let status = registry.update_agency(odd).await.unwrap_err();
    let named = invalid(&status);
    for field in [
        "agency.name",
        "agency.etag",
        "agency.display_name",
        "agency.country",
        "agency.kind",
        "agency.phones[0].number",
        "agency.phones[0].source",
        "agency.mailboxes[0].address",
        "agency.mailboxes[0].source",
        "agency.certificates[0].fingerprint",
        "agency.certificates[0].source",
        "agency.mail_domains[0].domain",
        "agency.mail_domains[1].valid_until",
        "agency.accreditation.source",
        "agency.accreditation.valid_until",
        "agency.instruments[0]",
        "agency.instruments[1]",
        "agency.subdivision",
        "agency.confirmation",
        "request_id",
    ] {
        assert!(named.iter().any(|one| one == field), "{field}: {named:?}");
    }
    // A subdivision of another country.
    let abroad = Agency { subdivision: "CA-ON".to_owned(), ..agency() };
    names(&registry.create_agency(create(abroad)).await.unwrap_err(), &["agency.subdivision"]);
    let twice = Agency { mail_domains: vec![domain(DOMAIN), domain(DOMAIN)], ..agency() };
    names(&registry.create_agency(create(twice)).await.unwrap_err(), &["agency.mail_domains[1].domain"]);

    let status = registry.get_agency(GetAgencyRequest::default()).await.unwrap_err();
    names(&status, &["name"]);
    let odd = ListAgenciesRequest {
        country: "Korea".to_owned(),
        mail_domain: "gov".to_owned(),
        page_size: -5,
        page_token: String::new(),
    };
    names(&registry.list_agencies(odd).await.unwrap_err(), &["country", "mail_domain", "page_size"]);
}

async fn every_bad_field_of_a_compromise(suite: &Suite) {
    suite.known_agency().await;
    let mut registry = suite.agencies(Role::Verifier);
    let status = registry.report_compromise(ReportCompromiseRequest::default()).await.unwrap_err();
    names(&status, &["subject", "window", "reason", "request_id"]);
    let odd = ReportCompromiseRequest {
        subject: Some(Subject::Agency("agencies/1".to_owned())),
        window: Some(Interval::default()),
        reason: "r".repeat(2001),
        request_id: "x".to_owned(),
    };
    names(
        &registry.report_compromise(odd).await.unwrap_err(),
        &["agency", "window.start_time", "reason", "request_id"],
    );
    let now = suite.now();
    for (window, field) in [
        (window(now, Some(now)), "window"),
        (window(now, Some(now - TimeDelta::hours(1))), "window"),
        (window(now + TimeDelta::hours(1), None), "window.start_time"),
    ] {
        let odd = report(Subject::MailDomain(DOMAIN.to_owned()), window);
        names(&registry.report_compromise(odd).await.unwrap_err(), &[field]);
    }
    for bad in ["", "gov", "Police.Sampleton.Example", "police sampleton"] {
        let odd = report(Subject::MailDomain(bad.to_owned()), window(now, None));
        names(&registry.report_compromise(odd).await.unwrap_err(), &["mail_domain"]);
    }
    let status = registry.get_compromise(GetCompromiseRequest::default()).await.unwrap_err();
    names(&status, &["name"]);
    let odd = ListCompromisedProductionsRequest { page_size: -1, ..Default::default() };
    names(&registry.list_compromised_productions(odd).await.unwrap_err(), &["name", "page_size"]);
}

async fn every_bad_field_of_a_reliance(suite: &Suite) {
    let mut intake = suite.intake();
    let status = intake.record_reliance(RecordRelianceRequest::default()).await.unwrap_err();
    names(&status, &["verification", "request", "production", "request_id"]);
    let odd = RecordRelianceRequest {
        verification: "verifications/1".to_owned(),
        request: "requests/1".to_owned(),
        production: "requests/1".to_owned(),
        platform_ids: vec!["user".to_owned(), String::new(), "SECRET\u{7}".to_owned()],
        request_id: "x".to_owned(),
    };
    let status = intake.record_reliance(odd).await.unwrap_err();
    let expected = ["verification", "request", "production", "platform_ids[1]", "platform_ids[2]", "request_id"];
    names(&status, &expected);
    assert!(!everything(&status).contains("SECRET"));
}

async fn control_characters_are_refused(suite: &Suite) {
    let mut odd = ask(suite);
    odd.agency_name = "Police\u{0}".to_owned();
    let officer = odd.officer.as_mut().unwrap();
    officer.display_name = "A\u{1b}[31m".to_owned();
    officer.title = "Sergeant\n".to_owned();
    officer.email = "a\u{7}@police.example".to_owned();
    officer.credential_number = "1\u{202}\r".to_owned();
    let expected =
        ["agency_name", "officer.display_name", "officer.email", "officer.title", "officer.credential_number"];
    names(&suite.open(odd).await.unwrap_err(), &expected);
}

async fn values_are_not_repeated(suite: &Suite) {
    let mut odd = ask(suite);
    let secret = "Secretson\u{7}";
    let officer = odd.officer.as_mut().unwrap();
    for field in [
        &mut officer.display_name,
        &mut officer.email,
        &mut officer.phone,
        &mut officer.postal_address,
        &mut officer.credential_number,
    ] {
        *field = secret.to_owned();
    }
    odd.submitter = secret.to_owned();
    odd.target_keys = vec![secret.to_owned()];
    let status = suite.open(odd).await.unwrap_err();
    assert_eq!(invalid(&status).len(), 7);
    assert!(!everything(&status).contains("Secretson"), "{status:?}");
}
