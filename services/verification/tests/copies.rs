//! The signed copy: signatures under the configured anchor, scans, and papers that came before.

use rogatory_proto::rogatory::{
    rulebook::v1::InstrumentKind,
    verification::v1::{
        Agency, KnownCertificate, OpenVerificationRequest, SignedCopy, Verification,
        evidence::{Kind, Result as Outcome},
        verification::{Level, State},
    },
};
use rogatory_rulebook::Digest;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    papers::{CITY, LETTER, STRANGER, copy, copy_signed, pdf, scan},
    samples::{NUMBER, ask, ask_of_other, call_back, codes, credentials, invalid, observed, observed_of},
};

on_both_engines! {
    what_a_copy_is_worth, a_broken_signature_denies, a_digest_is_that_of_the_content, each_copy_is_told_of,
    a_document_of_somebody_else_denies, the_text_of_somebody_else_raises, an_own_document_may_come_again,
    a_used_paper_is_found_by_its_digest_alone, a_signer_is_not_named, a_certificate_of_the_registry_is_trusted,
}

fn with(ask: OpenVerificationRequest, copies: Vec<SignedCopy>) -> OpenVerificationRequest {
    OpenVerificationRequest { signed_copies: copies, ..ask }
}

/// A text that no other test asks about.
fn unique(text: &str) -> String {
    // Letters count, digits do not.
    let word = |_| -> String { id().bytes().map(|byte| char::from(b'a' + byte % 26)).collect() };
    format!("{} {text}", (0..3).map(word).collect::<Vec<_>>().join(" "))
}

async fn opened(suite: &Suite, copies: Vec<SignedCopy>) -> Verification {
    suite.open(with(ask(suite), copies)).await.unwrap()
}

async fn what_a_copy_is_worth(suite: &Suite) {
    suite.known_agency().await;
    let text = unique(LETTER);
    let paper = pdf(&text);
    let altered_after = {
        // Something was added behind the signature: it no longer covers the whole.
        let mut file = CITY.signed_pdf(&unique(LETTER));
        file.extend(b"9 0 obj\n<</Added true>>\nendobj\n");
        file
    };
    for (copies, expected) in [
        (vec![copy_signed(paper.clone(), CITY.detached(&paper))], "SIGNED_TRUSTED"),
        (vec![copy(CITY.signed_pdf(&unique(LETTER)))], "SIGNED_TRUSTED"),
        (vec![copy_signed(scan(1), CITY.detached(&scan(1)))], "SIGNED_TRUSTED"),
        (vec![copy_signed(scan(2), STRANGER.detached(&scan(2)))], "SIGNED_UNTRUSTED"),
        (vec![copy(STRANGER.signed_pdf(&unique(LETTER)))], "SIGNED_UNTRUSTED"),
        (vec![copy(altered_after)], "SIGNED_UNTRUSTED"),
        (vec![copy(pdf(&unique(LETTER)))], "UNSIGNED_SCAN"),
        (vec![copy(scan(3))], "UNSIGNED_SCAN"),
        (vec![copy(b"%PDF-1.7\nnothing".to_vec())], "UNSIGNED_SCAN or SIGNED_COPY_UNREADABLE"),
        (vec![crate::samples::unseen_copy()], "SIGNED_COPY_NOT_EXAMINED"),
        (vec![], "SIGNED_COPY_MISSING"),
    ] {
        let opened = opened(suite, copies).await;
        let found = observed_of(&opened, Kind::SignedCopy);
        assert!(found.len() == 1 && expected.contains(found[0]), "{expected}: {found:?}");
        assert_eq!(opened.state(), State::Open);
        // No signature is enough by itself.
        assert!(codes(&opened.needs).contains(&"OFFICER_CONFIRMED") || opened.required_level() == Level::Enhanced);
    }
}

async fn a_broken_signature_denies(suite: &Suite) {
    suite.known_agency().await;
    let paper = pdf(&unique(LETTER));
    let mut file = CITY.signed_pdf(&unique(LETTER));
    let place = file.windows(4).position(|bytes| bytes == b"2025").unwrap();
    file[place..place + 4].copy_from_slice(b"2015");
    let mut signature = CITY.detached(&paper);
    let last = signature.len() - 5;
    signature[last] ^= 1;
    for broken in
        [copy(file), copy_signed(paper.clone(), CITY.detached(b"another paper")), copy_signed(paper.clone(), signature)]
    {
        let opened = opened(suite, vec![broken]).await;
        assert!(observed(&opened).contains("SIGNATURE_BROKEN"), "{:?}", observed(&opened));
        suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
        let denied = suite.conclude(&opened.name).await.unwrap();
        assert_eq!(denied.state(), State::Denied);
        assert!(codes(&denied.findings).contains(&"SIGNATURE_BROKEN"));
    }
}

async fn a_digest_is_that_of_the_content(suite: &Suite) {
    let other = SignedCopy { digest: Digest::of("something else").to_string(), ..copy(scan(1)) };
    let status = suite.open(with(ask(suite), vec![copy(scan(2)), other])).await.unwrap_err();
    assert_eq!(invalid(&status), ["signed_copies[1].digest"]);
    // A signature of nothing.
    let alone = SignedCopy { content: Vec::new(), ..copy_signed(scan(1), CITY.detached(&scan(1))) };
    let status = suite.open(with(ask(suite), vec![alone])).await.unwrap_err();
    assert_eq!(invalid(&status), ["signed_copies[0].content"]);
}

async fn each_copy_is_told_of(suite: &Suite) {
    suite.known_agency().await;
    let copies = vec![
        copy_signed(scan(1), CITY.detached(&scan(1))),
        copy(scan(2)),
        crate::samples::unseen_copy(),
        copy(STRANGER.signed_pdf(&unique(LETTER))),
    ];
    let opened = opened(suite, copies).await;
    let found: std::collections::BTreeSet<_> = observed_of(&opened, Kind::SignedCopy).into_iter().collect();
    let expected = ["SIGNED_TRUSTED", "UNSIGNED_SCAN", "SIGNED_COPY_NOT_EXAMINED", "SIGNED_UNTRUSTED"];
    assert_eq!(found, expected.into());
}

async fn a_document_of_somebody_else_denies(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let paper = pdf(&unique(LETTER));
    assert_eq!(observed_of(&opened(suite, vec![copy(paper.clone())]).await, Kind::DocumentReuse), ["DOCUMENT_NEW"]);
    let forged = suite.open(with(ask_of_other(suite), vec![copy(paper)])).await.unwrap();
    assert_eq!(observed_of(&forged, Kind::DocumentReuse), ["DOCUMENT_REUSED"]);
    suite.record(&forged.name, call_back(suite, "+12025550177", Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&forged.name).await.unwrap().state(), State::Denied);
}

async fn a_used_paper_is_found_by_its_digest_alone(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let paper = copy(scan(7));
    let digest = SignedCopy { digest: paper.digest.clone(), ..SignedCopy::default() };
    opened(suite, vec![digest.clone()]).await;
    for used in [paper, digest] {
        let forged = suite.open(with(ask_of_other(suite), vec![crate::samples::unseen_copy(), used])).await.unwrap();
        assert!(observed(&forged).contains("DOCUMENT_REUSED"), "{:?}", observed(&forged));
    }
}

async fn the_text_of_somebody_else_raises(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let text = unique(LETTER);
    let first = opened(suite, vec![copy(pdf(&text))]).await;
    assert_eq!(observed_of(&first, Kind::DocumentReuse), ["DOCUMENT_NEW"]);
    // The same letters in another file, with another date.
    let template = pdf(&text.to_uppercase().replace("1 JANUARY 2025", "1 JANUARY 2024"));
    let forged = suite.open(with(ask_of_other(suite), vec![copy(template)])).await.unwrap();
    assert_eq!(observed_of(&forged, Kind::DocumentReuse), ["TEXT_REUSED"]);
    assert_eq!(forged.required_level(), Level::Enhanced);
    let recorded = suite.record(&forged.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(codes(&recorded.needs), ["CALL_BACK_COMPLETED"]);
    suite.record(&forged.name, call_back(suite, "+12025550177", Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&forged.name).await.unwrap().level(), Level::Enhanced);
}

async fn an_own_document_may_come_again(suite: &Suite) {
    suite.known_agency().await;
    let text = unique(LETTER);
    opened(suite, vec![copy(pdf(&text))]).await;
    let again = opened(suite, vec![copy(pdf(&text))]).await;
    assert_eq!(observed_of(&again, Kind::DocumentReuse), ["DOCUMENT_OF_SAME_AGENCY"]);
    assert_eq!(again.required_level(), Level::Basic);
    // The same text from the same agency is an own form.
    let form = opened(suite, vec![copy(pdf(&text.to_uppercase()))]).await;
    assert!(!observed(&form).contains("TEXT_REUSED"), "{:?}", observed(&form));
    // Of one who is nobody, everybody else is somebody else.
    let mut unknown = with(ask(suite), vec![copy(pdf(&text))]);
    unknown.agency_name = "Bureau of Nothing".to_owned();
    unknown.instrument_kind = InstrumentKind::Subpoena.into();
    let opened = suite.open(unknown).await.unwrap();
    assert!(observed(&opened).contains("DOCUMENT_REUSED"), "{:?}", observed(&opened));
}

/// Nobody vouches for the certificate but the registry, which says that this agency signs with it.
async fn a_certificate_of_the_registry_is_trusted(suite: &Suite) {
    let certificate = KnownCertificate {
        fingerprint: Digest::of(&STRANGER.cert).to_string(),
        source: "the state's trust list".to_owned(),
        record_time: None,
    };
    let known = suite.known_agency().await;
    suite.other_agency().await;
    let signed = |seed| vec![copy_signed(scan(seed), STRANGER.detached(&scan(seed)))];
    let before = opened(suite, signed(1)).await;
    assert_eq!(observed_of(&before, Kind::SignedCopy), ["SIGNED_UNTRUSTED"]);
    let received = suite.now();
    suite.advance(60);
    suite.update(Agency { certificates: vec![certificate], ..known }).await.unwrap();
    suite.advance(60);
    assert_eq!(observed_of(&opened(suite, signed(2)).await, Kind::SignedCopy), ["SIGNED_TRUSTED"]);
    // Not for a request that came before it was recorded, and not for another agency.
    let late = OpenVerificationRequest { receive_time: Some(stamp(received)), ..with(ask(suite), signed(3)) };
    assert_eq!(observed_of(&suite.open(late).await.unwrap(), Kind::SignedCopy), ["SIGNED_UNTRUSTED"]);
    let other = suite.open(with(ask_of_other(suite), signed(4))).await.unwrap();
    assert_eq!(observed_of(&other, Kind::SignedCopy), ["SIGNED_UNTRUSTED"]);
    // A broken one stays broken, whoever signed.
    let broken = vec![copy_signed(scan(5), STRANGER.detached(&scan(6)))];
    assert_eq!(observed_of(&opened(suite, broken).await, Kind::SignedCopy), ["SIGNATURE_BROKEN"]);
}

async fn a_signer_is_not_named(suite: &Suite) {
    suite.known_agency().await;
    let opened = opened(suite, vec![copy_signed(scan(9), CITY.detached(&scan(9)))]).await;
    let said = format!("{:?} {:?} {opened:?}", suite.events(&[]).await, suite.audit().await);
    assert!(!said.contains("SECRET-CLERK"), "{said}");
}
