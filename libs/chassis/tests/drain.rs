//! How a server ends.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rogatory_chassis::{Role, Service};
use rogatory_proto::rogatory::{
    events::v1::{StreamEventsRequest, event_service_client::EventServiceClient},
    intake::v1::{DownloadDocumentRequest, document_service_client::DocumentServiceClient},
    routing::v1::routing_service_client::RoutingServiceClient,
};
use tokio::{net::TcpStream, task::JoinSet};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::{
    sample::{Running, ask},
    wire::reason,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_hand_get_their_answers() {
    const CALLS: u32 = 600;
    let running = Running::start().await;
    let mut calls = JoinSet::new();
    // A connection takes 256 streams at once.
    let clients: Vec<_> = (0..4).map(|_| running.routing()).collect();
    for index in 0..CALLS {
        let mut client = clients[index as usize % clients.len()].clone();
        calls.spawn(async move { client.resolve_contact(ask("hold")).await });
    }
    running.sample.entered(CALLS).await;
    let Running { server, sample, database, .. } = running;
    let address = server.address();
    let stop = tokio::spawn(server.stop());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // The port is closed; the calls are still there.
    assert!(!stop.is_finished());
    sample.gate.add_permits(CALLS as usize);
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
    stop.await.unwrap();
    drop(database);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_done_was_answered() {
    let running = Running::start().await;
    let answers = Arc::new(AtomicU32::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..32 {
        let (mut client, answers) = (running.routing(), Arc::clone(&answers));
        // Calls without pause, until there is nobody to call.
        callers.spawn(async move {
            loop {
                match client.resolve_contact(ask("answer")).await {
                    Ok(_) => answers.fetch_add(1, Ordering::SeqCst),
                    Err(status) => return status,
                };
            }
        });
    }
    while answers.load(Ordering::SeqCst) < 500 {
        tokio::task::yield_now().await;
    }
    let Running { server, sample, database, .. } = running;
    server.stop().await;
    while let Some(last) = callers.join_next().await {
        // Not the server's answer: nobody was there, or the connection was told to end before the call was taken.
        let status = last.unwrap();
        assert!(status.source().is_some(), "{status:?}");
    }
    assert_eq!(sample.answered.load(Ordering::SeqCst), answers.load(Ordering::SeqCst));
    drop(database);
}

#[tokio::test]
async fn streams_end_with_a_word_and_do_not_keep_the_server() {
    let running = Running::start_with(|settings| settings.drain_timeout = Duration::from_secs(3_600)).await;
    let mut events = EventServiceClient::new(running.server.person("op", &[Role::Operator]));
    let mut events = events.stream_events(StreamEventsRequest::default()).await.unwrap().into_inner();
    let mut health = HealthClient::new(running.server.person("op", &[Role::Operator]));
    let mut health = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let mut documents = DocumentServiceClient::new(running.server.person("ann", &[Role::Analyst]));
    let wait = DownloadDocumentRequest { name: "wait".to_owned() };
    let mut waits = documents.download_document(wait).await.unwrap().into_inner();
    assert_eq!(waits.message().await.unwrap().unwrap().chunk, b"first");
    // Connections that say nothing do not keep it either.
    let _silent = TcpStream::connect(running.server.address()).await.unwrap();
    let _silent_too = TcpStream::connect(running.server.admin_address()).await.unwrap();

    let Running { server, database, .. } = running;
    let stop = tokio::spawn(server.stop());
    for status in [events.message().await.unwrap_err(), waits.message().await.unwrap_err()] {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "DEPENDENCY_DOWN"));
    }
    let mut last = None;
    while let Some(said) = health.message().await.unwrap() {
        last = Some(said.status());
    }
    assert_ne!(last, Some(ServingStatus::Serving));
    stop.await.unwrap();
    drop(database);
}

#[tokio::test]
async fn health_says_so_before_anything_closes() {
    let running = Running::start_with(|settings| settings.lame_duck = Duration::from_secs(2)).await;
    let mut health = HealthClient::new(running.server.admin_channel());
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let mut client = running.routing();
    let Running { server, database, .. } = running;
    let stop = tokio::spawn(server.stop());
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    // Whoever has not heard yet is still served, on a new connection.
    client.resolve_contact(ask("answer")).await.unwrap();
    stop.await.unwrap();
    drop(database);
}

#[tokio::test]
async fn a_call_that_does_not_end_is_cut_when_the_time_to_drain_is_over() {
    let running = Running::start_with(|settings| settings.drain_timeout = Duration::from_millis(100)).await;
    let mut client = running.routing();
    let call = tokio::spawn(async move { client.resolve_contact(ask("hold")).await });
    running.sample.entered(1).await;
    let Running { server, store, database, .. } = running;
    server.stop().await;
    call.await.unwrap().unwrap_err();
    assert!(store.ping().await.is_err(), "the database is closed");
    drop(database);
}

#[tokio::test]
async fn workers_are_told_to_stop_and_one_that_panics_is_started_again() {
    let database = rogatory_testkit::TestDatabase::sqlite();
    let store = database.connect().await;
    rogatory_store::migrate(&store, Vec::new).await.unwrap();
    let (runs, ends) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let service = Service::new("test", store).work("sometimes", {
        let (runs, ends) = (Arc::clone(&runs), Arc::clone(&ends));
        move |stop| {
            // Before there is a future, then within it.
            let run = runs.fetch_add(1, Ordering::SeqCst);
            assert!(run != 0, "the first run");
            let ends = Arc::clone(&ends);
            async move {
                assert!(run != 1, "the second run");
                stop.cancelled().await;
                ends.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let keys = Arc::new(rogatory_testkit::TestKeys::new());
    let server =
        rogatory_testkit::TestServer::start("routing", service, &keys, rogatory_chassis::SystemClock::shared()).await;
    while runs.load(Ordering::SeqCst) < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let other = RoutingServiceClient::new(server.person("ann", &[Role::Analyst])).resolve_contact(ask("x")).await;
    assert_eq!(reason(&other.unwrap_err()), "NO_SUCH_METHOD");
    server.stop().await;
    assert_eq!(ends.load(Ordering::SeqCst), 1);
}
