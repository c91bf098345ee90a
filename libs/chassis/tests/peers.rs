//! Calls from one service to another.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use chrono::Utc;
use rogatory_chassis::{CallContext, Failure, PeerChannel, PeerSettings, Violation};
use rogatory_proto::rogatory::rulebook::v1::Reason;
use rogatory_testkit::{TestDatabase, TestKeys};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Request;

use crate::sample::{Running, ask, resolve};

const PATIENCE: Duration = Duration::from_secs(30);

fn context(budget: Duration) -> CallContext {
    CallContext::for_worker("docket", Utc::now(), budget)
}

fn settings(keys: &TestKeys) -> PeerSettings {
    keys.development().peer("intake", "https://localhost:1".to_owned())
}

/// What the name of the peer stands for, as the test says.
type Names = Arc<Mutex<io::Result<Vec<SocketAddr>>>>;

fn channel(settings: &PeerSettings, names: &Names) -> PeerChannel {
    let names = Arc::clone(names);
    let lookup = move || {
        let found = match &*names.lock().unwrap() {
            Ok(found) => Ok(found.iter().copied().collect::<BTreeSet<_>>()),
            Err(error) => Err(error.kind().into()),
        };
        async move { found }
    };
    PeerChannel::resolving("routing", settings, lookup).unwrap()
}

fn names(addresses: impl IntoIterator<Item = SocketAddr>) -> Names {
    Arc::new(Mutex::new(Ok(addresses.into_iter().collect())))
}

fn to(running: &Running) -> PeerChannel {
    channel(&settings(&running.keys), &names([running.server.address()]))
}

async fn start(keys: &Arc<TestKeys>) -> Running {
    Running::start_on(TestDatabase::sqlite(), Arc::clone(keys), |_| {}).await
}

#[tokio::test]
async fn calls_are_spread_over_replicas_and_survive_one() {
    let keys = Arc::new(TestKeys::new());
    let (one, two) = (start(&keys).await, start(&keys).await);
    let peer = channel(&settings(&keys), &names([one.server.address(), two.server.address()]));
    let mut calls = 0;
    while one.sample.calls().is_empty() || two.sample.calls().is_empty() {
        peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap();
        calls += 1;
        assert!(calls < 1_000, "every call went to the same replica");
    }
    // DNS still has the address of the one that goes, while calls are made without pause.
    let gone = CancellationToken::new();
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let (peer, gone) = (peer.clone(), gone.clone());
        callers.spawn(async move {
            while !gone.is_cancelled() {
                peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap();
            }
            for _ in 0..10 {
                peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap();
            }
        });
    }
    one.server.stop().await;
    gone.cancel();
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    two.server.stop().await;
}

#[tokio::test]
async fn a_replica_that_comes_is_found() {
    let keys = Arc::new(TestKeys::new());
    let (one, two) = (start(&keys).await, start(&keys).await);
    let names = names([one.server.address()]);
    let peer = channel(&settings(&keys), &names);
    peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap();
    *names.lock().unwrap() = Ok(vec![two.server.address()]);
    one.server.stop().await;
    peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap();
    assert_eq!(two.sample.calls().len(), 1);
    two.server.stop().await;
}

#[tokio::test]
async fn a_name_that_stands_for_more_than_the_server_listens_on_works() {
    let running = start(&Arc::new(TestKeys::new())).await;
    // `localhost`: 127.0.0.1, and where there is IPv6, ::1 too, on which the server does not listen.
    let settings = running.keys.development().peer("intake", running.server.endpoint());
    let peer = PeerChannel::new("routing", &settings).unwrap();
    for _ in 0..20 {
        peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap();
    }
    running.server.stop().await;
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_costs_no_more_than_the_deadline_and_may_come() {
    let running = start(&Arc::new(TestKeys::new())).await;
    let names: Names = Arc::new(Mutex::new(Err(io::ErrorKind::NotFound.into())));
    let peer = channel(&settings(&running.keys), &names);
    let failed = peer.call(&context(Duration::from_millis(200)), ask("answer"), resolve).await.unwrap_err();
    assert!(matches!(failed, Failure::Deadline), "{failed:?}");
    let waiting = tokio::spawn({
        let peer = peer.clone();
        async move { peer.call(&context(PATIENCE), ask("answer"), resolve).await }
    });
    *names.lock().unwrap() = Ok(vec![running.server.address()]);
    waiting.await.unwrap().unwrap();
    running.server.stop().await;
}

#[tokio::test]
async fn a_peer_that_is_down_is_told_as_such() {
    let keys = TestKeys::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let peer = channel(&settings(&keys), &names([closed]));
    let failed = peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap_err();
    assert!(matches!(&failed, Failure::DependencyDown { dependency } if dependency == "routing"), "{failed:?}");
}

#[tokio::test]
async fn a_peer_of_another_authority_is_not_spoken_to() {
    let running = start(&Arc::new(TestKeys::new())).await;
    let peer = channel(&settings(&TestKeys::new()), &names([running.server.address()]));
    let failed = peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap_err();
    assert!(matches!(failed, Failure::DependencyDown { .. }), "{failed:?}");
    assert!(running.sample.calls().is_empty());
    running.server.stop().await;
}

#[tokio::test]
async fn a_call_is_repeated_while_the_peer_is_unavailable_and_there_is_time() {
    let running = start(&Arc::new(TestKeys::new())).await;
    let peer = to(&running);
    running.sample.unavailable.store(2, Ordering::SeqCst);
    let context = context(PATIENCE);
    peer.call(&context, ask("answer"), resolve).await.unwrap();
    let calls = running.sample.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|seen| seen.correlation_id == context.correlation_id.to_string()));
    assert!(calls.windows(2).all(|pair| pair[1].remaining < pair[0].remaining), "{calls:?}");

    running.sample.unavailable.store(100, Ordering::SeqCst);
    let failed = peer.call(&context, ask("answer"), resolve).await.unwrap_err();
    assert!(matches!(failed, Failure::DependencyDown { .. }), "{failed:?}");
    assert_eq!(running.sample.calls().len(), 3 + 4);

    // Another attempt would have less than the least that is worth it.
    let mut strict = settings(&running.keys);
    strict.min_deadline = PATIENCE - Duration::from_millis(40);
    let peer = channel(&strict, &names([running.server.address()]));
    peer.call(&self::context(PATIENCE), ask("answer"), resolve).await.unwrap_err();
    assert_eq!(running.sample.calls().len(), 3 + 4 + 1);
    running.server.stop().await;
}

#[tokio::test]
async fn what_may_not_succeed_unchanged_is_not_repeated() {
    let running = start(&Arc::new(TestKeys::new())).await;
    for what in ["INTERNAL", "CONTENTION", "OVERLOADED", "panic"] {
        let before = running.sample.calls().len();
        to(&running).call(&context(PATIENCE), ask(what), resolve).await.unwrap_err();
        assert_eq!(running.sample.calls().len(), before + 1, "{what}");
    }
    running.server.stop().await;
}

#[tokio::test]
async fn what_is_left_of_the_deadline_goes_along() {
    let running = start(&Arc::new(TestKeys::new())).await;
    let peer = to(&running);
    peer.call(&context(PATIENCE), ask("answer"), resolve).await.unwrap();
    let seen = running.sample.calls()[0].clone();
    assert!(seen.timeout.is_some());
    assert!(seen.remaining < PATIENCE - PeerSettings::default().hop_margin, "{seen:?}");

    let failed = peer.call(&context(Duration::from_millis(50)), ask("answer"), resolve).await.unwrap_err();
    assert!(matches!(failed, Failure::Deadline), "{failed:?}");
    assert_eq!(running.sample.calls().len(), 1, "a hopeless call was made");
    running.server.stop().await;
}

#[tokio::test]
async fn trace_and_correlation_id_go_through_two_services() {
    let keys = Arc::new(TestKeys::new());
    let (first, second) = (start(&keys).await, start(&keys).await);
    first.sample.peer.set(to(&second)).unwrap();
    let mut request = Request::new(rogatory_proto::rogatory::routing::v1::ResolveContactRequest {
        residence_country: "answer".to_owned(),
        ..ask("forward")
    });
    let trace = "0af7651916cd43dd8448eb211c80319c";
    request.metadata_mut().insert("traceparent", format!("00-{trace}-b7ad6b7169203331-01").parse().unwrap());
    request.metadata_mut().insert("x-request-id", "case-7".parse().unwrap());
    first.routing().resolve_contact(request).await.unwrap();
    let seen = second.sample.calls()[0].clone();
    assert_eq!(seen.correlation_id, "case-7");
    assert_eq!(seen.traceparent.unwrap().split('-').nth(1), Some(trace));
    assert!(seen.remaining < first.sample.calls()[0].remaining);

    // A header that is no trace context is not passed on.
    let mut request = Request::new(ask("forward"));
    request.get_mut().residence_country = "answer".to_owned();
    request.metadata_mut().insert("traceparent", "00-zz-b7ad6b7169203331-01".parse().unwrap());
    first.routing().resolve_contact(request).await.unwrap();
    assert_eq!(second.sample.calls()[1].traceparent, None);
    first.server.stop().await;
    second.server.stop().await;
}

#[tokio::test]
async fn a_peers_errors_keep_their_kind() {
    let running = start(&Arc::new(TestKeys::new())).await;
    let peer = to(&running);
    for of in (1..100).filter_map(|number| Reason::try_from(number).ok()) {
        let name = of.as_str_name().trim_start_matches("REASON_");
        let failed = peer.call(&context(PATIENCE), ask(name), resolve).await.unwrap_err();
        let expected = match of {
            Reason::NotFound
            | Reason::AlreadyExists
            | Reason::EtagMismatch
            | Reason::Contention
            | Reason::StateForbids
            | Reason::SecondPersonNeeded
            | Reason::NoRevisionInForce
            | Reason::RevisionUnusable
            | Reason::Deadline
            | Reason::DependencyDown => of,
            Reason::TooLarge | Reason::Overloaded => Reason::DependencyDown,
            // The caller of this service has done nothing wrong when this service calls another wrongly.
            _ => Reason::Internal,
        };
        assert_eq!(failed.reason(), expected, "{name}");
        match failed {
            Failure::StateForbids { name, state, violations } => {
                let violation = Violation {
                    code: "NOT_VERIFIED".to_owned(),
                    subject: name.clone(),
                    description: "verify it first".to_owned(),
                };
                assert_eq!((name.as_str(), state.as_str()), ("requests/req_1", "CLOSED"));
                assert_eq!(violations, [violation]);
            }
            Failure::NotFound { name } | Failure::SecondPersonNeeded { name } => assert_eq!(name, "requests/req_1"),
            Failure::NoRevisionInForce { document } => assert_eq!(document, "guide"),
            Failure::RevisionUnusable { revision, document } => {
                assert_eq!((revision.as_str(), document.as_str()), ("guideRevisions/rev_1", "guide"));
            }
            Failure::DependencyDown { dependency } => assert_eq!(dependency, "routing"),
            _ => {}
        }
    }
    running.server.stop().await;
}

#[tokio::test]
async fn settings_that_make_no_channel_are_named() {
    let keys = TestKeys::new();
    let faults = |change: &dyn Fn(&mut PeerSettings)| {
        let (mut settings, mut faults) = (settings(&keys), Vec::new());
        change(&mut settings);
        settings.check("routing", &mut faults);
        faults
    };
    assert_eq!(faults(&|_| {}), Vec::<String>::new());
    for endpoint in ["", "http://localhost:1", "localhost:1", "https://"] {
        let told = faults(&|settings| endpoint.clone_into(&mut settings.endpoint));
        assert!(told[0].starts_with("peers.routing.endpoint"), "{endpoint} {told:?}");
    }
    let bare =
        faults(&|settings| *settings = PeerSettings { endpoint: "https://x:1".to_owned(), ..Default::default() });
    assert_eq!(bare.len(), 3, "{bare:?}");
    let missing = faults(&|settings| settings.ca_file = Some("/nowhere/ca.pem".into()));
    assert!(missing[0].contains("/nowhere/ca.pem"), "{missing:?}");
    let error = PeerChannel::new("routing", &PeerSettings::default()).unwrap_err();
    assert!(error.to_string().starts_with("peers.routing: "), "{error}");
}
