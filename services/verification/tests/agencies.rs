//! The registry.

use rogatory_chassis::Role;
use rogatory_names::AgencyId;
use rogatory_proto::rogatory::{
    rulebook::v1::{AuthorityKind, Confirmation, InstrumentKind},
    verification::v1::{Agency, GetAgencyRequest, UpdateAgencyRequest},
};
use tonic::Code;

use crate::harness::{Suite, agency, create, fact, fields, id, on_both_engines, phone, reason, stamp};

on_both_engines! {
    an_agency_is_added_and_replaced, a_domain_belongs_to_one_agency, a_wrong_etag_is_aborted, a_repeated_call_adds_once,
    what_is_nobodys_is_refused, only_a_verifier_changes_the_registry,
}

async fn an_agency_is_added_and_replaced(suite: &Suite) {
    let mut stated = agency();
    // What a caller says of output-only fields is not heard.
    stated.name = AgencyId::new().name();
    stated.etag = "made up".to_owned();
    stated.phones[0].record_time = Some(stamp("2001-01-01T00:00:00Z".parse().unwrap()));
    let created = suite.agencies(Role::Verifier).create_agency(create(stated.clone())).await.unwrap().into_inner();
    assert_ne!(created.name, stated.name);
    assert_eq!(created.phones[0].record_time, Some(stamp(suite.now())));
    assert_eq!((created.create_time, created.update_time), (Some(stamp(suite.now())), Some(stamp(suite.now()))));
    suite.advance(60);

    let replaced = Agency {
        display_name: "Sampleton Police Service".to_owned(),
        instruments: vec![InstrumentKind::Subpoena.into()],
        mail_domains: vec!["sampleton-police.example".to_owned()],
        phones: vec![phone("+12025550188"), created.phones[0].clone()],
        ..created.clone()
    };
    let updated = suite.update(replaced).await.unwrap();
    assert_eq!((&updated.name, updated.create_time), (&created.name, created.create_time));
    assert_eq!(updated.update_time, Some(stamp(suite.now())));
    assert_eq!(updated.phones[0].record_time, Some(stamp(suite.now())));
    assert_eq!(updated.phones[1].record_time, created.phones[0].record_time);
    assert_ne!(updated.etag, created.etag);
    let name = created.name.clone();
    let got = suite.agencies(Role::Analyst).get_agency(GetAgencyRequest { name }).await.unwrap().into_inner();
    assert_eq!(got, updated);
    assert_eq!(suite.find("sampleton-police.example").await, updated);

    let name = AgencyId::new().name();
    let status = suite.agencies(Role::Analyst).get_agency(GetAgencyRequest { name }).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "NOT_FOUND".to_owned()));
}

async fn a_domain_belongs_to_one_agency(suite: &Suite) {
    let first = suite.known_agency().await;
    let status = suite.agencies(Role::Verifier).create_agency(create(agency())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::AlreadyExists, "ALREADY_EXISTS".to_owned()));
    assert_eq!(fact(&status, "name"), first.name);

    let other = Agency { mail_domains: vec!["other.example".to_owned()], ..agency() };
    let other = suite.agencies(Role::Verifier).create_agency(create(other)).await.unwrap().into_inner();
    let greedy =
        Agency { mail_domains: vec!["other.example".to_owned(), "police.sampleton.example".to_owned()], ..other };
    let status = suite.update(greedy.clone()).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "name")), (Code::AlreadyExists, first.name.clone()));

    // Once the first has given it up, it is free.
    suite.update(Agency { mail_domains: vec![], ..first }).await.unwrap();
    suite.update(greedy).await.unwrap();
}

async fn a_wrong_etag_is_aborted(suite: &Suite) {
    let first = suite.known_agency().await;
    suite.update(Agency { accredited: false, ..first.clone() }).await.unwrap();
    let status = suite.update(first.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    let status = suite.update(Agency { etag: String::new(), ..first.clone() }).await.unwrap_err();
    assert_eq!(fields(&status), ["agency.etag"]);
    let status = suite.update(Agency { name: AgencyId::new().name(), ..first }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

async fn a_repeated_call_adds_once(suite: &Suite) {
    let ask = create(agency());
    let mut verifier = suite.agencies(Role::Verifier);
    let first = verifier.create_agency(ask.clone()).await.unwrap().into_inner();
    assert_eq!(verifier.create_agency(ask.clone()).await.unwrap().into_inner(), first);
    let mut other = ask;
    other.agency.as_mut().unwrap().accredited = false;
    assert_eq!(reason(&verifier.create_agency(other).await.unwrap_err()), "REQUEST_ID_REUSED");

    let ask = UpdateAgencyRequest { agency: Some(first), request_id: id() };
    let second = verifier.update_agency(ask.clone()).await.unwrap().into_inner();
    assert_eq!(verifier.update_agency(ask).await.unwrap().into_inner(), second);
    assert_eq!(suite.events(&["agency.updated"]).await.len(), 1);
}

async fn what_is_nobodys_is_refused(suite: &Suite) {
    let refused =
        ["gov", "gov.uk", "com", "gmail.com", "mail.yahoo.com", "bund.de", "Upper.example", "a b.example", ""];
    let greedy = Agency { mail_domains: refused.map(str::to_owned).to_vec(), ..agency() };
    let status = suite.agencies(Role::Verifier).create_agency(create(greedy)).await.unwrap_err();
    let all: Vec<_> = (0..refused.len()).map(|index| format!("agency.mail_domains[{index}]")).collect();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, all));
}

async fn only_a_verifier_changes_the_registry(suite: &Suite) {
    for role in [Role::Analyst, Role::Counsel, Role::Approver, Role::Auditor, Role::Operator, Role::Submitter] {
        let status = suite.agencies(role).create_agency(create(agency())).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, "CALLER_NOT_LISTED".to_owned()));
    }
    let plain = Agency {
        display_name: "Registrar".to_owned(),
        country: "US".to_owned(),
        kind: AuthorityKind::OtherPublic.into(),
        ..Agency::default()
    };
    let created = suite.agencies(Role::Verifier).create_agency(create(plain)).await.unwrap().into_inner();
    // Who does not say how far an entry was checked has not checked it.
    assert_eq!((created.confirmation(), created.accredited), (Confirmation::Unconfirmed, false));
}
