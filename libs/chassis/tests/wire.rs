//! Errors as a caller reads them, and calls that no generated client would make.

use std::collections::HashMap;

use http_body::Body as _;
use prost::Message as _;
use rogatory_testkit::Signed;
use tonic::{Status, body::Body};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::{Service as _, ServiceExt as _};

/// The one reason of an error. Every error has exactly one `ErrorInfo`, of the suite's domain.
#[track_caller]
pub(crate) fn reason(status: &Status) -> String {
    let full = tonic_types::pb::Status::decode(status.details()).expect("details");
    let of_info = |any: &&prost_types::Any| any.type_url.ends_with("google.rpc.ErrorInfo");
    assert_eq!(full.details.iter().filter(of_info).count(), 1, "{status:?}");
    assert_eq!(full.code, status.code() as i32);
    assert_eq!(full.message, status.message());
    let info = status.get_details_error_info().expect("an ErrorInfo");
    assert_eq!(info.domain, "rogatory");
    info.reason
}

pub(crate) fn details(status: &Status) -> ErrorDetails {
    status.get_error_details()
}

/// The metadata of the `ErrorInfo`.
pub(crate) fn facts(status: &Status) -> HashMap<String, String> {
    status.get_details_error_info().expect("an ErrorInfo").metadata
}

/// Field and description of each violation.
pub(crate) fn fields(status: &Status) -> Vec<(String, String)> {
    let details = details(status);
    let violations = details.bad_request().expect("a BadRequest").field_violations.iter();
    violations.map(|violation| (violation.field.clone(), violation.description.clone())).collect()
}

/// A message in its frame; `flag` says whether it is compressed.
pub(crate) fn frame(flag: char, message: &str) -> String {
    let length = u32::try_from(message.len()).unwrap();
    assert!(length < 128, "a String must be UTF-8");
    format!("{flag}\0\0\0{}{message}", char::from(u8::try_from(length).unwrap()))
}

/// Makes a call with this body as it is, and gives its status.
pub(crate) async fn raw(channel: Signed, path: &str, headers: &[(&str, &str)], body: String) -> Status {
    let mut request =
        http::Request::post(format!("https://localhost{path}")).header("content-type", "application/grpc");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut channel = channel;
    let channel = channel.ready().await.unwrap();
    let response = channel.call(request.body(Body::new(body)).unwrap()).await.expect("an answer");
    let (parts, body) = response.into_parts();
    if let Some(status) = Status::from_header_map(&parts.headers) {
        return status;
    }
    let mut body = std::pin::pin!(body);
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Some(trailers) = frame.expect("a frame").trailers_ref() {
            return Status::from_header_map(trailers).expect("a status");
        }
    }
    panic!("an answer without a status")
}
