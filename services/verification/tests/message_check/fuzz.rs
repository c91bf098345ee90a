//! Random changes of whole messages, and random bytes: no panic, no stall.
//!
//! `ROGATORY_FUZZ_SECONDS` says how long the loop runs; 2 without it. Ten minutes:
//! `ROGATORY_FUZZ_SECONDS=600 cargo test -p rogatory-verification message_check::fuzz -- --nocapture`.

use std::{
    env,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rogatory_verification::{app::message_check::MessageSettings, domain::message::MessageRefusal};
use tokio::runtime::Runtime;

use super::mail::{Kit, OWN, envelope, message, sample, with_parts};

/// What a message of these sizes never takes.
const STALL: Duration = Duration::from_secs(10);

/// Pieces that mean something to the parsers.
const TOKENS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b":",
    b";",
    b"=",
    b"\"",
    b"\\",
    b"(",
    b")",
    b"<",
    b">",
    b",",
    b"@",
    b"--b1\r\n",
    b"--b1--\r\n",
    b"From: ",
    b"From: a@b.example\r\n",
    b"Content-Type: multipart/mixed; boundary=b1\r\n",
    b"Content-Type: multipart/signed; boundary=\"b1\"\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Disposition: attachment\r\n",
    b"=?utf-8?B?",
    b"=?gb18030?Q?=",
    b"?=",
    b"boundary*0*=utf-8''%",
    b"DKIM-Signature: v=1; a=rsa-sha256; d=police.example; s=rsa; h=from; bh=AA==; b=AA==\r\n",
    b"DKIM2-Signature: i=1; ",
    b"Message-Instance: m=1; ",
    b"ARC-Seal: i=1; cv=none; ",
    b"ARC-Message-Signature: i=1; ",
    b"ARC-Authentication-Results: i=1; ",
    b"i=50; ",
    b"l=1; ",
    b"t=18446744073709551615; ",
    b"x=99999999999999999999; ",
    b"b=; ",
    b"h=from:from:from:",
    b"a=ed25519-sha256; ",
    b"c=simple/simple; ",
    b"z=From:=41|",
    b"atps=police.example; atpsh=sha256; ",
    b"%PDF-",
    b"\x30\x80\x06\x09",
    b"\xff\xfe",
    b"\xf0\x9f\x91\xae",
    b"\xe2\x80\xae",
];

/// Random numbers that one number determines: SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..(start + self.below(longest)).min(length)
    }
}

/// Changes a message somewhere, up to eight times.
fn changed(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut raw = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(8) {
        let at = chance.below(raw.len() + 1);
        match chance.below(7) {
            0 if at < raw.len() => raw[at] = u8::try_from(chance.below(256)).unwrap(),
            1 => drop(raw.drain(chance.range(raw.len(), 200))),
            2 => {
                let piece = raw[chance.range(raw.len(), 400)].to_vec();
                raw.splice(at..at, piece);
            }
            3 => {
                let other = &seeds[chance.below(seeds.len())];
                let piece = other[chance.range(other.len(), 2_000)].to_vec();
                raw.splice(at..at, piece);
            }
            4 => {
                let piece = TOKENS[chance.below(TOKENS.len())].repeat(1 + chance.below(40));
                raw.splice(at..at, piece);
            }
            5 => {
                // A run of one byte: lengths that nobody expects.
                let piece = vec![u8::try_from(chance.below(256)).unwrap(); chance.below(5_000)];
                raw.splice(at..at, piece);
            }
            _ => {
                let piece = TOKENS[chance.below(TOKENS.len())];
                raw.splice(at..at, piece.iter().copied());
            }
        }
    }
    raw
}

async fn seeds(kit: &Kit) -> Vec<Vec<u8>> {
    let parts = with_parts(&[
        "Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C7=EB\r\n",
        "Content-Type: application/pdf; name*0*=utf-8''%D0%B7; name*1=x.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n",
        "Content-Type: multipart/alternative; boundary=b2\r\n\r\n\
         --b2\r\n\r\na\r\n--b2\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b2--",
        "Content-Type: message/rfc822\r\n\r\nFrom: x@police.example\r\n\
         Content-Type: multipart/digest; boundary=b3\r\n\r\n--b3\r\n\r\nSubject: y\r\n\r\nz\r\n--b3--",
    ]);
    let named = message(
        "\"Полиция (отдел)\" <officer@police.example>, =?koi8-r?B?8M8=?= <two@police.example>",
        "=?utf-8?B?6K+35rGC?=",
        "x\r\n",
    );
    let mut seeds = Vec::new();
    for text in [sample(), parts, named] {
        for selector in ["rsa", "ed"] {
            let signed = kit.sign(&text, "police.example", selector);
            seeds.push(kit.seal(&signed, "elsewhere.example").await.into_bytes());
            seeds.push(signed.into_bytes());
        }
        seeds.push(text.into_bytes());
    }
    seeds
}

/// A kit whose domains answer at once or not at all.
async fn kit() -> Kit {
    Kit::with(MessageSettings { dns_deadline_ms: 200, ..MessageSettings::default() }).await
}

/// Checks a message; the fault, if it broke or stalled the parser.
async fn fault(kit: &Kit, raw: Vec<u8>) -> Option<String> {
    let (started, length) = (Instant::now(), raw.len());
    let read = kit.checker.check(raw, envelope(OWN, "officer@police.example")).await;
    let took = started.elapsed();
    match read {
        Err(MessageRefusal::Unreadable) => Some(format!("{length} bytes: a panic")),
        _ if took > STALL => Some(format!("{length} bytes: {took:?}")),
        Ok(read) => {
            // What was found can be stored, and assessed.
            let stored = serde_json::to_string(&read.facts).map_err(|error| error.to_string());
            let assessed = read.facts.assess(Some("police.example"));
            (stored.is_err() || assessed.grounds.is_empty()).then(|| format!("{length} bytes: {stored:?} {assessed:?}"))
        }
        Err(_) => None,
    }
}

#[test]
fn no_change_of_a_whole_message_breaks_the_parser() {
    let runtime = Runtime::new().unwrap();
    let (kit, seeds) = runtime.block_on(async {
        let kit = kit().await;
        let seeds = seeds(&kit).await;
        (kit, seeds)
    });
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&any::<u64>(), |number| {
        let raw = changed(&seeds, &mut Chance(number));
        let found = runtime.block_on(fault(&kit, raw));
        prop_assert!(found.is_none(), "{found:?}");
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn no_bytes_break_the_parser() {
    let runtime = Runtime::new().unwrap();
    let kit = runtime.block_on(kit());
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2_000),
        // Of the pieces that mean something.
        prop::collection::vec(prop::sample::select(TOKENS), 0..200).prop_map(|pieces| pieces.concat()),
    ];
    let ran = runner.run(&bytes, |raw| {
        let found = runtime.block_on(fault(&kit, raw));
        prop_assert!(found.is_none(), "{found:?}");
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn the_parser_holds_for_as_long_as_it_is_told_to() {
    let seconds = env::var("ROGATORY_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let first = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let first = u64::try_from(first & u128::from(u64::MAX)).unwrap();
    let (until, mut runs) = (Instant::now() + Duration::from_secs(seconds), 0_u64);
    Runtime::new().unwrap().block_on(async {
        let kit = kit().await;
        let seeds = seeds(&kit).await;
        while Instant::now() < until {
            let number = first.wrapping_add(runs);
            let found = fault(&kit, changed(&seeds, &mut Chance(number))).await;
            // The number makes the message again.
            assert_eq!(found, None, "Chance({number})");
            runs += 1;
        }
    });
    println!("{runs} messages in {seconds} s");
}

#[tokio::test]
async fn how_long_a_megabyte_takes() {
    let kit = Kit::new().await;
    let content = "JVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQK\r\n";
    let large = with_parts(&[&format!(
        "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        content.repeat(1024 * 1024 / content.len())
    )]);
    let raw = kit.sign(&large, "police.example", "rsa");
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..20 {
        let (raw, started) = (raw.clone(), Instant::now());
        let read = kit.checker.check(raw, envelope(OWN, "officer@police.example")).await.unwrap();
        took.push(started.elapsed());
        assert_eq!(read.facts.attachments.len(), 1);
    }
    took.sort();
    println!("a message of {} bytes: least {:?}, median {:?}, most {:?}", raw.len(), took[0], took[10], took[19]);
}
