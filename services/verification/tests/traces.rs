//! What is left of a call: events, audit entries, and nothing sensitive.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::evidence::Result as Outcome;

use crate::{
    harness::{Suite, on_both_engines},
    samples::{MAILBOX, NUMBER, agency, ask, call_back, create, credentials, emergency, everything},
};

on_both_engines! { every_change_leaves_its_trace, nothing_sensitive_leaves_the_service }

async fn every_change_leaves_its_trace(suite: &Suite) {
    let known = suite.known_agency().await;
    suite.update(known.clone()).await.unwrap();
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    suite.conclude(&opened.name).await.unwrap();

    let events = suite.events(&[]).await;
    let seen: Vec<_> = events.iter().rev().take(5).map(|event| (event.kind.as_str(), event.subject.as_str())).collect();
    let expected = [
        ("verification.concluded", opened.name.as_str()),
        ("verification.evidence_recorded", opened.name.as_str()),
        ("verification.opened", opened.name.as_str()),
        ("agency.updated", known.name.as_str()),
        ("agency.created", known.name.as_str()),
    ];
    assert_eq!(seen, expected);
    let recorded = &events[events.len() - 2];
    assert_eq!((recorded.facts["kind"].as_str(), recorded.facts["result"].as_str()), ("CREDENTIALS", "POSITIVE"));
    assert_eq!((recorded.actor.as_str(), recorded.request.as_str()), ("person:vera", opened.request.as_str()));

    let audit = suite.audit().await;
    let methods: Vec<_> = audit.iter().map(|entry| entry.method.rsplit('/').next().unwrap()).collect();
    let calls = ["CreateAgency", "UpdateAgency", "OpenVerification", "RecordEvidence", "ConcludeVerification"];
    assert_eq!(methods[methods.len() - calls.len()..], calls);
    assert!(methods[..methods.len() - calls.len()].iter().all(|method| method.starts_with("worker:")), "{methods:?}");
    assert!(audit[audit.len() - calls.len()..].iter().all(|entry| entry.request_id.is_some()));
}

async fn nothing_sensitive_leaves_the_service(suite: &Suite) {
    suite.known_agency().await;
    let ask = emergency(suite);
    let officer = ask.officer.clone().unwrap();
    let opened = suite.open(ask.clone()).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    suite.send_challenge(&opened.name).await.unwrap();
    suite.vouched(&opened.name).await;
    let mut said = Vec::new();
    let theirs = call_back(suite, &officer.phone, Outcome::Positive);
    said.push(everything(&suite.record(&opened.name, theirs).await.unwrap_err()));
    suite.conclude(&opened.name).await.unwrap();
    said.push(everything(&suite.record(&opened.name, credentials(Outcome::Negative)).await.unwrap_err()));
    said.push(everything(&suite.conclude(&opened.name).await.unwrap_err()));
    said.push(everything(&suite.agencies(Role::Verifier).create_agency(create(agency())).await.unwrap_err()));
    let concluded = suite.get(&opened.name).await.unwrap();
    let events = suite.events(&[]).await;
    let audit = suite.audit().await;
    said.push(format!("{events:?} {audit:?}"));
    // What a log would print of the messages.
    let known = suite.find(crate::samples::DOMAIN).await;
    let evidence = call_back(suite, NUMBER, Outcome::Positive);
    said.push(format!("{ask:?} {opened:?} {concluded:?} {:?} {evidence:?}", credentials(Outcome::Positive)));
    let secrets = [
        officer.display_name.as_str(),
        &officer.email,
        &officer.phone,
        "Secret Street",
        &officer.credential_number,
        "SECRET-ISSUER",
        "SECRET-NOTE",
        "SECRET-REACHED",
        "SECRET-REASON",
        NUMBER,
        MAILBOX,
    ];
    for said in said {
        for secret in secrets {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    }
    // A published number may be printed; a mailbox not.
    assert!(!format!("{known:?}").contains(MAILBOX));
}
