//! The event feed over gRPC.

use chrono::Utc;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::events::v1::{Event, StreamEventsRequest, event_service_client::EventServiceClient};
use rogatory_store::{Change, Changed, NewEvent, Store, StoreError};
use rogatory_testkit::Signed;
use tonic::{Code, Streaming};

use crate::{
    sample::Running,
    wire::{fields, reason},
};

async fn publish(store: &Store, kind: &str) {
    let change = Change {
        method: "/rogatory.test.v1.Test/Change",
        actor: "person:ann",
        correlation_id: "corr-1",
        request_id: None,
        body_digest: [0; 32],
        now: Utc::now(),
    };
    let event = NewEvent::new(kind, "verifications/ver_1").of_request("requests/req_1").fact("state", "CONCLUDED");
    let changed = Changed::new("verifications/ver_1").event(event);
    store.mutate(change, async move |_| Ok::<_, StoreError>(changed)).await.unwrap();
}

fn client(running: &Running) -> EventServiceClient<Signed> {
    EventServiceClient::new(running.server.peer("intake"))
}

async fn rest(mut stream: Streaming<Event>) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        events.push(event);
    }
    events
}

fn until_now(cursor: &str, kinds: &[&str]) -> StreamEventsRequest {
    let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    StreamEventsRequest { cursor: cursor.to_owned(), kinds, until_now: true }
}

#[tokio::test]
async fn a_reader_resumes_from_its_cursor_and_sees_the_kinds_that_it_asked_for() {
    let running = Running::start().await;
    for kind in ["verification.opened", "verification.concluded", "verification.opened"] {
        publish(&running.store, kind).await;
    }
    let all = rest(client(&running).stream_events(until_now("", &[])).await.unwrap().into_inner()).await;
    let kinds: Vec<&str> = all.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["verification.opened", "verification.concluded", "verification.opened"]);
    let first = &all[0];
    assert!(first.name.starts_with("events/evt_"), "{}", first.name);
    assert_eq!((first.subject.as_str(), first.request.as_str()), ("verifications/ver_1", "requests/req_1"));
    assert_eq!((first.actor.as_str(), first.correlation_id.as_str()), ("person:ann", "corr-1"));
    assert_eq!(first.facts["state"], "CONCLUDED");

    let after = rest(client(&running).stream_events(until_now(&first.cursor, &[])).await.unwrap().into_inner()).await;
    assert_eq!(after, all[1..]);
    let asked = until_now("", &["verification.concluded"]);
    assert_eq!(rest(client(&running).stream_events(asked).await.unwrap().into_inner()).await, all[1..2]);
    let none = until_now(&all[2].cursor, &[]);
    assert_eq!(rest(client(&running).stream_events(none).await.unwrap().into_inner()).await, []);
    running.server.stop().await;
}

#[tokio::test]
async fn a_stream_that_stays_open_gets_what_is_committed_later() {
    let running = Running::start().await;
    publish(&running.store, "grant.issued").await;
    let mut stream = client(&running).stream_events(StreamEventsRequest::default()).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().kind, "grant.issued");
    publish(&running.store, "grant.revoked").await;
    assert_eq!(stream.message().await.unwrap().unwrap().kind, "grant.revoked");
    // More than one page at once, and more than the stream's buffer.
    for _ in 0..450 {
        publish(&running.store, "grant.issued").await;
    }
    for _ in 0..450 {
        assert_eq!(stream.message().await.unwrap().unwrap().kind, "grant.issued");
    }
    let Running { server, database, .. } = running;
    let stop = tokio::spawn(server.stop());
    // An end without a word would say that there is no more.
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "DEPENDENCY_DOWN"));
    stop.await.unwrap();
    drop(database);
}

#[tokio::test]
async fn a_cursor_of_another_service_and_too_many_kinds_are_named() {
    let (running, other) = (Running::start().await, Running::start().await);
    publish(&other.store, "grant.issued").await;
    let theirs = rest(client(&other).stream_events(until_now("", &[])).await.unwrap().into_inner()).await;
    for cursor in [theirs[0].cursor.as_str(), "garbage", "AAAA"] {
        let status = client(&running).stream_events(until_now(cursor, &[])).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "TOKEN_MISMATCH"));
        assert_eq!(fields(&status)[0].0, "cursor");
    }
    let kinds: Vec<&str> = std::iter::repeat_n("grant.issued", 101).collect();
    let status = client(&running).stream_events(until_now("", &kinds)).await.unwrap_err();
    assert_eq!((reason(&status).as_str(), fields(&status)[0].0.as_str()), ("FIELDS_INVALID", "kinds"));
    let mut analyst = EventServiceClient::new(running.server.person("ann", &[Role::Analyst]));
    assert_eq!(reason(&analyst.stream_events(until_now("", &[])).await.unwrap_err()), "CALLER_NOT_LISTED");
    running.server.stop().await;
    other.server.stop().await;
}
