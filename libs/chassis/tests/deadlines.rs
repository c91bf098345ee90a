//! Deadlines.

use std::time::Duration;

use rogatory_chassis::Role;
use rogatory_proto::rogatory::intake::v1::{DownloadDocumentRequest, document_service_client::DocumentServiceClient};
use tonic::{Code, Request, Status};

use crate::{
    sample::{Running, ask},
    wire::{fields, frame, raw, reason},
};

fn within<T>(message: T, timeout: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}

#[track_caller]
fn is_late(status: &Status) {
    assert_eq!((status.code(), reason(status).as_str()), (Code::DeadlineExceeded, "DEADLINE"));
}

/// So far ahead of the client's own timer that only the server's can be the first.
const MARGIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_late_answer_is_deadline_exceeded_and_the_server_says_so() {
    let running = Running::start_with(|settings| settings.limits.hop_margin = MARGIN).await;
    let timeout = MARGIN + Duration::from_millis(150);
    is_late(&running.routing().resolve_contact(within(ask("sleep"), timeout)).await.unwrap_err());
    assert!(running.sample.calls()[0].remaining <= Duration::from_millis(150));
    running.server.stop().await;
}

#[tokio::test]
async fn a_hopeless_call_is_refused_before_its_handler() {
    let running = Running::start_with(|settings| settings.limits.min_deadline = MARGIN).await;
    is_late(&running.routing().resolve_contact(within(ask("answer"), MARGIN)).await.unwrap_err());
    assert!(running.sample.calls().is_empty());
    running.routing().resolve_contact(within(ask("answer"), 2 * MARGIN)).await.unwrap();
    running.server.stop().await;
}

#[tokio::test]
async fn a_call_without_a_deadline_has_the_default_and_no_call_more_than_the_most() {
    let running = Running::start_with(|settings| {
        settings.limits.default_deadline = Duration::from_millis(150);
        settings.limits.max_deadline = Duration::from_millis(200);
    })
    .await;
    is_late(&running.routing().resolve_contact(ask("sleep")).await.unwrap_err());
    is_late(&running.routing().resolve_contact(within(ask("sleep"), Duration::from_secs(3_600))).await.unwrap_err());
    let most: Vec<bool> =
        running.sample.calls().iter().map(|seen| seen.remaining <= Duration::from_millis(200)).collect();
    assert_eq!(most, [true, true]);
    running.server.stop().await;
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline_and_has_none_by_default() {
    let running = Running::start_with(|settings| {
        settings.limits.hop_margin = MARGIN;
        settings.limits.default_deadline = Duration::from_millis(1);
    })
    .await;
    let mut documents = DocumentServiceClient::new(running.server.person("ann", &[Role::Analyst]));
    let wait = DownloadDocumentRequest { name: "wait".to_owned() };
    let timeout = MARGIN + Duration::from_millis(150);
    let mut stream = documents.download_document(within(wait.clone(), timeout)).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().chunk, b"first");
    is_late(&stream.message().await.unwrap_err());

    let mut stream = documents.download_document(wait).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().chunk, b"first");
    drop(stream);
    running.server.stop().await;
}

#[tokio::test]
async fn a_timeout_that_is_none_is_named() {
    let running = Running::start().await;
    let caller = running.server.person("ann", &[Role::Analyst]);
    let path = "/rogatory.routing.v1.RoutingService/ResolveContact";
    for timeout in ["soon", "1", "-1S", "123456789S"] {
        let status = raw(caller.clone(), path, &[("grpc-timeout", timeout)], frame('\0', "")).await;
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELDS_INVALID"));
        assert_eq!(fields(&status)[0].0, "grpc-timeout");
    }
    running.server.stop().await;
}
