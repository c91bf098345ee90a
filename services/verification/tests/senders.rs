//! Whose mailbox is it? Nothing that people found out makes a forged sender good.

use chrono::TimeDelta;
use rogatory_proto::rogatory::{
    rulebook::v1::{AuthorityKind, InstrumentKind},
    verification::v1::{
        Agency, OpenVerificationRequest,
        evidence::Result as Outcome,
        report_compromise_request::Subject,
        verification::{Level, State},
    },
};

use crate::{
    compromise::reported,
    harness::{Suite, on_both_engines},
    samples::{
        DOMAIN, NUMBER, agency, ask, ask_from, call_back, codes, credentials, domain, domain_until, observed, window,
    },
};

on_both_engines! {
    who_denies_by_itself, lookalikes, however_an_address_is_written, a_burned_domain_raises, an_alert_names_no_address,
    what_another_server_recorded_is_resembled_too,
}

/// Opened, and all that people can find out for it: it is denied.
async fn denied(suite: &Suite, ask: OpenVerificationRequest, code: &str) {
    let opened = suite.open(ask).await.unwrap();
    assert!(observed(&opened).contains(code), "{code}: {:?}", observed(&opened));
    assert!(opened.needs.is_empty(), "{code}: it can be concluded, as denied");
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    if !opened.agency.is_empty() {
        suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.ok();
    }
    let denied = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((denied.state(), denied.level()), (State::Denied, Level::Unverified), "{code}");
    assert!(codes(&denied.findings).contains(&code), "{code}: {:?}", codes(&denied.findings));
    assert_eq!(codes(&denied.findings)[0], "REQUESTER_DENIED");
    assert!(denied.findings.iter().all(|finding| !finding.citations.is_empty()));
    assert!(denied.expire_time.is_none() && denied.debt_due_time.is_none());
}

/// Each of these is denied although credentials and call-back are positive.
async fn who_denies_by_itself(suite: &Suite) {
    suite.known_agency().await;
    let ministry = Agency { country: "CN".to_owned(), mail_domains: vec![domain("ministry.example")], ..agency() };
    suite.create(ministry).await;
    let given_up = Agency {
        display_name: "Dissolved Constabulary".to_owned(),
        mail_domains: vec![domain_until("constabulary.example", suite.now() - TimeDelta::days(30))],
        ..agency()
    };
    suite.create(given_up).await;
    suite.advance(60);
    let of_the_mainland = OpenVerificationRequest { country: "CN".to_owned(), ..ask_from(suite, "a@ministry.example") };
    let private = OpenVerificationRequest {
        authority_kind: AuthorityKind::Private.into(),
        agency_name: "Nobody and Sons".to_owned(),
        ..ask(suite)
    };
    let european = OpenVerificationRequest { instrument_kind: InstrumentKind::EuProductionOrder.into(), ..ask(suite) };
    let dissolved = OpenVerificationRequest {
        agency_name: "Dissolved Constabulary".to_owned(),
        ..ask_from(suite, "a@constabulary.example")
    };
    for (ask, code) in [
        (OpenVerificationRequest { agency_name: "Bureau of Nothing".to_owned(), ..ask(suite) }, "AGENCY_UNKNOWN"),
        (OpenVerificationRequest { country: "CA".to_owned(), ..ask(suite) }, "SENDER_OF_OTHER_COUNTRY"),
        (of_the_mainland, "AGENCY_OUTSIDE_GUIDE"),
        (private, "NOT_COMPETENT"),
        (european, "INSTRUMENT_OF_OTHER_COUNTRIES"),
        (dissolved, "SENDER_DOMAIN_NOT_IN_FORCE"),
        (ask_from(suite, "q@gmail.com"), "SENDER_FREE_MAIL"),
        (ask_from(suite, "q@unrelated-name.test"), "SENDER_OF_NOBODY"),
        (ask_from(suite, "q@met.police.uk"), "SENDER_OF_OTHER_COUNTRY"),
    ] {
        denied(suite, ask, code).await;
    }
    // The right agency with a paper that it may not issue.
    let narrow = Agency {
        display_name: "Narrow Bureau".to_owned(),
        mail_domains: vec![domain("narrow.example")],
        instruments: vec![InstrumentKind::Subpoena.into()],
        ..agency()
    };
    suite.create(narrow).await;
    suite.advance(60);
    let beyond =
        OpenVerificationRequest { agency_name: "Narrow Bureau".to_owned(), ..ask_from(suite, "q@narrow.example") };
    denied(suite, beyond, "NOT_COMPETENT").await;
}

async fn lookalikes(suite: &Suite) {
    suite.known_agency().await;
    for address in [
        "q@sampletom.example",
        "q@sampelton.example",
        "q@samplet0n.example",
        "q@sampleton.test",
        "q@police-sampleton-example.com",
        "q@police.sampleton.example.com",
        "q@mail.police.sampleton.example.portal.test",
        // With a Cyrillic letter, and with an accent.
        "q@police.sаmpleton.example",
        "q@police.sámpleton.example",
    ] {
        denied(suite, ask_from(suite, address), "SENDER_LOOKALIKE").await;
    }
    // As they stand in a message: `sаmpleton` and `sámpleton`.
    for address in ["q@police.xn--smpleton-16g.example", "q@police.xn--smpleton-8ya.example"] {
        let opened = suite.open(ask_from(suite, address)).await.unwrap();
        suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
        let concluded = suite.conclude(&opened.name).await.unwrap();
        assert_eq!(concluded.state(), State::Denied, "{address}: {:?}", observed(&concluded));
        assert!(observed(&concluded).contains("SENDER_LOOKALIKE"), "{address}: {:?}", observed(&concluded));
    }
}

/// A real domain in the hands of others is not denied: a call-back on a number that was held before tells.
async fn a_burned_domain_raises(suite: &Suite) {
    suite.known_agency().await;
    suite.days(60);
    let since = suite.now() - TimeDelta::days(2);
    let mut late = suite.find(DOMAIN).await.remove(0);
    // What the registry learned while others held the mailbox is no channel to the agency.
    late.phones.push(crate::samples::phone("+12025550166"));
    suite.update(late).await.unwrap();
    suite.days(1);
    reported(suite, Subject::MailDomain(DOMAIN.to_owned()), window(since, None)).await;
    let opened = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&opened).contains("SENDER_COMPROMISED"));
    assert_eq!((opened.state(), opened.required_level()), (State::Open, Level::Enhanced));
    let recorded = suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(codes(&recorded.needs), ["CALL_BACK_COMPLETED"]);
    let status = suite.record(&opened.name, call_back(suite, "+12025550166", Outcome::Positive)).await.unwrap_err();
    assert_eq!(crate::samples::violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&opened.name).await.unwrap().level(), Level::Enhanced);
}

async fn however_an_address_is_written(suite: &Suite) {
    suite.known_agency().await;
    for address in [
        "Q@POLICE.SAMPLETON.EXAMPLE",
        "q@desk.police.sampleton.example",
        "q+tag@Police.Sampleton.Example",
        "\"q@gmail.com\"@police.sampleton.example",
    ] {
        // What is no address for the service is refused, which is as good.
        if let Ok(opened) = suite.open(ask_from(suite, address)).await {
            assert!(observed(&opened).contains("SENDER_OF_AGENCY"), "{address}: {:?}", observed(&opened));
        }
    }
    for address in [
        "\"q@police.sampleton.example\"@unrelated-name.test",
        "q@police.sampleton.example@unrelated-name.test",
        "q@police.sampleton.example, q@unrelated-name.test",
        "q%police.sampleton.example@unrelated-name.test",
        "q@notpolice.sampleton.example",
        "q@sampleton.example",
        "q@police.sampleton.example.",
        "q@police\u{3002}sampleton.example",
    ] {
        if let Ok(opened) = suite.open(ask_from(suite, address)).await {
            let own = observed(&opened).contains("SENDER_OF_AGENCY");
            assert_eq!(own, address.ends_with("example."), "{address}: {:?}", observed(&opened));
        }
    }
}

/// An agency that another server recorded after this one had looked at the registry.
async fn what_another_server_recorded_is_resembled_too(suite: &Suite) {
    suite.known_agency().await;
    denied(suite, ask_from(suite, "q@sampletom.example"), "SENDER_LOOKALIKE").await;
    denied(suite, ask_from(suite, "q@gendarmerie-noveau.test"), "SENDER_OF_NOBODY").await;
    let first = suite.swap(suite.another().await);
    let new = Agency { mail_domains: vec![domain("gendarmerie-nouveau.example")], ..agency() };
    let new = suite.create(Agency { display_name: "Gendarmerie Nouveau".to_owned(), ..new }).await;
    let second = suite.swap(first);
    denied(suite, ask_from(suite, "q@gendarmerie-noveau.test"), "SENDER_LOOKALIKE").await;
    second.stop().await;
    // And one that is no longer there is not.
    suite.update(Agency { mail_domains: vec![], ..new }).await.unwrap();
    denied(suite, ask_from(suite, "q@gendarmerie-noveau.test"), "SENDER_OF_NOBODY").await;
}

async fn an_alert_names_no_address(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask_from(suite, "secret-name@sampletom.example")).await.unwrap();
    let alert = suite.events(&["verification.alerted"]).await.remove(0);
    assert_eq!((&alert.subject, &alert.request), (&opened.name, &opened.request));
    assert_eq!(alert.facts["observation"], "SENDER_LOOKALIKE");
    suite.open(ask(suite)).await.unwrap();
    assert_eq!(suite.events(&["verification.alerted"]).await.len(), 1, "an ordinary request alarms nobody");
    let said = format!("{:?} {:?} {opened:?}", suite.events(&[]).await, suite.audit().await);
    assert!(!said.contains("secret-name"), "{said}");
}
