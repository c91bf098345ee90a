//! Work and its evidence.

use rogatory_names::QuoteId;
use rogatory_proto::rogatory::billing::v1::{CostFacts, Quote, RecordWorkRequest, WorkEntry, quote::State};
use tonic::Code;

use crate::{
    USD,
    harness::{Suite, fields, id, on_both_engines, reason, stamp, violations},
};

on_both_engines! {
    work_is_recorded_with_its_evidence, a_reserved_quote_names_no_fee, a_fee_must_apply, no_fee_is_owed_too_often,
    many_at_once_owe_a_fee_once, every_bad_field_is_named, a_repeated_call_is_done_once,
}

async fn work_is_recorded_with_its_evidence(suite: &Suite) {
    suite.publish(USD).await;
    let open = suite.quote(suite.facts("usd.test"), "hong-kong").await;
    let entry = suite.work(&open, "work", 40).await.unwrap();
    let expected = WorkEntry {
        name: entry.name.clone(),
        quote: open.name.clone(),
        request: open.request.clone(),
        fee: "work".to_owned(),
        quantity: 40,
        description: "Copied the records".to_owned(),
        evidence: "ticket 7".to_owned(),
        recorder: "person:ann".to_owned(),
        work_time: Some(suite.now()),
        invoice: String::new(),
    };
    assert_eq!(entry, expected);
    // That it was done is a fact, whatever the agency answers.
    let declined = suite.answer(&open, false).await.unwrap();
    assert_eq!(declined.state(), State::Declined);
    suite.work(&declined, "page", 2).await.unwrap();
    let events = suite.events(&["work.recorded"]).await;
    assert_eq!((events.len(), events[0].subject.as_str()), (2, &*entry.name));
    assert_eq!((events[0].request.as_str(), events[0].facts["fee"].as_str()), (&*open.request, "work"));
    assert!(!format!("{events:?}").contains("ticket"));
}

async fn a_reserved_quote_names_no_fee(suite: &Suite) {
    let reserved = suite.quote(suite.facts("aliexpress.com"), "hong-kong").await;
    let status = suite.work(&reserved, "subpoena", 1).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    assert_eq!(violations(&status), ["NO_SCHEDULE_NAMES_A_FEE"]);
    let missing = Quote { name: QuoteId::new().name(), ..reserved };
    assert_eq!(suite.work(&missing, "subpoena", 1).await.unwrap_err().code(), Code::NotFound);
}

async fn a_fee_must_apply(suite: &Suite) {
    suite.publish(rogatory_billing::EXAMPLE_SCHEDULE).await;
    let open = suite.quote(suite.facts("aliexpress.com"), "hong-kong").await;
    // One is no row at all, the other is a row for another instrument.
    for fee in ["coffee", "search-warrant"] {
        let status = suite.work(&open, fee, 1).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["fee".to_owned()]));
    }
    let waived = CostFacts { emergency: true, ..suite.facts("aliexpress.com") };
    let waived = suite.quote(waived, "hong-kong").await;
    assert_eq!(suite.work(&waived, "subpoena", 1).await.unwrap().quantity, 1);
}

async fn no_fee_is_owed_too_often(suite: &Suite) {
    suite.publish(USD).await;
    let quote = suite.quote(suite.facts("usd.test"), "hong-kong").await;
    suite.work(&quote, "process", 1).await.unwrap();
    suite.work(&quote, "account", 2).await.unwrap();
    for (fee, quantity) in [("process", 1), ("account", 2)] {
        let status = suite.work(&quote, fee, quantity).await.unwrap_err();
        assert_eq!(violations(&status), ["MORE_THAN_OWED"], "{fee}");
    }
    suite.work(&quote, "account", 1).await.unwrap();
}

async fn many_at_once_owe_a_fee_once(suite: &Suite) {
    suite.publish(USD).await;
    let quote = suite.quote(suite.facts("usd.test"), "hong-kong").await;
    let calls = (0..6).map(|_| {
        let (mut client, ask) = (suite.billing("analyst"), suite.ask_work(&quote, "process", 1));
        tokio::spawn(async move { client.record_work(ask).await })
    });
    let mut recorded = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(_) => recorded += 1,
            Err(status) => assert_eq!(violations(&status), ["MORE_THAN_OWED"]),
        }
    }
    assert_eq!(recorded, 1);
}

async fn every_bad_field_is_named(suite: &Suite) {
    suite.publish(USD).await;
    let quote = suite.quote(suite.facts("usd.test"), "hong-kong").await;
    let mut client = suite.billing("analyst");
    for quantity in [0, -15, i64::MIN, 1_000_001] {
        let status = suite.work(&quote, "work", quantity).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["quantity".to_owned()]));
    }
    let ahead = RecordWorkRequest {
        work_time: Some(stamp("2026-11-24T12:00:01Z")),
        description: "x".repeat(501),
        evidence: String::new(),
        ..suite.ask_work(&quote, "work", 15)
    };
    assert_eq!(fields(&client.record_work(ahead).await.unwrap_err()), ["description", "evidence", "work_time"]);
    let status = client.record_work(RecordWorkRequest::default()).await.unwrap_err();
    let named = ["quote", "fee", "quantity", "description", "evidence", "work_time", "request_id"];
    assert_eq!(fields(&status), named);
}

async fn a_repeated_call_is_done_once(suite: &Suite) {
    suite.publish(USD).await;
    let quote = suite.quote(suite.facts("usd.test"), "hong-kong").await;
    let (mut client, ask) = (suite.billing("analyst"), suite.ask_work(&quote, "process", 1));
    let first = client.record_work(ask.clone()).await.unwrap().into_inner();
    assert_eq!(client.record_work(ask.clone()).await.unwrap().into_inner(), first);
    let other = RecordWorkRequest { quantity: 2, ..ask };
    assert_eq!(reason(&client.record_work(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(suite.work(&quote, "process", 1).await.unwrap_err().code(), Code::FailedPrecondition, "{}", id());
}
