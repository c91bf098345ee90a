//! Malformed, oversized and hostile messages.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    Agency, ConcludeVerificationRequest, CreateAgencyRequest, Evidence, GetAgencyRequest, GetVerificationRequest,
    ListAgenciesRequest, ListVerificationsRequest, Officer, OpenVerificationRequest, PublishedPhone,
    RecordEvidenceRequest, UpdateAgencyRequest,
};
use tonic::{Code, Status};

use crate::harness::{Suite, ask, everything, fields, on_both_engines, reason, stamp};

on_both_engines! {
    every_bad_field_is_named_at_once, control_characters_are_refused, limits_are_kept, values_are_not_repeated,
}

fn invalid(status: &Status) -> Vec<String> {
    assert_eq!((status.code(), reason(status)), (Code::InvalidArgument, "FIELDS_INVALID".to_owned()), "{status:?}");
    fields(status)
}

async fn every_bad_field_is_named_at_once(suite: &Suite) {
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
    assert_eq!(invalid(&status), all);

    let mut odd = ask(suite);
    odd.request = "verifications/ver_1".to_owned();
    odd.country = "EU".to_owned();
    odd.authority_kind = 99;
    odd.instrument_kind = -1;
    odd.officer = Some(Officer { email: "nobody".to_owned(), ..Officer::default() });
    odd.signed_copy_digests = vec![rogatory_rulebook::Digest::of("").to_string(), "md5:00".to_owned()];
    odd.receive_time = Some(stamp(suite.now() + chrono::TimeDelta::days(1)));
    odd.request_id = "not a uuid".to_owned();
    let expected = [
        "request",
        "country",
        "authority_kind",
        "instrument_kind",
        "officer.display_name",
        "officer.email",
        "signed_copy_digests[1]",
        "receive_time",
        "request_id",
    ];
    assert_eq!(invalid(&suite.open(odd).await.unwrap_err()), expected);

    let mut verifier = suite.verifications(Role::Verifier);
    let status = verifier.record_evidence(RecordEvidenceRequest::default()).await.unwrap_err();
    assert_eq!(invalid(&status), ["name", "evidence", "request_id"]);
    let evidence = Some(Evidence { kind: 6, result: 77, source: "call me".to_owned(), ..Evidence::default() });
    let odd = RecordEvidenceRequest { evidence, ..RecordEvidenceRequest::default() };
    let status = verifier.record_evidence(odd).await.unwrap_err();
    assert_eq!(invalid(&status), ["name", "evidence.result", "evidence.source", "request_id"]);
    let status = verifier.conclude_verification(ConcludeVerificationRequest::default()).await.unwrap_err();
    assert_eq!(invalid(&status), ["name", "etag", "request_id"]);
    let status = verifier.get_verification(GetVerificationRequest { name: "x".to_owned() }).await.unwrap_err();
    assert_eq!(invalid(&status), ["name"]);
    let odd = ListVerificationsRequest {
        request: "requests/1".to_owned(),
        state: 9,
        page_size: -1,
        page_token: String::new(),
    };
    assert_eq!(invalid(&verifier.list_verifications(odd).await.unwrap_err()), ["request", "state", "page_size"]);

    let mut registry = suite.agencies(Role::Verifier);
    let status = registry.create_agency(CreateAgencyRequest::default()).await.unwrap_err();
    assert_eq!(invalid(&status), ["agency", "request_id"]);
    let odd = Agency {
        phones: vec![PublishedPhone { number: "0049".to_owned(), ..PublishedPhone::default() }],
        instruments: vec![0, 99],
        accredited: true,
        confirmation: 44,
        ..Agency::default()
    };
    let odd = UpdateAgencyRequest { agency: Some(odd), request_id: String::new() };
    let expected = [
        "agency.name",
        "agency.etag",
        "agency.display_name",
        "agency.country",
        "agency.kind",
        "agency.phones[0].number",
        "agency.phones[0].source",
        "agency.instruments[0]",
        "agency.instruments[1]",
        "agency.confirmation",
        "agency.source",
        "request_id",
    ];
    let mut named = invalid(&registry.update_agency(odd).await.unwrap_err());
    let mut expected = expected.map(str::to_owned).to_vec();
    named.sort();
    expected.sort();
    assert_eq!(named, expected);
    let status = registry.get_agency(GetAgencyRequest::default()).await.unwrap_err();
    assert_eq!(invalid(&status), ["name"]);
    let odd = ListAgenciesRequest {
        country: "Korea".to_owned(),
        mail_domain: "gov".to_owned(),
        page_size: -5,
        page_token: String::new(),
    };
    assert_eq!(invalid(&registry.list_agencies(odd).await.unwrap_err()), ["country", "mail_domain", "page_size"]);
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
    assert_eq!(invalid(&suite.open(odd).await.unwrap_err()), expected);
}

async fn limits_are_kept(suite: &Suite) {
    let mut odd = ask(suite);
    odd.agency_name = "x".repeat(501);
    odd.officer.as_mut().unwrap().postal_address = "x".repeat(2001);
    odd.signed_copy_digests = vec!["sha256:00".to_owned(); 10_000];
    assert_eq!(
        invalid(&suite.open(odd).await.unwrap_err()),
        ["agency_name", "officer.postal_address", "signed_copy_digests"]
    );
    let opened = suite.open(ask(suite)).await.unwrap();
    let mut evidence =
        crate::harness::credentials(rogatory_proto::rogatory::verification::v1::evidence::Result::Positive);
    evidence.note = "n".repeat(2001);
    assert_eq!(invalid(&suite.record(&opened.name, evidence.clone()).await.unwrap_err()), ["evidence.note"]);
    evidence.note = "ü".repeat(2000);
    suite.record(&opened.name, evidence).await.unwrap();

    let many = Agency { phones: vec![PublishedPhone::default(); 10_000], ..crate::harness::agency() };
    let many = crate::harness::create(many);
    assert_eq!(invalid(&suite.agencies(Role::Verifier).create_agency(many).await.unwrap_err()), ["agency.phones"]);

    let mut huge = ask(suite);
    huge.agency_name = "x".repeat(5 * 1024 * 1024);
    let status = suite.open(huge).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::ResourceExhausted, "TOO_LARGE".to_owned()));
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
    let status = suite.open(odd).await.unwrap_err();
    assert_eq!(invalid(&status).len(), 5);
    assert!(!everything(&status).contains("Secretson"), "{status:?}");
}
