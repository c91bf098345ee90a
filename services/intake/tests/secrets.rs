//! What is sensitive stays where it belongs: not in events, audit entries, errors or logs.

use std::{
    io::Write,
    sync::{Arc, LazyLock, Mutex},
};

use rogatory_proto::rogatory::intake::v1::{
    Enquiry, SubmitEnquiryRequest, WithdrawRequestRequest, legal_request::State,
};

use crate::{
    sample::SECRET,
    suite::{Kind, Suite},
    wire::{self, file, fresh_id, submit, whole},
};

/// Everything that the process logs, at any level.
static LOGS: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(Arc::default);

#[derive(Clone)]
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGS.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sensitive_values_are_in_no_event_audit_entry_error_or_log() {
    // What the transport logs at its finest is bytes on the wire; nobody runs with it and it is not ours.
    let filter = "trace,h2=off,hyper=off,hyper_util=off,rustls=off,tower=off,tonic=off,sqlx=debug";
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Log).finish();
    let _ = tracing::subscriber::set_global_default(subscriber);

    let suite = Suite::start(Kind::Sqlite).await;
    let portal = suite.portal();
    let mut errors = Vec::new();
    let mut bad = whole(&portal).await;
    bad.targets[0].names.push(format!("{SECRET}\u{7}"));
    bad.targets[0].target_id = String::new();
    bad.nature_of_investigation = SECRET.repeat(2_000);
    bad.requester.as_mut().unwrap().officer.as_mut().unwrap().email = format!("{SECRET} at home");
    errors.push(portal.requests().submit_request(submit(bad)).await.unwrap_err());
    let filed = file(&portal, whole(&portal).await).await;
    let emergency = file(&portal, wire::emergency()).await;
    suite.until(&filed.name, |request| !request.verification.is_empty() && !request.letters.is_empty()).await;
    let current = suite.until(&emergency.name, |request| request.state() == State::Verifying).await;
    let current = suite.until(&current.name, |r| !r.verification.is_empty() && !r.letters.is_empty()).await;
    let withdraw = WithdrawRequestRequest {
        name: current.name.clone(),
        etag: current.etag.clone(),
        reason: format!("{SECRET} came home"),
        request_id: fresh_id(),
    };
    portal.requests().withdraw_request(withdraw.clone()).await.unwrap();
    errors.push(
        portal
            .requests()
            .withdraw_request(WithdrawRequestRequest { request_id: fresh_id(), ..withdraw })
            .await
            .unwrap_err(),
    );
    let enquiry = Enquiry {
        sender: "zyx-secret@agency.example".to_owned(),
        subject_line: SECRET.to_owned(),
        body: format!("{SECRET}?"),
        ..Enquiry::default()
    };
    let enquiry = SubmitEnquiryRequest { enquiry: Some(enquiry), request_id: fresh_id() };
    portal.enquiries().submit_enquiry(enquiry).await.unwrap();

    let hidden = |what: &str, text: &str| {
        let text = text.to_lowercase();
        // A shorter word could stand in a cursor by chance.
        let at = text.find(&SECRET.to_lowercase());
        assert!(at.is_none(), "{what}: {}", &text[at.unwrap().saturating_sub(200)..]);
    };
    for status in errors {
        hidden("an error", &format!("{status:?} {}", String::from_utf8_lossy(status.details())));
    }
    let events = suite.events().await;
    assert!(events.len() > 8);
    hidden("an event", &format!("{events:?}"));
    let entries = rogatory_store::audit::list(suite.store().await.read(), 0, 1_000).await.unwrap();
    assert!(entries.len() > 8);
    hidden("an audit entry", &format!("{entries:?}"));
    let logs = String::from_utf8_lossy(&LOGS.lock().unwrap()).into_owned();
    assert!(logs.contains("listening"), "the log was captured");
    hidden("a log", &logs);
}
