//! What is too large, too many or made to keep the service busy: a clear refusal or a finding, never a stall.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use flate2::{Compression, write::ZlibEncoder};
use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    Agency, OpenVerificationRequest, PublishedPhone, ReceivedMessage, SignedCopy,
    evidence::{Kind, Result as Outcome},
    verification::State,
};
use rogatory_rulebook::Digest;
use tonic::{Code, Status};

use crate::{
    harness::{Suite, on_both_engines},
    message_check::mail::{sample, with_parts},
    papers::{LETTER, copy, pdf, pdf_with, scan},
    reliances::reliance,
    samples::{agency, ask, create, credentials, invalid, observed_of, reason, unseen_copy},
};

on_both_engines! {
    limits_are_kept, as_much_as_is_allowed, hostile_messages_are_refused, hostile_papers_are_told_of,
    one_busy_call_does_not_stop_the_others,
}

/// Far more than any takes without optimisation on a machine that others use, and far less than a stall.
const QUICKLY: Duration = Duration::from_secs(20);
const MIB: usize = 1024 * 1024;

async fn refused(suite: &Suite, ask: OpenVerificationRequest) -> Status {
    suite.open(ask).await.unwrap_err()
}

async fn limits_are_kept(suite: &Suite) {
    let mut odd = ask(suite);
    odd.agency_name = "x".repeat(501);
    odd.officer.as_mut().unwrap().postal_address = "x".repeat(2001);
    odd.signed_copies = vec![unseen_copy(); 21];
    odd.target_keys = vec![Digest::of("k").to_string(); 1001];
    let mut expected = ["agency_name", "officer.postal_address", "signed_copies", "target_keys"].map(str::to_owned);
    let mut found = invalid(&refused(suite, odd).await);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let thousands = OpenVerificationRequest { signed_copies: vec![SignedCopy::default(); 10_000], ..ask(suite) };
    assert_eq!(invalid(&refused(suite, thousands).await), ["signed_copies"]);
    let large = OpenVerificationRequest { signed_copies: vec![copy(vec![b'x'; 8 * MIB + 1])], ..ask(suite) };
    assert_eq!(invalid(&refused(suite, large).await), ["signed_copies[0].content"]);
    let mut signature = copy(scan(1));
    signature.detached_signature = vec![0x30; MIB + 1];
    let signature = OpenVerificationRequest { signed_copies: vec![signature], ..ask(suite) };
    assert_eq!(invalid(&refused(suite, signature).await), ["signed_copies[0].detached_signature"]);
    let raw = (sample() + &"x".repeat(8 * MIB)).into_bytes();
    let message =
        OpenVerificationRequest { message: Some(ReceivedMessage { raw, ..Default::default() }), ..ask(suite) };
    assert_eq!(invalid(&refused(suite, message).await), ["message.raw"]);

    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    let mut evidence = credentials(Outcome::Positive);
    evidence.note = "n".repeat(2001);
    assert_eq!(invalid(&suite.record(&opened.name, evidence.clone()).await.unwrap_err()), ["evidence.note"]);
    evidence.note = "ü".repeat(2000);
    suite.record(&opened.name, evidence).await.unwrap();
    let concluded = suite.conclude(&opened.name).await.unwrap();
    let mut many = reliance(&concluded, &[]);
    many.platform_ids = (0..10_001).map(|number| format!("u{number}")).collect();
    assert_eq!(invalid(&suite.intake().record_reliance(many.clone()).await.unwrap_err()), ["platform_ids"]);
    many.platform_ids.pop();
    let told = suite.intake().record_reliance(many.clone()).await.unwrap().into_inner();
    assert_eq!(told.platform_ids, many.platform_ids);

    let many = Agency { phones: vec![PublishedPhone::default(); 10_000], ..agency() };
    let status = suite.agencies(Role::Verifier).create_agency(create(many)).await.unwrap_err();
    assert_eq!(invalid(&status), ["agency.phones"]);
    let mut huge = ask(suite);
    huge.agency_name = "x".repeat(33 * MIB);
    let status = refused(suite, huge).await;
    assert_eq!((status.code(), reason(&status)), (Code::ResourceExhausted, "TOO_LARGE".to_owned()));
}

async fn as_much_as_is_allowed(suite: &Suite) {
    suite.known_agency().await;
    let mut copies = vec![unseen_copy(); 17];
    for copy in &mut copies {
        copy.digest = Digest::of(crate::harness::id()).to_string();
    }
    // 8 MiB each: what is random does not look like a paper.
    let noise: Vec<u8> =
        (0..2 * 1024 * 1024_u32).flat_map(|place| place.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    copies.extend([copy(noise), copy(pdf(LETTER)), copy(scan(1))]);
    let raw = (sample() + &"a line of a long message\r\n".repeat(300_000)).into_bytes();
    assert!(raw.len() < 8 * MIB && raw.len() > 7 * MIB);
    let large = OpenVerificationRequest {
        signed_copies: copies,
        target_keys: (0..1000).map(|number| Digest::of(format!("key {number}")).to_string()).collect(),
        message: Some(ReceivedMessage { raw, ..Default::default() }),
        ..ask(suite)
    };
    let begun = Instant::now();
    let opened = suite.open(large).await.unwrap();
    assert!(begun.elapsed() < QUICKLY, "{:?}", begun.elapsed());
    assert_eq!(opened.state(), State::Open);
}

/// Multiparts in one another, so deep.
fn nested(depth: usize) -> String {
    (0..depth).fold("From: officer@police.example\r\n".to_owned(), |text, level| {
        text + &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n")
    }) + "\r\nthe end"
}

async fn hostile_messages_are_refused(suite: &Suite) {
    suite.known_agency().await;
    for (name, raw) in [
        ("1,000 multiparts in one another", nested(1_000)),
        ("2,000 parts", with_parts(&vec!["\r\nx"; 2_000])),
        ("100,000 headers", "X: y\r\n".repeat(100_000) + &sample()),
        ("a field of a megabyte", format!("Subject: {}\r\n{}", "x".repeat(MIB), sample())),
        ("a megabyte without a line", "X".repeat(MIB)),
        (
            "900 signatures",
            "DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=k; h=from; bh=AA==; b=AA==\r\n".repeat(900) + &sample(),
        ),
        ("no header", format!("\r\n{}", sample())),
        ("a zip for a message", "PK\u{3}\u{4}\0\0".repeat(1_000)),
    ] {
        let message = Some(ReceivedMessage { raw: raw.into_bytes(), ..Default::default() });
        let begun = Instant::now();
        let status = refused(suite, OpenVerificationRequest { message, ..ask(suite) }).await;
        assert_eq!(invalid(&status), ["message.raw"], "{name}");
        assert!(begun.elapsed() < QUICKLY, "{name}: {:?}", begun.elapsed());
    }
    assert!(suite.events(&["verification.opened"]).await.is_empty());
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    [format!("<</Length {}{entries}>>stream\n", content.len()).as_bytes(), content, b"\nendstream"].concat()
}

fn bombs() -> Vec<(&'static str, SignedCopy)> {
    let once = deflated(&vec![b' '; 80 * MIB]);
    let twice = deflated(&once);
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let mut with_junk = copy(scan(5));
    with_junk.detached_signature = [&[0x30, 0x80], [0x30, 0x80].repeat(100_000).as_slice()].concat();
    let mut zeros = copy(scan(6));
    zeros.detached_signature = vec![0; MIB];
    vec![
        ("a stream that inflates to 80 MiB", copy(pdf_with(&stream("/Filter/FlateDecode", &once), "", &[]))),
        ("the same twice over", copy(pdf_with(&stream("/Filter[/FlateDecode/FlateDecode]", &twice), "", &[]))),
        ("arrays in one another", copy(pdf_with(b"<<>>", &format!("/X {deep}"), &[]))),
        ("pages in a circle", copy(pdf_with(b"<</Type/Pages/Kids[2 0 R 5 0 R]>>", "/Pages 5 0 R", &[]))),
        ("a PDF without an end", copy(b"%PDF-1.7\n1 0 obj\n<<".repeat(100_000))),
        ("half a PDF", copy(pdf(LETTER)[..200].to_vec())),
        ("CMS that never ends", with_junk),
        ("a signature of zeros", zeros),
        ("CMS for a paper", copy([0x30, 0x82, 0xff, 0xff].repeat(10_000))),
        ("a picture of nothing", copy(b"\x89PNG\r\n\x1a\n".to_vec())),
    ]
}

async fn hostile_papers_are_told_of(suite: &Suite) {
    suite.known_agency().await;
    for (name, bomb) in bombs() {
        let begun = Instant::now();
        let opened = suite.open(OpenVerificationRequest { signed_copies: vec![bomb], ..ask(suite) }).await;
        let opened = opened.unwrap_or_else(|status| panic!("{name}: {status:?}"));
        assert!(begun.elapsed() < QUICKLY, "{name}: {:?}", begun.elapsed());
        let found = observed_of(&opened, Kind::SignedCopy);
        let possible = ["SIGNED_COPY_UNREADABLE", "UNSIGNED_SCAN", "SIGNED_UNTRUSTED", "SIGNATURE_BROKEN"];
        assert!(found.len() == 1 && possible.contains(&found[0]), "{name}: {found:?}");
    }
}

async fn one_busy_call_does_not_stop_the_others(suite: &Suite) {
    suite.known_agency().await;
    let heavy =
        OpenVerificationRequest { signed_copies: bombs().into_iter().map(|(_, copy)| copy).collect(), ..ask(suite) };
    let light = async {
        let begun = Instant::now();
        for _ in 0..5 {
            suite.open(ask(suite)).await.unwrap();
        }
        begun.elapsed()
    };
    let (heavy, elapsed) = tokio::join!(suite.open(heavy), light);
    heavy.unwrap();
    assert!(elapsed < QUICKLY, "{elapsed:?}");
}
