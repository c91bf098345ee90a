//! What must never be in a log, whatever its level.

use rogatory_chassis::{
    Role,
    settings::{LogFormat, TelemetrySettings},
    telemetry::Telemetry,
};
use rogatory_proto::rogatory::intake::v1::{
    Enquiry, SubmitEnquiryRequest, enquiry_service_client::EnquiryServiceClient,
};
use tonic::Request;

use crate::{
    process::{child, is_child},
    sample::Running,
};

/// One for each sensitive field of an enquiry.
const SENTINELS: [&str; 3] = ["sentinel-sender-7f3a", "sentinel-subject-7f3a", "sentinel-body-7f3a"];

fn enquiry(request_id: &str) -> SubmitEnquiryRequest {
    let [sender, subject_line, body] = SENTINELS.map(str::to_owned);
    let enquiry = Enquiry { sender, subject_line, body, ..Default::default() };
    SubmitEnquiryRequest { enquiry: Some(enquiry), request_id: request_id.to_owned() }
}

async fn calls(format: LogFormat) {
    let settings =
        TelemetrySettings { log_filter: "trace".to_owned(), log_format: format, ..TelemetrySettings::default() };
    let telemetry = Telemetry::install(&settings, "rogatory-test").unwrap();
    let running = Running::start().await;
    let token = running.keys.token("ann", &[Role::Analyst]);
    let mut client = EnquiryServiceClient::new(running.server.bearer(token.clone()));
    for what in ["answer", "fault", "panic"] {
        let mut request = Request::new(enquiry(what));
        request.metadata_mut().insert("x-request-id", format!("corr-{what}").parse().unwrap());
        match client.submit_enquiry(request).await {
            Ok(answer) => assert_eq!(answer.into_inner().body, SENTINELS[2]),
            Err(status) => {
                let told = format!("{status:?}");
                assert!(!told.contains("sentinel"), "{told}");
            }
        }
    }
    running.server.stop().await;
    telemetry.shutdown().await;
    // For the test to look for.
    println!("TOKEN {token}");
}

#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn text_child() {
    if is_child() {
        tokio::runtime::Runtime::new().unwrap().block_on(calls(LogFormat::Text));
    }
}

#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn json_child() {
    if is_child() {
        tokio::runtime::Runtime::new().unwrap().block_on(calls(LogFormat::Json));
    }
}

#[test]
fn a_log_of_everything_has_no_sensitive_value_and_no_credential() {
    for test in ["secrets::text_child", "secrets::json_child"] {
        let output = child(test).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{log}");
        let token = said.lines().find_map(|line| line.split_once("TOKEN ")).expect("the token").1;
        for secret in SENTINELS.into_iter().chain([token]) {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{test}");
        }
        // What is there instead: the lines of each call, under its correlation id.
        for (id, what) in [
            ("corr-answer", "a handler that logs its message"),
            ("corr-fault", "call refused"),
            ("corr-fault", "FIELDS_INVALID"),
            ("corr-panic", "(not a fixed text)"),
            ("corr-panic", "call failed"),
        ] {
            assert!(log.lines().any(|line| line.contains(id) && line.contains(what)), "{test}: {id} {what}\n{log}");
        }
        let of_handler = log.lines().find(|line| line.contains("a handler that logs its message")).unwrap();
        assert!(of_handler.contains("sender: [redacted]"), "{of_handler}");
    }
}
