use std::time::Duration;

use chrono::{DateTime, Utc};
use rogatory_disclosure::domain::{
    facts::Window,
    grant::{Grant, Permission, Record, State},
    production::{ProducedFile, uncovered},
    token::{KeySet, Signer, Token},
};
use rogatory_names::{DecisionId, GrantId, RequestId};
use rogatory_rulebook::Digest;

use super::{day, token::ed25519};

/// A grant of November for the orders of January and of March, and for the identity.
pub(super) fn grant() -> Grant {
    let permission = |element: &str, window| Permission {
        item_id: "item-1".to_owned(),
        target_id: "target-1".to_owned(),
        element: element.to_owned(),
        window,
        storage: vec!["SG".parse().unwrap(), "DE".parse().unwrap()],
    };
    Grant {
        id: GrantId::new(),
        decision: DecisionId::new(),
        request: RequestId::new(),
        state: State::Active,
        permissions: vec![
            permission("orders", Some(Window { start: day(1, 1), end: day(2, 1) })),
            permission("orders", Some(Window { start: day(3, 1), end: day(4, 1) })),
            permission("account-identity", None),
        ],
        purpose: "The criminal matter of a request; no other use.".to_owned(),
        create_time: day(11, 1),
        expire_time: day(12, 1),
        revocation: None,
        token: Token::default(),
    }
}

pub(super) fn record(target: &str, element: &str, time: Option<DateTime<Utc>>, storage: &str) -> Record {
    Record { target_id: target.to_owned(), element: element.to_owned(), time, storage: storage.parse().unwrap() }
}

#[test]
fn a_record_leaves_only_when_it_is_plainly_covered() {
    let grant = grant();
    let signer = Signer::new(ed25519([1; 32]).as_bytes(), KeySet::default()).unwrap();
    let token = signer.sign_grant(&grant).unwrap();
    let offline = signer.key_set().grant(token.as_str(), day(11, 2)).unwrap();
    let (second, micro) = (Duration::from_secs(1), Duration::from_micros(1));
    let cases = [
        ("GRANTED", record("target-1", "orders", Some(day(1, 1)), "SG")),
        ("GRANTED", record("target-1", "orders", Some(day(2, 1) - micro), "DE")),
        ("GRANTED", record("target-1", "orders", Some(day(3, 1)), "SG")),
        ("OUTSIDE_WINDOW", record("target-1", "orders", Some(day(1, 1) - micro), "SG")),
        ("OUTSIDE_WINDOW", record("target-1", "orders", Some(day(2, 1)), "SG")),
        ("OUTSIDE_WINDOW", record("target-1", "orders", Some(day(3, 1) - second), "SG")),
        ("OUTSIDE_WINDOW", record("target-1", "orders", Some(day(4, 1) + second), "SG")),
        ("OUTSIDE_WINDOW", record("target-1", "orders", Some(day(4, 1)), "SG")),
        ("RECORD_TIME_NEEDED", record("target-1", "orders", None, "SG")),
        ("STORAGE_COUNTRY_NOT_COVERED", record("target-1", "orders", Some(day(1, 15)), "CN")),
        ("NOT_GRANTED", record("target-2", "orders", Some(day(1, 15)), "SG")),
        ("NOT_GRANTED", record("target-1", "messages", Some(day(1, 15)), "SG")),
        ("GRANTED", record("target-1", "account-identity", None, "SG")),
        ("GRANTED", record("target-1", "account-identity", Some(day(11, 20)), "SG")),
    ];
    for (code, record) in cases {
        let answer = grant.check(&record, day(11, 2));
        assert_eq!((answer.finding.code(), answer.permitted), (code, code == "GRANTED"), "{record:?}");
        assert!(!answer.finding.citations().is_empty());
        assert_eq!(offline.check(&record, day(11, 2)), answer, "offline as online");
    }
}

#[test]
fn nothing_leaves_under_an_expired_or_revoked_grant() {
    let mut grant = grant();
    let record = record("target-1", "account-identity", None, "SG");
    assert!(grant.check(&record, day(12, 1) - Duration::from_micros(1)).permitted);
    assert_eq!(grant.check(&record, day(12, 1)).finding.code(), "GRANT_EXPIRED");
    assert!(grant.revoke("person:a", "why".to_owned(), day(11, 2)));
    assert!(!grant.revoke("person:a", "why".to_owned(), day(11, 2)), "once");
    assert_eq!(grant.check(&record, day(11, 3)).finding.code(), "GRANT_REVOKED");
    assert!(!grant.is_in_force(day(11, 3)));
}

#[test]
fn one_permission_must_cover_all_of_a_file() {
    let grant = grant();
    let file = |element: &str, first, last| ProducedFile {
        file_name: "a.csv".to_owned(),
        size_bytes: 42,
        digest: Digest::of("a"),
        record_count: 3,
        target_id: "target-1".to_owned(),
        element: element.to_owned(),
        first_record_time: first,
        last_record_time: last,
        storage: "SG".parse().unwrap(),
    };
    let orders = |first, last| file("orders", Some(first), Some(last));
    let (second, whole) = (Duration::from_secs(1), orders(day(1, 1), day(2, 1) - Duration::from_micros(1)));
    let (first, last, storage) = (Some("first_record_time"), Some("last_record_time"), Some("storage_country"));
    let elsewhere = |file: ProducedFile| ProducedFile { storage: "CN".parse().unwrap(), ..file };
    let cases: [(ProducedFile, Vec<Option<&str>>); 15] = [
        (whole.clone(), vec![]),
        (orders(day(3, 1), day(3, 31)), vec![]),
        (orders(day(1, 1) - second, day(1, 20)), vec![first]),
        (orders(day(1, 20), day(2, 1)), vec![last]),
        (orders(day(1, 20), day(3, 20)), vec![last]),
        (orders(day(2, 5), day(2, 6)), vec![first, last]),
        (file("orders", None, None), vec![first, last]),
        (file("orders", Some(day(1, 5)), None), vec![last]),
        (ProducedFile { record_count: 0, ..file("orders", None, None) }, vec![]),
        (ProducedFile { record_count: 0, ..orders(day(2, 5), day(2, 5)) }, vec![first, last]),
        (elsewhere(whole.clone()), vec![storage]),
        (elsewhere(orders(day(1, 20), day(2, 1))), vec![last, storage]),
        (file("account-identity", None, None), vec![]),
        (ProducedFile { target_id: "target-2".to_owned(), ..whole }, vec![None]),
        (file("messages", None, None), vec![None]),
    ];
    for (file, fields) in cases {
        let named: Vec<_> = uncovered(&grant, &file).into_iter().map(|(field, _)| field).collect();
        assert_eq!(named, fields, "{} {:?} {:?}", file.element, file.first_record_time, file.last_record_time);
    }
}
