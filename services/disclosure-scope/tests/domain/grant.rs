use std::time::Duration;

use chrono::{DateTime, Utc};
use rogatory_disclosure::domain::{
    facts::Window,
    grant::{Grant, Permission, Record, State},
};
use rogatory_names::{DecisionId, GrantId, RequestId};

use super::day;

fn grant() -> Grant {
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
        create_time: day(11, 1),
        expire_time: day(12, 1),
        revocation: None,
    }
}

fn record(target: &str, element: &str, time: Option<DateTime<Utc>>, storage: &str) -> Record {
    Record { target_id: target.to_owned(), element: element.to_owned(), time, storage: storage.parse().unwrap() }
}

#[test]
fn a_record_leaves_only_when_it_is_plainly_covered() {
    let grant = grant();
    let micro = Duration::from_micros(1);
    let cases = [
        ("GRANTED", record("target-1", "orders", Some(day(1, 1)), "SG")),
        ("GRANTED", record("target-1", "orders", Some(day(2, 1) - micro), "DE")),
        ("GRANTED", record("target-1", "orders", Some(day(3, 1)), "SG")),
        ("OUTSIDE_WINDOW", record("target-1", "orders", Some(day(1, 1) - micro), "SG")),
        ("OUTSIDE_WINDOW", record("target-1", "orders", Some(day(2, 1)), "SG")),
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
