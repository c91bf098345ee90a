//! The registry: adding and replacing agencies.

use rogatory_chassis::Role;
use rogatory_names::AgencyId;
use rogatory_proto::rogatory::{
    rulebook::v1::{AuthorityKind, Confirmation, InstrumentKind},
    verification::v1::{Accreditation, Agency, KnownCertificate, UpdateAgencyRequest},
};
use rogatory_rulebook::Digest;
use tonic::Code;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    samples::{DOMAIN, agency, create, domain, domain_until, fact, fields, invalid, mailbox, phone, reason},
};

on_both_engines! {
    an_agency_is_added_and_replaced, everything_of_an_agency_is_kept, a_domain_belongs_to_one_agency,
    a_domain_moves_when_it_is_given_up, a_wrong_etag_is_aborted, a_repeated_call_adds_once,
    what_is_nobodys_is_refused, only_a_verifier_changes_the_registry,
}

async fn an_agency_is_added_and_replaced(suite: &Suite) {
    let mut stated = agency();
    // What a caller says of output-only fields is not heard.
    let long_ago = Some(stamp("2001-01-01T00:00:00Z".parse().unwrap()));
    stated.name = AgencyId::new().name();
    stated.etag = "made up".to_owned();
    stated.phones[0].record_time = long_ago;
    stated.mailboxes[0].record_time = long_ago;
    stated.mail_domains[0].record_time = long_ago;
    stated.mail_domains[0].compromised = vec![crate::samples::window(suite.now(), None)];
    let created = suite.create(stated.clone()).await;
    let now = Some(stamp(suite.now()));
    assert_ne!(created.name, stated.name);
    assert_eq!(created.phones[0].record_time, now);
    assert_eq!(created.mailboxes[0].record_time, now);
    assert_eq!(created.mail_domains[0].record_time, now);
    assert!(created.mail_domains[0].compromised.is_empty(), "nobody reported it");
    assert!(created.overdue_debts.is_empty());
    assert_eq!((created.create_time, created.update_time), (now, now));
    suite.advance(60);

    let mut replaced = Agency {
        display_name: "Sampleton Police Service".to_owned(),
        instruments: vec![InstrumentKind::Subpoena.into()],
        mail_domains: vec![domain("sampleton-police.example"), created.mail_domains[0].clone()],
        phones: vec![phone("+12025550188"), created.phones[0].clone()],
        mailboxes: vec![mailbox("new@cityhall.example"), created.mailboxes[0].clone()],
        ..created.clone()
    };
    // A record time that a caller brings along makes nothing old.
    replaced.phones[0].record_time = long_ago;
    replaced.mailboxes[0].record_time = long_ago;
    replaced.mail_domains[0].record_time = long_ago;
    let updated = suite.update(replaced).await.unwrap();
    let later = Some(stamp(suite.now()));
    assert_eq!((&updated.name, updated.create_time, updated.update_time), (&created.name, now, later));
    let times = |agency: &Agency| {
        let domains = agency.mail_domains.iter().map(|one| (one.domain.clone(), one.record_time));
        let phones = agency.phones.iter().map(|one| (one.number.clone(), one.record_time));
        let mailboxes = agency.mailboxes.iter().map(|one| (one.address.clone(), one.record_time));
        domains.chain(phones).chain(mailboxes).collect::<Vec<_>>()
    };
    let fresh = ["sampleton-police.example", "+12025550188", "new@cityhall.example"];
    for (what, time) in times(&updated) {
        assert_eq!(time, if fresh.contains(&what.as_str()) { later } else { now }, "{what}");
    }
    assert_ne!(updated.etag, created.etag);
    assert_eq!(suite.agency(&created.name, None).await.unwrap(), updated);
    assert_eq!(suite.find("sampleton-police.example").await, [updated]);

    let status = suite.agency(&AgencyId::new().name(), None).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "NOT_FOUND".to_owned()));
}

async fn everything_of_an_agency_is_kept(suite: &Suite) {
    let from = stamp("2021-01-01T00:00:00Z".parse().unwrap());
    let until = stamp("2031-01-01T00:00:00Z".parse().unwrap());
    let mut stated = Agency {
        subdivision: "US-CA".to_owned(),
        certificates: vec![KnownCertificate {
            fingerprint: Digest::of("a certificate").to_string(),
            source: "the state's trust list".to_owned(),
            record_time: None,
        }],
        accreditation: Some(Accreditation {
            source: "the state's commission".to_owned(),
            valid_from: Some(from),
            valid_until: Some(until),
        }),
        instruments: vec![InstrumentKind::Subpoena.into(), InstrumentKind::SearchWarrant.into()],
        ..agency()
    };
    stated.mail_domains[0].valid_from = Some(from);
    stated.mail_domains[0].valid_until = Some(until);
    let created = suite.create(stated.clone()).await;
    let now = Some(stamp(suite.now()));
    // What it answers is what was stated, and what only the service knows.
    let mut expected =
        Agency { name: created.name.clone(), etag: created.etag.clone(), create_time: now, update_time: now, ..stated };
    expected.phones[0].record_time = now;
    expected.mailboxes[0].record_time = now;
    expected.mail_domains[0].record_time = now;
    expected.certificates[0].record_time = now;
    assert_eq!(created, expected);
    assert_eq!(suite.agency(&created.name, None).await.unwrap(), created);

    // What is left out of an update is gone.
    suite.advance(60);
    let bare = Agency {
        subdivision: String::new(),
        certificates: vec![],
        mailboxes: vec![],
        accreditation: None,
        instruments: vec![],
        ..created
    };
    let updated = suite.update(bare).await.unwrap();
    assert!(updated.subdivision.is_empty() && updated.certificates.is_empty() && updated.mailboxes.is_empty());
    assert!(updated.accreditation.is_none() && updated.instruments.is_empty());
}

async fn a_domain_belongs_to_one_agency(suite: &Suite) {
    let first = suite.known_agency().await;
    let status = suite.agencies(Role::Verifier).create_agency(create(agency())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::AlreadyExists, "ALREADY_EXISTS".to_owned()));
    assert_eq!(fact(&status, "name"), first.name);

    let other = suite.create(Agency { mail_domains: vec![domain("other.example")], ..agency() }).await;
    let greedy = Agency { mail_domains: vec![domain("other.example"), domain(DOMAIN)], ..other };
    let status = suite.update(greedy.clone()).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "name")), (Code::AlreadyExists, first.name.clone()));

    // Once the first has taken it out, it is free.
    suite.update(Agency { mail_domains: vec![], ..first }).await.unwrap();
    suite.update(greedy).await.unwrap();
}

async fn a_domain_moves_when_it_is_given_up(suite: &Suite) {
    let first = suite.known_agency().await;
    let until = suite.now() - chrono::TimeDelta::days(400);
    let given_up = Agency { mail_domains: vec![domain_until(DOMAIN, until)], ..first.clone() };
    suite.update(given_up).await.unwrap();

    // Windows that overlap by a moment are refused, and the owner is named.
    let taking = |from: chrono::DateTime<chrono::Utc>| {
        let mut county = Agency { display_name: "Sample County Sheriff".to_owned(), ..agency() };
        county.mail_domains[0].valid_from = Some(stamp(from));
        create(county)
    };
    let mut verifier = suite.agencies(Role::Verifier);
    let status = verifier.create_agency(taking(until - chrono::TimeDelta::seconds(1))).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "name")), (Code::AlreadyExists, first.name.clone()));
    let second = verifier.create_agency(taking(until)).await.unwrap().into_inner();

    // Now it is the first that may not have it back without an end.
    let again = suite.agency(&first.name, None).await.unwrap();
    let status = suite.update(Agency { mail_domains: vec![domain(DOMAIN)], ..again.clone() }).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "name")), (Code::AlreadyExists, second.name.clone()));
    let longer = Agency { mail_domains: vec![domain_until(DOMAIN, until + chrono::TimeDelta::seconds(1))], ..again };
    let status = suite.update(longer).await.unwrap_err();
    assert_eq!((status.code(), fact(&status, "name")), (Code::AlreadyExists, second.name.clone()));

    // It is a domain of both; each at its time.
    let names: Vec<String> = suite.find(DOMAIN).await.into_iter().map(|agency| agency.name).collect();
    assert!(names.contains(&second.name), "{names:?}");
}

async fn a_wrong_etag_is_aborted(suite: &Suite) {
    let first = suite.known_agency().await;
    suite.update(first.clone()).await.unwrap();
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
    other.agency.as_mut().unwrap().accreditation = None;
    assert_eq!(reason(&verifier.create_agency(other).await.unwrap_err()), "REQUEST_ID_REUSED");

    let ask = UpdateAgencyRequest { agency: Some(first), request_id: id() };
    let second = verifier.update_agency(ask.clone()).await.unwrap().into_inner();
    assert_eq!(verifier.update_agency(ask).await.unwrap().into_inner(), second);
    assert_eq!(suite.events(&["agency.updated"]).await.len(), 1);
}

async fn what_is_nobodys_is_refused(suite: &Suite) {
    let refused =
        ["gov", "gov.uk", "com", "gmail.com", "mail.yahoo.com", "bund.de", "Upper.example", "a b.example", ""];
    let greedy = Agency { mail_domains: refused.map(domain).to_vec(), ..agency() };
    let status = suite.agencies(Role::Verifier).create_agency(create(greedy)).await.unwrap_err();
    let all: Vec<_> = (0..refused.len()).map(|index| format!("agency.mail_domains[{index}].domain")).collect();
    assert_eq!(invalid(&status), all);
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
    let created = suite.create(plain).await;
    // Who does not say how far an entry was checked has not checked it.
    assert_eq!((created.confirmation(), created.accreditation), (Confirmation::Unconfirmed, None));
}
