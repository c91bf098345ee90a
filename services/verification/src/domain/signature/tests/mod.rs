//! Signed copies made here with a throwaway authority, and broken in every way that came to mind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod anchors;
mod attributes;
mod authority;
mod certificates;
mod documents;
mod fuzz;
mod hostile;
mod text;
mod workshop;

use chrono::{DateTime, TimeZone, Utc};

use super::{Examined, Limits, TrustAnchors, examine};

/// The time of examination in every test.
fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// What is expected of one signature: integrity, trust (`-` where none is told), and whether it covers the whole
/// document.
type Expected = (&'static str, &'static str, bool);

/// A document with the file beside it, and what is to be found.
struct Case {
    name: &'static str,
    document: Vec<u8>,
    detached: Option<Vec<u8>>,
    verdict: &'static str,
    signatures: Vec<Expected>,
}

impl Case {
    fn new(name: &'static str, document: Vec<u8>, verdict: &'static str, signatures: &[Expected]) -> Self {
        Self { name, document, detached: None, verdict, signatures: signatures.to_vec() }
    }

    fn beside(mut self, detached: Vec<u8>) -> Self {
        self.detached = Some(detached);
        self
    }
}

/// Examines every case, and tells of all that come out otherwise.
fn check(anchors: &TrustAnchors, cases: impl IntoIterator<Item = Case>) {
    let mut wrong = Vec::new();
    for case in cases {
        let found = examine(&case.document, case.detached.as_deref(), anchors, &Limits::default(), now());
        let signatures: Vec<_> = found
            .signatures
            .iter()
            .map(|signature| {
                let trust = signature.trust.as_ref().map_or("-", super::Trust::code);
                (signature.integrity.code(), trust, signature.covers_whole_document())
            })
            .collect();
        if found.verdict.code() != case.verdict || signatures != case.signatures {
            wrong.push(format!(
                "{}: expected {} {:?}\n    found {:?} {signatures:?}\n    {}",
                case.name,
                case.verdict,
                case.signatures,
                found.verdict,
                told(&found)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn told(found: &Examined) -> String {
    found.signatures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n    ")
}
