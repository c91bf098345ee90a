//! Every mutation of the schema, called once over five real processes: its replay gives the first answer, its `request_id`
//! is not taken for another body, and it leaves an audit entry and an event. A mutation that the scenario does not call
//! fails the test.

use rogatory_tests::{
    schema::methods,
    suite::{Area, Engine, Suite},
};

use crate::scenario::life;

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_is_done_once_and_leaves_a_trace_on_sqlite() {
    covers_all(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_is_done_once_and_leaves_a_trace_on_postgres() {
    covers_all(Engine::Postgres).await;
}

async fn covers_all(engine: Engine) {
    // Nearly everything is logged, so that what must not be in a log would be; frames of HTTP/2 hold no text.
    let suite = Suite::start_with(engine, "[server.telemetry]\nlog_filter = \"trace,h2=info,hyper=info\"").await;
    let seen = life(&suite).await;
    let missing: Vec<String> = methods()
        .into_iter()
        .filter(|method| method.mutates && !seen.contains(&method.path))
        .map(|method| method.path)
        .collect();
    assert!(missing.is_empty(), "mutations that the scenario does not call: {missing:#?}");
    no_sentinel_leaked(&suite).await;
}

/// Every sensitive field of the scenario holds the word `sentinel`; no log, event or audit entry may.
async fn no_sentinel_leaked(suite: &Suite) {
    for area in Area::ALL {
        let log = suite.log(area);
        let leak = log.lines().find(|line| line.to_lowercase().contains("sentinel"));
        assert!(leak.is_none(), "{} logged a sensitive value: {leak:?}", area.name());
        for table in ["events", "audit_entries"] {
            let sql =
                format!("SELECT COUNT(*) AS n FROM {table} AS t WHERE lower(CAST(t.facts AS text)) LIKE '%sentinel%'");
            assert_eq!(suite.count(area, &sql).await, 0, "{} has a sensitive value in {table}", area.name());
        }
    }
}
