//! Every change leaves an event and an audit entry, and a change that fails leaves nothing.

use rogatory_store::StoreError;
use sea_orm::ConnectionTrait;

use crate::stage::{METHOD, Stage, add, change};

on_both_engines! {
    a_change_is_told_in_full
    a_failed_change_leaves_nothing
    a_dropped_call_leaves_nothing
    the_audit_ledger_cannot_be_changed
}

async fn a_change_is_told_in_full(stage: &Stage) {
    let change = change(Some("k"));
    let time = change.now;
    stage.add(change, "a").await.unwrap();
    let [event] = <[_; 1]>::try_from(stage.events().await).unwrap();
    assert_eq!((event.kind.as_str(), event.subject.as_str(), event.request), ("thing.added", "things/a", None));
    assert_eq!((event.actor.as_str(), event.correlation_id.as_str(), event.time), ("person:alice", "c-1", time));
    assert_eq!(event.facts["value"], "1");
    let [entry] = <[_; 1]>::try_from(stage.audit().await).unwrap();
    assert_eq!(
        (entry.actor.as_str(), entry.method.as_str(), entry.resource.as_str()),
        ("person:alice", METHOD, "things/a")
    );
    assert_eq!((entry.request_id.as_deref(), entry.correlation_id.as_str(), entry.time), (Some("k"), "c-1", time));
    assert_eq!(entry.facts["value"], "1");
}

async fn a_failed_change_leaves_nothing(stage: &Stage) {
    let fail = async |tx: &_| {
        add(tx, "a").await?;
        Err(StoreError::Other("the rules say no".to_owned()))
    };
    stage.store.mutate(change(Some("k")), fail).await.unwrap_err();
    assert_eq!(stage.counts().await, [0, 0, 0, 0]);
}

async fn a_dropped_call_leaves_nothing(stage: &Stage) {
    let stuck = stage.store.mutate(change(Some("k")), async |tx| {
        add(tx, "a").await?;
        std::future::pending().await
    });
    let patience = std::time::Duration::from_millis(100);
    tokio::time::timeout(patience, stuck).await.map(|answer: Result<_, StoreError>| answer).unwrap_err();
    // The connection is free again and its transaction is gone.
    stage.add(change(Some("k")), "b").await.unwrap();
    assert_eq!(stage.counts().await, [1, 1, 1, 1]);
    assert_eq!(stage.value("a").await, None);
}

async fn the_audit_ledger_cannot_be_changed(stage: &Stage) {
    stage.add(change(None), "a").await.unwrap();
    for statement in ["UPDATE audit_entries SET actor = 'person:mallory'", "DELETE FROM audit_entries"] {
        let tamper = async |tx: &rogatory_store::Tx| {
            tx.execute_unprepared(statement).await?;
            Ok::<_, StoreError>(())
        };
        stage.store.transaction("tamper", tamper).await.unwrap_err();
    }
    assert_eq!(stage.audit().await[0].actor, "person:alice");
}
