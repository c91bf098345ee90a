//! Messages that are no messages, and what every error has.

use futures::stream;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::{
    intake::v1::{
        DownloadDocumentRequest, UploadDocumentRequest, document_service_client::DocumentServiceClient,
        upload_document_request::Part,
    },
    routing::v1::{ResolveContactRequest, routing_service_client::RoutingServiceClient},
    rulebook::v1::Reason,
};
use tonic::{Code, Request};

use crate::{
    sample::{Running, ask, failure},
    wire::{details, facts, fields, frame, raw, reason},
};

const RESOLVE: &str = "/rogatory.routing.v1.RoutingService/ResolveContact";
const UPLOAD: &str = "/rogatory.intake.v1.DocumentService/UploadDocument";
const REFLECT: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// A length-delimited field that promises more than there is.
const BROKEN: &str = "\u{a}\u{7f}x";

#[tokio::test]
async fn a_message_that_cannot_be_decoded_is_the_callers_fault() {
    let running = Running::start().await;
    let caller = || running.server.person("ann", &[Role::Analyst]);
    for (path, body) in [
        (RESOLVE, frame('\0', BROKEN)),
        // Not UTF-8 in a string would be, but a String cannot be: a field with the wrong wire type.
        (RESOLVE, frame('\0', "\u{8}\u{1}")),
        // A frame that is cut off, one with a flag that is none, and no frame.
        (RESOLVE, frame('\0', "abcdef")[..8].to_owned()),
        (RESOLVE, frame('\u{7}', "")),
        (RESOLVE, String::new()),
        (UPLOAD, frame('\0', BROKEN)),
        // Where the answer is under way already.
        (REFLECT, frame('\0', BROKEN)),
        (REFLECT, frame('\0', "") + &frame('\0', BROKEN)),
    ] {
        let status = raw(caller(), path, &[], body.clone()).await;
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, "FIELDS_INVALID"),
            "{path} {body:?}: {status:?}"
        );
    }
    assert!(running.sample.calls().is_empty());
    running.server.stop().await;
}

#[tokio::test]
async fn a_compressed_message_is_refused_before_it_is_unpacked() {
    let running = Running::start().await;
    let caller = || running.server.person("ann", &[Role::Analyst]);
    for encoding in ["gzip", "deflate", "zstd", "nonsense"] {
        let status = raw(caller(), RESOLVE, &[("grpc-encoding", encoding)], frame('\u{1}', "bomb")).await;
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELDS_INVALID"));
        assert_eq!(fields(&status)[0].0, "grpc-encoding");
    }
    // Flagged as compressed without saying how.
    let status = raw(caller(), RESOLVE, &[], frame('\u{1}', "bomb")).await;
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    running.server.stop().await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_too_large() {
    let running = Running::start().await;
    let large = "x".repeat(5 * 1024 * 1024);
    let status = running.routing().resolve_contact(ask(&large)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "TOO_LARGE"));
    assert_eq!(facts(&status)["limit"], (4 * 1024 * 1024).to_string());

    let part = UploadDocumentRequest { part: Some(Part::Chunk(large.into_bytes())) };
    let mut documents = DocumentServiceClient::new(running.server.person("ann", &[Role::Analyst]));
    let status = documents.upload_document(stream::iter([part])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "TOO_LARGE"));
    running.server.stop().await;
}

#[tokio::test]
async fn headers_over_the_limit_do_not_reach_a_handler() {
    let running = Running::start().await;
    let mut request = Request::new(ask("answer"));
    request.metadata_mut().insert("x-large", "x".repeat(20_000).parse().unwrap());
    running.routing().resolve_contact(request).await.unwrap_err();
    assert!(running.sample.calls().is_empty());
    running.routing().resolve_contact(ask("answer")).await.unwrap();
    running.server.stop().await;
}

fn every_reason() -> Vec<Reason> {
    let known: Vec<Reason> = (1..100).filter_map(|number| Reason::try_from(number).ok()).collect();
    assert!(known.len() > 15);
    known
}

#[tokio::test]
async fn every_failure_reaches_the_caller_with_one_reason() {
    let running = Running::start().await;
    for of in every_reason() {
        let name = of.as_str_name().trim_start_matches("REASON_");
        let status = running.routing().resolve_contact(ask(name)).await.unwrap_err();
        assert_eq!(reason(&status), name);
        assert_eq!(details(&status).bad_request().is_some(), status.code() == Code::InvalidArgument, "{name}");
        let precondition = details(&status).precondition_failure().is_some();
        assert_eq!(precondition, status.code() == Code::FailedPrecondition, "{name}");
        let waits = matches!(of, Reason::Contention | Reason::Overloaded | Reason::DependencyDown);
        assert_eq!(details(&status).retry_info().is_some(), waits, "{name}");
        assert!(!status.message().contains("disk"), "the cause of an internal failure is told: {status:?}");
        assert!(failure(of).for_operator().contains(name));
    }
    let status = running.routing().resolve_contact(ask("INTERNAL")).await.unwrap_err();
    assert_eq!(facts(&status)["correlation_id"], status.metadata().get("x-request-id").unwrap().to_str().unwrap());
    running.server.stop().await;
}

#[tokio::test]
async fn a_stream_that_fails_tells_its_reason_too() {
    let running = Running::start().await;
    let mut documents = DocumentServiceClient::new(running.server.person("ann", &[Role::Analyst]));
    for (name, code, told) in [("fail", Code::NotFound, "NOT_FOUND"), ("panic", Code::Internal, "INTERNAL")] {
        let ask = DownloadDocumentRequest { name: name.to_owned() };
        let answer = documents.download_document(ask).await.unwrap();
        let id = answer.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned();
        let mut stream = answer.into_inner();
        assert_eq!(stream.message().await.unwrap().unwrap().chunk, b"first");
        let status = stream.message().await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (code, told));
        assert!(told != "INTERNAL" || facts(&status)["correlation_id"] == id);
    }
    running.server.stop().await;
}

#[tokio::test]
async fn a_panic_ends_its_call_and_nothing_else() {
    let running = Running::start().await;
    let mut client = running.routing();
    for what in ["panic", "panic with"] {
        let mut request = Request::new(ResolveContactRequest { residence_country: "Jane Doe".to_owned(), ..ask(what) });
        request.metadata_mut().insert("x-request-id", "panic-1".parse().unwrap());
        let status = client.resolve_contact(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "INTERNAL"));
        assert_eq!(facts(&status)["correlation_id"], "panic-1");
        assert!(!format!("{status:?}").contains("Jane"));
        // On the same connection.
        client.resolve_contact(ask("answer")).await.unwrap();
    }
    running.server.stop().await;
}

#[tokio::test]
async fn a_correlation_id_is_told_back_and_one_that_could_break_a_log_is_replaced() {
    let running = Running::start().await;
    for (sent, kept) in [("call-7.a:b_c", true), ("two words", false), ("\"quoted\"", false), ("", false)] {
        let mut request = Request::new(ask("answer"));
        request.metadata_mut().insert("x-request-id", sent.parse().unwrap());
        let answer = running.routing().resolve_contact(request).await.unwrap();
        let told = answer.metadata().get("x-request-id").unwrap().to_str().unwrap();
        assert_eq!(told == sent, kept, "{sent:?} {told:?}");
        assert!(!told.is_empty());
        assert_eq!(running.sample.calls().last().unwrap().correlation_id, told);
    }
    // Also with what is refused before any handler.
    let mut request = Request::new(ask("answer"));
    request.metadata_mut().insert("x-request-id", "refused-1".parse().unwrap());
    let status = RoutingServiceClient::new(running.server.nobody()).resolve_contact(request).await.unwrap_err();
    assert_eq!(status.metadata().get("x-request-id").unwrap(), "refused-1");
    running.server.stop().await;
}

#[tokio::test]
async fn faults_beyond_those_that_are_named_are_counted() {
    let running = Running::start().await;
    let ask = |faults: usize| ResolveContactRequest { residence_country: faults.to_string(), ..ask("fields") };
    for (faults, message) in [(1, "a field is not valid"), (50, "50 fields are not valid")] {
        let status = running.routing().resolve_contact(ask(faults)).await.unwrap_err();
        assert_eq!((fields(&status).len(), status.message()), (faults, message));
    }
    let status = running.routing().resolve_contact(ask(10_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.message(), "50 fields are not valid, and 9950 further faults");
    let named = fields(&status);
    assert_eq!(named.len(), 51);
    assert_eq!(named[49].0, "targets[49].residence_country");
    let rest = ("targets[50].residence_country".to_owned(), "and 9950 further faults, from this field on".to_owned());
    assert_eq!(named[50], rest);
    running.server.stop().await;
}
