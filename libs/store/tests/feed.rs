//! The feed gives every event exactly once, in one order, to whoever reads it from wherever.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rogatory_store::{StoreError, TokenMismatch, feed};
use sea_orm::{ConnectionTrait, Statement};

use crate::stage::{Stage, add, change};

on_both_engines! {
    a_tailing_reader_sees_every_event_exactly_once
    a_reader_resumes_where_it_stopped
    a_reader_may_ask_for_kinds
    a_follower_wakes_when_something_is_committed
    a_follower_sees_what_another_replica_commits
    a_wrong_cursor_is_refused
}

const WRITERS: usize = 12;
const EACH: usize = 15;

async fn a_tailing_reader_sees_every_event_exactly_once(stage: &Stage) {
    // On PostgreSQL each commit takes a random while after the events were inserted, so that transactions commit in
    // another order than they drew their sequence numbers in.
    if stage.store.engine() == rogatory_store::Engine::Postgres {
        let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(random() * 0.03); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION slow()";
        stage.store.read().execute_unprepared(slow).await.unwrap();
    }
    let done = Arc::new(AtomicBool::new(false));
    let naive = tokio::spawn(read_by_sequence_alone(stage.store.clone(), Arc::clone(&done)));
    let mut follower = feed::Follower::new(&stage.store, String::new(), Vec::new()).await.unwrap();
    let reader = tokio::spawn(async move {
        let mut seen = Vec::new();
        while seen.len() < WRITERS * EACH {
            seen.extend(follower.next(7).await.unwrap());
        }
        // Nothing comes after the last.
        assert_eq!(follower.ready(7).await.unwrap(), []);
        seen
    });
    let writers = (0..WRITERS).map(|writer| {
        let store = stage.store.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                let pause = Duration::from_micros(rand::random_range(0..3000));
                let work = async |tx: &_| {
                    let changed = add(tx, &format!("t{writer}")).await?;
                    tokio::time::sleep(pause).await;
                    Ok::<_, StoreError>(changed)
                };
                store.mutate(change(None), work).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let seen =
        tokio::time::timeout(Duration::from_secs(30), reader).await.expect("the reader misses an event").unwrap();
    done.store(true, Ordering::SeqCst);
    let ids: BTreeSet<_> = seen.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), WRITERS * EACH, "an event came twice");
    let mut values = BTreeMap::<_, Vec<usize>>::new();
    for event in &seen {
        values.entry(event.subject.clone()).or_default().push(event.facts["value"].parse().unwrap());
    }
    for (subject, values) in values {
        assert_eq!(values, (1..=EACH).collect::<Vec<_>>(), "{subject}");
    }
    // Whoever reads later sees the same in the same order.
    assert_eq!(stage.events().await, seen);
    // And the test bites: a reader that goes by the sequence number alone lost events in this very run.
    let naive = naive.await.unwrap();
    if stage.store.engine() == rogatory_store::Engine::Postgres {
        assert!(naive < WRITERS * EACH, "the commits came in the order of the sequence numbers");
    }
}

/// How many events a reader sees that asks for `seq > last` only.
async fn read_by_sequence_alone(store: rogatory_store::Store, done: Arc<AtomicBool>) -> usize {
    let (mut last, mut seen) = (0_i64, 0);
    while !done.load(Ordering::SeqCst) {
        let query = Statement::from_sql_and_values(
            store.read().get_database_backend(),
            "SELECT seq FROM events WHERE seq > $1 ORDER BY seq",
            [last.into()],
        );
        for row in store.read().query_all_raw(query).await.unwrap() {
            last = row.try_get("", "seq").unwrap();
            seen += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    seen
}

async fn a_reader_resumes_where_it_stopped(stage: &Stage) {
    for _ in 0..5 {
        stage.add(change(None), "a").await.unwrap();
    }
    let all = stage.events().await;
    assert_eq!(all.len(), 5);
    for (place, event) in all.iter().enumerate() {
        assert_eq!(feed::read(&stage.store, &event.cursor, &[], 100).await.unwrap(), all[place + 1..]);
    }
    // The cursor holds for another process, too.
    let other = stage.database.connect().await;
    assert_eq!(feed::read(&other, &all[2].cursor, &[], 1).await.unwrap(), all[3..4]);
}

async fn a_reader_may_ask_for_kinds(stage: &Stage) {
    stage.add(change(None), "a").await.unwrap();
    feed::settle(&stage.store).await.unwrap();
    let kinds = |kind: &str| vec![kind.to_owned()];
    assert_eq!(feed::read(&stage.store, "", &kinds("thing.added"), 10).await.unwrap().len(), 1);
    assert_eq!(feed::read(&stage.store, "", &kinds("thing.removed"), 10).await.unwrap(), []);
}

async fn a_follower_wakes_when_something_is_committed(stage: &Stage) {
    let mut follower = feed::Follower::new(&stage.store, String::new(), Vec::new()).await.unwrap();
    assert_eq!(follower.ready(10).await.unwrap(), []);
    let waiting = tokio::spawn(async move { follower.next(10).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(30)).await;
    stage.add(change(None), "a").await.unwrap();
    let events = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    assert_eq!(events.len(), 1);
}

async fn a_follower_sees_what_another_replica_commits(stage: &Stage) {
    let other = stage.database.connect().await;
    let mut follower = feed::Follower::new(&other, String::new(), Vec::new()).await.unwrap();
    stage.add(change(None), "a").await.unwrap();
    let events = tokio::time::timeout(Duration::from_secs(5), follower.next(10)).await.unwrap().unwrap();
    assert_eq!(events.len(), 1);
}

async fn a_wrong_cursor_is_refused(stage: &Stage) {
    stage.add(change(None), "a").await.unwrap();
    let cursor = stage.events().await[0].cursor.clone();
    let mismatch = StoreError::TokenMismatch(TokenMismatch);
    for wrong in ["0", "!", &cursor[1..], &format!("{cursor}A"), &cursor.to_lowercase()] {
        assert_eq!(feed::read(&stage.store, wrong, &[], 1).await.unwrap_err(), mismatch, "{wrong}");
        assert_eq!(feed::check_cursor(&stage.store, wrong).await.unwrap_err(), mismatch, "{wrong}");
    }
    for another in [Stage::sqlite().await, Stage::postgres().await] {
        assert_eq!(feed::read(&another.store, &cursor, &[], 1).await.unwrap_err(), mismatch);
    }
}
