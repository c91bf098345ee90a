//! Messages that are made to break the parser, or to keep it busy: each ends quickly, and most in a refusal.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use rogatory_verification::{
    app::message_check::{Envelope, MessageSettings},
    domain::message::{MessageRefusal, MessageRefusal as Refused},
};

use super::mail::{BODY, FOREIGN, Kit, OWN, envelope, message, sample, with_parts};

const MIB: usize = 1024 * 1024;
/// Far more than any takes without optimisation on a machine that others use, and far less than a stall.
const QUICKLY: Duration = Duration::from_secs(20);

/// Multiparts in one another, so deep.
fn nested(depth: usize) -> String {
    let mut text = "From: officer@police.example\r\n".to_owned();
    for level in 0..depth {
        write!(text, "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n").unwrap();
    }
    text + "\r\nthe end"
}

/// Messages in one another, so deep.
fn forwarded(depth: usize) -> String {
    "From: officer@police.example\r\nContent-Type: message/rfc822\r\n\r\n".repeat(depth) + "\r\nthe end"
}

#[tokio::test]
async fn each_ends_quickly_in_what_it_deserves() {
    let kit = Kit::new().await;
    let flat = |parts: usize| with_parts(&vec!["\r\nx"; parts]);
    let field = |name: &str, length: usize| format!("{name}: {}\r\n{}", "x".repeat(length), sample());
    let of = |from: String| message(&from, "Request", BODY);
    let many_names = (0..200_000).fold(String::new(), |names, index| names + &format!("h{index}:"));
    let signatures = |count: usize| {
        (0..count).fold(String::new(), |text, index| {
            text + &format!(
                "DKIM-Signature: v=1; a=rsa-sha256; d=police.example; s=k{index}; h=from; bh=AA==; b=AA==\r\n"
            )
        }) + &sample()
    };
    let sets = |count: usize| {
        (1..=count).fold(String::new(), |text, index| {
            text + &format!(
                "ARC-Seal: i={index}; a=rsa-sha256; cv=none; d=police.example; s=k; b=AA==\r\n\
                 ARC-Message-Signature: i={index}; a=rsa-sha256; d=police.example; s=k; h=from; bh=AA==; b=AA==\r\n\
                 ARC-Authentication-Results: i={index}; x\r\n"
            )
        }) + &sample()
    };
    let large = |line: &str, bytes: usize| {
        with_parts(&[&format!("Content-Type: application/octet-stream\r\n\r\n{}", line.repeat(bytes / line.len()))])
    };
    let never = |levels: usize| {
        // Boundaries that are looked for in 20 MiB and never come.
        nested(levels)
            + "\r\nContent-Type: multipart/mixed; boundary=never\r\n\r\n"
            + &"--neve\r\n".repeat(20 * MIB / 8)
    };
    let before = |line: &str, rest: &str| format!("{line}{rest}\r\n{}", sample()).into_bytes();
    let long_header = format!("X: {}\r\n", "y".repeat(60_000)).repeat(20) + &sample();
    let endless = (sample() + &" x\r\n".repeat(10)).replace("\r\n\r\n", "\r\n");
    let random = (0..200_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let relaxed = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=police.example; s=rsa; h=from; bh=AA==; \
                   b=AA==\r\n"
        .to_owned();
    let cases: Vec<(&str, Vec<u8>, Result<(), MessageRefusal>)> = vec![
        ("nothing", Vec::new(), Err(Refused::Empty)),
        ("a body of 50 MB", (sample() + &"x".repeat(50_000_000)).into(), Err(Refused::TooLarge)),
        ("1,000 multiparts in one another", nested(1_000).into(), Err(Refused::TooDeep)),
        ("100,000 multiparts in one another", nested(100_000).into(), Err(Refused::TooDeep)),
        ("1,000 messages in one another", forwarded(1_000).into(), Err(Refused::TooDeep)),
        ("as deep as allowed", nested(9).into(), Ok(())),
        ("one deeper", nested(10).into(), Err(Refused::TooDeep)),
        ("2,000 parts", flat(2_000).into(), Err(Refused::TooManyParts)),
        ("as many parts as allowed", flat(499).into(), Ok(())),
        ("20 MiB of boundaries", large("--b1\r\n", 20 * MIB).into(), Err(Refused::TooManyParts)),
        ("a boundary again and again in a line", large("--b1", 20 * MIB).into(), Ok(())),
        ("boundaries that never come", never(8).into(), Ok(())),
        ("100,000 headers", ("X: y\r\n".repeat(100_000) + &sample()).into(), Err(Refused::TooManyHeaders)),
        ("100,000 From headers", ("From: a@b.c\r\n".repeat(100_000) + &sample()).into(), Err(Refused::TooManyHeaders)),
        (
            "100,000 headers of a part",
            with_parts(&[&("X: y\r\n".repeat(100_000) + "\r\nx")]).into(),
            Err(Refused::TooManyHeaders),
        ),
        ("a field of a megabyte", field("Subject", MIB).into(), Err(Refused::HeaderTooLarge)),
        ("a field of 100 kB", field("Subject", 100_000).into(), Err(Refused::HeaderTooLarge)),
        ("many long fields", field("Subject", 60_000).repeat(10).into(), Ok(())),
        ("a header of a megabyte", long_header.into(), Err(Refused::HeaderTooLarge)),
        ("a field that never ends", endless.into(), Err(Refused::HeaderMalformed)),
        ("a line without end", "X".repeat(20 * MIB).into(), Err(Refused::HeaderTooLarge)),
        ("a signature of 200,000 fields", before("DKIM-Signature: v=1; h=", &many_names), Err(Refused::HeaderTooLarge)),
        ("1,000 signatures", signatures(900).into(), Err(Refused::TooManySignatures)),
        ("as many signatures as allowed", signatures(8).into(), Ok(())),
        ("40 seals", sets(40).into(), Err(Refused::TooManySignatures)),
        ("as many seals as allowed", sets(10).into(), Ok(())),
        ("NUL in the header", sample().replace("Request", "Req\0est").into(), Err(Refused::HeaderMalformed)),
        ("CR alone in the header", sample().replace("Request", "Req\rest").into(), Err(Refused::HeaderMalformed)),
        ("a line that is no field", format!("nothing\r\n{}", sample()).into(), Err(Refused::HeaderMalformed)),
        ("a name with a space", format!("From you: x\r\n{}", sample()).into(), Err(Refused::HeaderMalformed)),
        ("a space before the colon", format!("X : x\r\n{}", sample()).into(), Err(Refused::HeaderMalformed)),
        ("a name beyond ASCII", format!("Frоm: x\r\n{}", sample()).into(), Err(Refused::HeaderMalformed)),
        ("no name", format!(": x\r\n{}", sample()).into(), Err(Refused::HeaderMalformed)),
        ("begins with the rest of a field", format!(" x\r\n{}", sample()).into(), Err(Refused::HeaderMalformed)),
        ("the line of a mailbox file", before("From officer Tue Nov 24", ""), Err(Refused::HeaderMalformed)),
        ("no header", format!("\r\n{}", sample()).into(), Err(Refused::HeaderMalformed)),
        ("a header without end", "From: officer@police.example".into(), Err(Refused::HeaderMalformed)),
        ("a header without body", "From: officer@police.example\r\n".into(), Ok(())),
        ("random bytes", random, Err(Refused::HeaderMalformed)),
        ("a zip for a message", b"PK\x03\x04\x00\x00".repeat(1000), Err(Refused::HeaderMalformed)),
        ("deep comments", of("(".repeat(7_000) + "officer@police.example").into(), Ok(())),
        ("deep groups", of("a:".repeat(3_500) + "officer@police.example" + &";".repeat(500)).into(), Ok(())),
        ("many quotes", of("\"".repeat(7_999)).into(), Ok(())),
        ("many angles", of("<".repeat(7_000)).into(), Ok(())),
        ("many encoded words that never end", of("=?utf-8?B?".repeat(750)).into(), Ok(())),
        ("many authors", of("a@b.example,".repeat(600)).into(), Ok(())),
        ("many parameters", sample().replace("charset=utf-8", &"a*0*=b;".repeat(1_000)).into(), Ok(())),
        ("24 MiB of line ends", large("\r\n", 24 * MIB).into(), Ok(())),
        ("24 MiB of spaces, signed in relaxed form", (relaxed + &large(" \t\r", 24 * MIB)).into(), Ok(())),
    ];
    for (name, raw, want) in cases {
        let started = Instant::now();
        let found = kit.checker.check(raw, envelope(OWN, "officer@police.example")).await;
        let took = started.elapsed();
        assert_eq!(found.as_ref().map(|_| ()).map_err(|refusal| *refusal), want, "{name}");
        assert!(took < QUICKLY, "{name} took {took:?}");
        if took > Duration::from_millis(500) {
            println!("{name}: {took:?}");
        }
    }
}

#[tokio::test]
async fn a_message_asks_a_bounded_number_of_questions() {
    let kit = Kit::new().await;
    let signatures = (0..8).fold(String::new(), |text, index| {
        text + &format!(
            "DKIM-Signature: v=1; a=rsa-sha256; r=y; d=d{index}.sub.police.example; s=k; h=from; bh={}; b=AA==\r\n",
            "uoq1oCgLlTqpdDX/iUbLy7J1Wic="
        )
    });
    kit.checker.check(signatures + &sample(), envelope(FOREIGN, "x@many.example")).await.unwrap();
    assert!(kit.server.asked() < 100, "{}", kit.server.asked());
}

#[tokio::test]
async fn an_envelope_is_what_smtp_allows() {
    let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
    for (helo, mail_from, fits) in [
        ("mx.police.example", "officer@police.example", true),
        ("mx.police.example", "", true),
        ("", "officer@police.example", true),
        ("[192.0.2.10]", "\"o'f\"@police.example", true),
        ("mx.police.example", "officer", false),
        ("mx.police.example", "a b@police.example", false),
        ("mx.police.example", "a\r\nb@police.example", false),
        ("mx\0.police.example", "a@police.example", false),
        (&"x".repeat(256), "a@police.example", false),
        ("mx.police.example", &format!("{}@police.example", "a".repeat(400)), false),
    ] {
        let made = Envelope::new(client, helo, mail_from);
        assert_eq!(made.is_ok(), fits, "{helo} {mail_from}");
        assert!(fits || made == Err(MessageRefusal::EnvelopeMalformed));
    }
    // Odd ones that are allowed end as well.
    let kit = Kit::new().await;
    for (helo, mail_from) in [
        ("", ""),
        (".", "@"),
        ("..", "@@"),
        ("xn--", "a@xn--"),
        ("%{i}._spf.%{d}", "%{l}%{s}@%{d}"),
        ("полиция.example", "a@полиция.example"),
        ("[192.0.2.10]", "a@[192.0.2.10]"),
        (&"a.".repeat(127), &format!("a@{}", "a.".repeat(120))),
    ] {
        let envelope = Envelope::new(OWN, helo, mail_from).unwrap();
        kit.checker.check(sample(), Some(envelope)).await.unwrap();
    }
}

#[tokio::test]
async fn large_messages_wait_for_one_another_and_small_ones_do_not() {
    let settings = MessageSettings { max_bytes: MIB, max_bytes_at_once: MIB, ..MessageSettings::default() };
    let kit = Kit::with(settings).await;
    let large = || sample() + &"x".repeat(MIB - 4096);
    let checks = (0..4).map(|_| kit.checker.check(large(), None));
    for read in futures::future::join_all(checks).await {
        read.unwrap();
    }
    assert_eq!(kit.checker.check(sample() + &"x".repeat(MIB), None).await.unwrap_err(), Refused::TooLarge);
}

#[test]
fn settings_are_checked() {
    let mut faults = Vec::new();
    let zero = MessageSettings {
        max_bytes: 0,
        max_bytes_at_once: 0,
        max_headers: 0,
        max_header_bytes: 0,
        max_parts: 0,
        max_depth: 1_000,
        dns_deadline_ms: 0,
        name_servers: Vec::new(),
    };
    zero.check("message", &mut faults);
    let named: Vec<&str> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
    assert_eq!(
        named,
        [
            "message.max_bytes",
            "message.max_headers",
            "message.max_header_bytes",
            "message.max_parts",
            "message.max_depth",
            "message.dns_deadline_ms"
        ]
    );
}
