//! The raw message with which a request came.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    Agency, OpenVerificationRequest, ReceivedMessage, Verification,
    evidence::{Kind, Result as Outcome},
    verification::State,
};

use crate::{
    harness::{Suite, on_both_engines},
    message_check::mail::{BODY, message, sample, with_parts},
    papers::{CITY, LETTER, pdf},
    samples::{NUMBER, agency, ask_from, call_back, codes, domain, observed, observed_of},
};

on_both_engines! { what_a_message_is_worth, a_contradicted_message_denies, a_message_says_little, it_is_not_repeated }

/// The server that may send for the domains of the name server.
const OWN: &str = "192.0.2.10";
const FOREIGN: &str = "198.51.100.7";

async fn police(suite: &Suite) {
    suite.create(Agency { mail_domains: vec![domain("police.example"), domain("plain.example")], ..agency() }).await;
    suite.advance(60);
}

fn received(raw: String, client_ip: &str, mail_from: &str) -> ReceivedMessage {
    ReceivedMessage {
        raw: raw.into_bytes(),
        client_ip: client_ip.to_owned(),
        helo: "mx.police.example".to_owned(),
        mail_from: mail_from.to_owned(),
    }
}

fn ask(suite: &Suite, stated: &str, message: ReceivedMessage) -> OpenVerificationRequest {
    OpenVerificationRequest { message: Some(message), ..ask_from(suite, stated) }
}

async fn open(suite: &Suite, stated: &str, message: ReceivedMessage) -> Verification {
    suite.open(ask(suite, stated, message)).await.unwrap()
}

async fn what_a_message_is_worth(suite: &Suite) {
    police(suite).await;
    let officer = "officer@police.example";
    let plain = "officer@plain.example";
    let signed = suite.kit.sign(&sample(), "police.example", "rsa");
    let of_plain = message(&format!("Officer <{plain}>"), "Request 17", BODY);
    let seal = suite.kit.sign(&sample(), "police.example", "ed");
    for (stated, message, expected, result) in [
        (officer, received(signed.clone(), OWN, officer), "MESSAGE_AUTHENTIC", Outcome::Positive),
        (officer, received(seal, OWN, officer), "MESSAGE_AUTHENTIC", Outcome::Positive),
        // Its signature holds, whoever delivers it.
        (officer, received(signed.clone(), FOREIGN, officer), "MESSAGE_AUTHENTIC", Outcome::Positive),
        (
            officer,
            ReceivedMessage { raw: signed.clone().into_bytes(), ..ReceivedMessage::default() },
            "MESSAGE_AUTHENTIC",
            Outcome::Positive,
        ),
        (officer, received(sample(), OWN, officer), "MESSAGE_AUTHENTIC", Outcome::Positive),
        (plain, received(of_plain, FOREIGN, plain), "MESSAGE_UNPROVEN", Outcome::Inconclusive),
    ] {
        let opened = open(suite, stated, message).await;
        assert_eq!(observed_of(&opened, Kind::Message), [expected]);
        let piece = opened.evidence.iter().find(|piece| piece.kind() == Kind::Message).unwrap();
        assert_eq!(piece.result(), result);
    }
    assert!(suite.kit.server.asked() > 0);
}

async fn a_contradicted_message_denies(suite: &Suite) {
    police(suite).await;
    let officer = "officer@police.example";
    let signed = suite.kit.sign(&sample(), "police.example", "rsa");
    let elsewhere = message("Officer <officer@elsewhere.example>", "Request 17", BODY);
    let elsewhere = suite.kit.sign(&elsewhere, "elsewhere.example", "rsa");
    for (name, message) in [
        ("changed on the way", received(signed.replace("account", "accounts"), OWN, officer)),
        ("sent by somebody else", received(sample(), FOREIGN, officer)),
        ("another author than the officer", received(elsewhere, FOREIGN, "officer@elsewhere.example")),
        ("two authors", received(format!("From: mayor@cityhall.example\r\n{signed}"), OWN, officer)),
    ] {
        let opened = open(suite, officer, message).await;
        assert_eq!(observed_of(&opened, Kind::Message), ["MESSAGE_CONTRADICTED"], "{name}");
        assert!(opened.needs.is_empty(), "{name}");
        suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
        let denied = suite.conclude(&opened.name).await.unwrap();
        assert_eq!(denied.state(), State::Denied, "{name}");
        assert!(codes(&denied.findings).contains(&"MESSAGE_CONTRADICTED"), "{name}");
    }
}

async fn a_message_says_little(suite: &Suite) {
    police(suite).await;
    let officer = "officer@police.example";
    let signed = suite.kit.sign(&sample(), "police.example", "rsa");
    let opened = open(suite, officer, received(signed.clone(), OWN, officer)).await;
    assert_eq!(codes(&opened.needs), ["OFFICER_CONFIRMED"]);
    assert!(suite.conclude(&opened.name).await.is_err());
    let piece = opened.evidence.iter().find(|piece| piece.kind() == Kind::Message).unwrap();
    assert!(piece.weight <= 10, "{}", piece.weight);

    // A paper that is attached with its signature is not a signed copy before somebody hands it in as one.
    let attached = with_parts(&["Content-Type: application/pdf\r\n\r\n%PDF-1.7"]);
    let mut with_copy = ask(suite, officer, received(attached, OWN, officer));
    let paper = pdf(LETTER);
    with_copy.signed_copies = vec![crate::papers::copy_signed(paper.clone(), CITY.detached(&paper))];
    let opened = suite.open(with_copy).await.unwrap();
    assert!(observed(&opened).contains("SIGNED_TRUSTED"), "{:?}", observed(&opened));
    assert!(observed(&opened).contains("MESSAGE_AUTHENTIC"), "{:?}", observed(&opened));
}

async fn it_is_not_repeated(suite: &Suite) {
    police(suite).await;
    let officer = "officer@police.example";
    let secret = message("SECRET-AUTHOR <officer@police.example>", "SECRET-SUBJECT", "SECRET-BODY\r\n");
    let opened = open(suite, officer, received(secret, OWN, "secret-envelope@police.example")).await;
    let got = suite.get(&opened.name).await.unwrap();
    let told: String = got.evidence.iter().map(|piece| format!("{} {}", piece.note, piece.source)).collect();
    let said = format!("{:?} {:?} {opened:?} {told}", suite.events(&[]).await, suite.audit().await);
    for secret in ["SECRET-AUTHOR", "SECRET-SUBJECT", "SECRET-BODY", "secret-envelope"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    // What is malformed is refused without a word of it.
    let broken = received("SECRET-JUNK without a header".to_owned(), OWN, officer);
    let status = suite.verifications(Role::Verifier).open_verification(ask(suite, officer, broken)).await.unwrap_err();
    assert_eq!(crate::samples::invalid(&status), ["message.raw"]);
    assert!(!crate::samples::everything(&status).contains("SECRET-JUNK"));
}
