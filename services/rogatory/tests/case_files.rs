//! Every case file is one, and what is none is refused with its place.

use std::fs;

use rogatory::cases;
use tempfile::TempDir;

use crate::cases_dir;

#[test]
fn every_case_that_is_shipped_can_be_read() {
    let cases = cases::load(&cases_dir()).unwrap_or_else(|error| panic!("{error}"));
    assert!(cases.len() >= 8, "{} cases", cases.len());
    for case in &cases {
        assert!(!case.title.is_empty() && !case.letter.is_empty(), "{}", case.name);
        assert_eq!(case.request.platform, "aliexpress.com", "{}", case.name);
        assert!(!case.expect.state.is_empty(), "{}", case.name);
        // Whoever reads a case must never take it for a real agency.
        for agency in &case.agencies {
            assert!(agency.mail_domains.iter().all(|known| known.domain.ends_with(".example")), "{}", case.name);
            assert!(agency.source.contains("fictional"), "{}", case.name);
        }
    }
}

#[test]
fn the_agencies_of_two_cases_share_no_domain() {
    let mut domains: Vec<String> = Vec::new();
    for case in cases::load(&cases_dir()).unwrap() {
        let of_case = case.agencies.into_iter().flat_map(|agency| agency.mail_domains);
        domains.extend(of_case.map(|known| known.domain));
    }
    let count = domains.len();
    domains.sort();
    domains.dedup();
    assert_eq!(domains.len(), count);
}

/// A shipped case with one thing changed.
fn changed(from: &str, to: &str) -> (TempDir, Result<Vec<cases::Case>, cases::LoadError>) {
    let text = fs::read_to_string(cases_dir().join("05-incomplete-then-cured.toml")).unwrap();
    assert!(text.contains(from), "{from}");
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("case.toml"), text.replacen(from, to, 1)).unwrap();
    let read = cases::load(dir.path());
    (dir, read)
}

#[test]
fn a_field_that_nobody_knows_is_refused_with_its_path() {
    for (from, to, place) in [
        ("served_contact =", "served_contakt =", "request.served_contakt"),
        ("credential_kind =", "credential_sort =", "correction.request.requester.officer.credential_sort"),
        ("mail_domains =", "domains =", "agency[0].domains"),
        ("file_name = \"order", "filename = \"order", "correction.document[0].filename"),
        ("[production]", "[production]\nspeed = 1", "unknown field `speed`"),
        ("state = \"closed\"", "state = \"closed\"\nmood = \"glad\"", "unknown field `mood`"),
        ("title = \"An", "titel = \"x\"\ntitle = \"An", "unknown field `titel`"),
        ("result = \"positive\"", "result = \"good\"", "positive, negative, inconclusive"),
        ("[expect]", "[authority]\ncountrry = \"CN\"\n[expect]", "authority.countrry"),
        ("[expect]", "[[authority.approval]]\nwho = \"approver-1\"\n[expect]", "authority.approval"),
        ("last_record_time = 2026-08", "last_record_time = 2026-01", "production.file[1].last_record_time"),
    ] {
        let (_dir, read) = changed(from, to);
        let error = read.map(|_| ()).expect_err(to).to_string();
        assert!(error.contains(place) && error.contains("case.toml"), "{error}");
    }
}

#[test]
fn a_directory_without_cases_says_what_to_do() {
    let dir = TempDir::new().unwrap();
    let empty = cases::load(dir.path()).unwrap_err().to_string();
    assert!(empty.contains("ends in .toml"), "{empty}");
    let missing = cases::load(&dir.path().join("nowhere")).unwrap_err().to_string();
    assert!(missing.contains("nowhere") && missing.contains("--cases"), "{missing}");
}
