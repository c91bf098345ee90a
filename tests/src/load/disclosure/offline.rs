//! What a data platform does for each record without a call: it checks the grant's token and asks it.

use std::{hint::black_box, sync::Arc};

use chrono::Utc;
use rogatory_disclosure::domain::{grant::Record, token::KeySet};
use rogatory_testkit::{TestDatabase, TestKeys};

use super::{granted::granted, scopes, timed::Times};
use crate::load::effort::Effort;

/// Measures the signature together with the question, and the question alone.
pub(super) async fn measure(effort: &Effort) {
    let keys = Arc::new(TestKeys::new());
    let database = TestDatabase::sqlite();
    let granted = granted(&keys, &database).await;
    let set = KeySet::read(&granted.jwks).expect("a key set");
    let record = Record {
        target_id: scopes::TARGET.to_owned(),
        element: "orders".to_owned(),
        time: Some(granted.now - chrono::Duration::days(40)),
        storage: "SG".parse().expect("a country"),
    };
    let token = &granted.grant.token;
    // A grant that was made a moment ago in the clock of its test is in force for days.
    let now = granted.now.max(Utc::now()) + chrono::Duration::seconds(2);
    let (mut each, mut once) = (Times::new(), Times::new());
    let signed = set.grant(token, now).expect("a token of the service");
    assert!(signed.check(&record, now).permitted, "what is measured is a yes");
    for _ in effort.rounds() {
        each.of(effort.time(), |_| {
            let signed = set.grant(black_box(token), now).expect("a token of the service");
            black_box(signed.check(black_box(&record), now));
        });
        once.of(effort.time(), |_| {
            black_box(signed.check(black_box(&record), now));
        });
    }
    println!(
        "\nA record checked offline (Ed25519); a grant of {} permissions, a token of {} bytes",
        granted.grant.permissions.len(),
        token.len()
    );
    println!("{:<44} {:>9} {:>9} {:>11}", "", "p50 µs", "p99 µs", "times");
    for (what, times) in [("token read and checked for each record", each), ("token read once, record asked", once)] {
        println!("{what:<44} {:>9.1} {:>9.1} {:>11}", times.micros(0.5), times.micros(0.99), times.count());
    }
}
