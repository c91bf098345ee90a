//! Nothing is done twice.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rogatory_store::{Changed, StoreError};
use tokio::sync::Barrier;

use crate::stage::{Stage, add, change, insert};

on_both_engines! {
    a_repeated_call_gets_the_first_answer_and_does_nothing
    a_key_is_good_for_one_body
    a_key_belongs_to_its_caller_and_method
    calls_with_one_key_at_the_same_time_have_one_effect
    a_call_that_loses_against_its_twin_before_the_key_gets_the_answer
    without_a_key_every_call_counts
    a_failed_call_does_not_take_its_key
}

async fn a_repeated_call_gets_the_first_answer_and_does_nothing(stage: &Stage) {
    let first = stage.add(change(Some("k")), "a").await.unwrap();
    assert!(!first.replayed);
    stage.add(change(None), "a").await.unwrap();
    let ran = AtomicUsize::new(0);
    let again = stage
        .store
        .mutate(change(Some("k")), async |tx| {
            ran.fetch_add(1, Ordering::SeqCst);
            add(tx, "a").await
        })
        .await
        .unwrap();
    assert!(again.replayed);
    assert_eq!((again.answer::<i64>().unwrap(), again.resource.as_str()), (1, "things/a"));
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    assert_eq!(stage.value("a").await, Some(2));
    assert_eq!(stage.counts().await, [1, 2, 2, 1]);
}

async fn a_key_is_good_for_one_body(stage: &Stage) {
    stage.add(change(Some("k")), "a").await.unwrap();
    let mut other = change(Some("k"));
    other.body_digest = [8; 32];
    assert!(matches!(stage.add(other, "a").await.unwrap_err(), StoreError::RequestIdReused { .. }));
    assert_eq!(stage.value("a").await, Some(1));
}

async fn a_key_belongs_to_its_caller_and_method(stage: &Stage) {
    stage.add(change(Some("k")), "a").await.unwrap();
    let mut bob = change(Some("k"));
    bob.actor = "person:bob";
    assert!(!stage.add(bob, "a").await.unwrap().replayed);
    let mut other = change(Some("k"));
    other.method = "/rogatory.test.v1.ThingService/Other";
    assert!(!stage.add(other, "a").await.unwrap().replayed);
    assert_eq!(stage.value("a").await, Some(3));
}

async fn calls_with_one_key_at_the_same_time_have_one_effect(stage: &Stage) {
    const CALLS: usize = 16;
    for round in 0..5 {
        let key = format!("k{round}");
        let name = format!("t{round}");
        let start = Arc::new(Barrier::new(CALLS));
        let calls = (0..CALLS).map(|_| {
            let (store, start, key, name) = (stage.store.clone(), Arc::clone(&start), key.clone(), name.clone());
            tokio::spawn(async move {
                start.wait().await;
                store.mutate(change(Some(&key)), async |tx| add(tx, &name).await).await
            })
        });
        let mut fresh = 0;
        for call in calls.collect::<Vec<_>>() {
            let answer = call.await.unwrap().unwrap();
            assert_eq!(answer.answer::<i64>().unwrap(), 1);
            fresh += usize::from(!answer.replayed);
        }
        assert_eq!(fresh, 1);
        assert_eq!(stage.value(&name).await, Some(1));
    }
    assert_eq!(stage.counts().await, [5, 5, 5, 5]);
}

/// The twin's effect makes this call's own change fail (here: the name is taken). It must not be told of a conflict
/// with itself.
async fn a_call_that_loses_against_its_twin_before_the_key_gets_the_answer(stage: &Stage) {
    let start = Arc::new(Barrier::new(4));
    let calls = (0..4).map(|_| {
        let (store, start) = (stage.store.clone(), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            let create = async |tx: &_| {
                insert(tx, "a").await?;
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
                Ok::<_, StoreError>(Changed::new("things/a"))
            };
            store.mutate(change(Some("k")), create).await
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(stage.counts().await, [1, 0, 1, 1]);
}

async fn without_a_key_every_call_counts(stage: &Stage) {
    for _ in 0..3 {
        assert!(!stage.add(change(None), "a").await.unwrap().replayed);
    }
    assert_eq!(stage.value("a").await, Some(3));
}

async fn a_failed_call_does_not_take_its_key(stage: &Stage) {
    let failed = stage.store.mutate(change(Some("k")), async |_| Err(StoreError::Other("no".to_owned()))).await;
    failed.unwrap_err();
    let mut other = change(Some("k"));
    other.body_digest = [9; 32];
    assert!(!stage.add(other, "a").await.unwrap().replayed);
}
