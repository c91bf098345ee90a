//! What the server does when it has as many calls in hand as it takes.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::{
    events::v1::{StreamEventsRequest, event_service_client::EventServiceClient},
    routing::v1::routing_service_client::RoutingServiceClient,
};
use tonic::Code;

use crate::{
    sample::{Running, ask},
    wire::{details, reason},
};

#[tokio::test]
async fn calls_over_the_limit_are_told_to_come_later() {
    let running = Running::start_with(|settings| settings.limits.max_in_flight = 1).await;
    let mut held = running.routing();
    let held = tokio::spawn(async move { held.resolve_contact(ask("hold")).await });
    running.sample.entered(1).await;

    let status = running.routing().resolve_contact(ask("answer")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    assert!(details(&status).retry_info().is_some_and(|retry| retry.retry_delay.is_some()));
    // A stranger is not told how busy the server is.
    let nobody = RoutingServiceClient::new(running.server.nobody()).resolve_contact(ask("answer")).await;
    assert_eq!(nobody.unwrap_err().code(), Code::Unauthenticated);

    running.sample.gate.add_permits(1);
    held.await.unwrap().unwrap();
    running.routing().resolve_contact(ask("answer")).await.unwrap();
    running.server.stop().await;
}

#[tokio::test]
async fn a_stream_does_not_use_up_what_calls_need_nor_a_call_what_streams_need() {
    let running = Running::start_with(|settings| {
        settings.limits.max_in_flight = 1;
        settings.limits.max_streams = 1;
    })
    .await;
    let mut events = EventServiceClient::new(running.server.person("op", &[Role::Operator]));
    let stream = events.stream_events(StreamEventsRequest::default()).await.unwrap();
    running.routing().resolve_contact(ask("answer")).await.unwrap();
    let status = events.stream_events(StreamEventsRequest::default()).await.unwrap_err();
    assert_eq!(reason(&status), "OVERLOADED");

    // Its place is free again once the caller has left it; when, the server learns with the next frame.
    drop(stream);
    while let Err(status) = events.stream_events(StreamEventsRequest::default()).await {
        assert_eq!(reason(&status), "OVERLOADED");
        tokio::task::yield_now().await;
    }
    running.server.stop().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_gives_its_place_back() {
    let running = Running::start_with(|settings| settings.limits.max_in_flight = 1).await;
    let mut held = running.routing();
    let held = tokio::spawn(async move { held.resolve_contact(ask("hold")).await });
    running.sample.entered(1).await;
    held.abort();
    while let Err(status) = running.routing().resolve_contact(ask("answer")).await {
        assert_eq!(reason(&status), "OVERLOADED");
        tokio::task::yield_now().await;
    }
    running.server.stop().await;
}
