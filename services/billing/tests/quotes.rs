//! Quotes and their answers.

use rogatory_billing::EXAMPLE_SCHEDULE;
use rogatory_names::QuoteId;
use rogatory_proto::rogatory::billing::v1::{
    AnswerQuoteRequest, CostFacts, CreateQuoteRequest, GetQuoteRequest, Quote, quote::State,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{Suite, fields, id, on_both_engines, reason, shown, stamp, violations};

on_both_engines! {
    a_quote_begins_as_its_estimate_says, one_quote_for_each_request_and_contact, two_at_once_make_one_quote,
    a_repeated_call_is_done_once, an_answer_is_final, an_expired_quote_is_not_answered, a_wrong_etag_changes_nothing,
    every_bad_field_is_named,
}

async fn read(suite: &Suite, name: &str) -> Quote {
    suite.billing("counsel").get_quote(GetQuoteRequest { name: name.to_owned() }).await.unwrap().into_inner()
}

async fn a_quote_begins_as_its_estimate_says(suite: &Suite) {
    let reserved = suite.quote(suite.facts("aliexpress.com"), "e-commerce-one").await;
    assert_eq!((reserved.state(), reserved.expire_time), (State::Reserved, None));
    assert_eq!(violations(&suite.answer(&reserved, true).await.unwrap_err()), ["QUOTE_NOT_OPEN"]);

    suite.publish(EXAMPLE_SCHEDULE).await;
    let open = suite.quote(suite.facts("aliexpress.com"), "e-commerce-one").await;
    assert_eq!((open.state(), open.expire_time), (State::Open, Some(stamp("2026-12-24T12:00:00Z"))));
    assert_eq!(shown(open.estimate.as_ref().unwrap().total.as_ref()), (45, 0, "USD"));
    let waived = CostFacts { emergency: true, ..suite.facts("aliexpress.com") };
    assert_eq!(suite.quote(waived, "e-commerce-one").await.state(), State::Waived);

    // What was quoted before stays as it was.
    assert_eq!(read(suite, &reserved.name).await, reserved);
    assert_eq!(read(suite, &open.name).await, open);
    let events = suite.events(&["quote.created"]).await;
    assert_eq!(events.len(), 3);
    assert_eq!((events[0].subject.as_str(), events[0].request.as_str()), (&*reserved.name, &*reserved.request));
    assert_eq!(events[1].facts["state"], "OPEN");
    let missing = GetQuoteRequest { name: QuoteId::new().name() };
    assert_eq!(suite.billing("biller").get_quote(missing).await.unwrap_err().code(), Code::NotFound);
}

async fn one_quote_for_each_request_and_contact(suite: &Suite) {
    let ask = suite.ask_quote(suite.facts("aliexpress.com"), "hong-kong");
    let mut intake = suite.billing_as_intake();
    let first = intake.create_quote(ask.clone()).await.unwrap().into_inner();
    let again = CreateQuoteRequest { request_id: id(), ..ask.clone() };
    let status = intake.create_quote(again).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "ALREADY_EXISTS"));
    assert_eq!(status.get_details_error_info().unwrap().metadata["name"], first.name);

    let mut other = CreateQuoteRequest { request_id: id(), ..ask };
    other.contact.as_mut().unwrap().contact_id = "hangzhou".to_owned();
    assert_ne!(intake.create_quote(other).await.unwrap().into_inner().name, first.name);
}

async fn two_at_once_make_one_quote(suite: &Suite) {
    let ask = suite.ask_quote(suite.facts("aliexpress.com"), "hong-kong");
    let calls = (0..6).map(|_| {
        let (mut intake, ask) = (suite.billing_as_intake(), CreateQuoteRequest { request_id: id(), ..ask.clone() });
        tokio::spawn(async move { intake.create_quote(ask).await })
    });
    let mut made = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(quote) => made.push(quote.into_inner()),
            Err(status) => assert_eq!(status.code(), Code::AlreadyExists, "{status:?}"),
        }
    }
    assert_eq!(made.len(), 1);
}

async fn a_repeated_call_is_done_once(suite: &Suite) {
    let ask = suite.ask_quote(suite.facts("aliexpress.com"), "hong-kong");
    let mut intake = suite.billing_as_intake();
    let first = intake.create_quote(ask.clone()).await.unwrap().into_inner();
    assert_eq!(intake.create_quote(ask.clone()).await.unwrap().into_inner(), first);
    let mut other = ask;
    other.facts.as_mut().unwrap().account_count = 4;
    let status = intake.create_quote(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
    assert_eq!(suite.events(&["quote.created"]).await.len(), 1);
}

async fn an_answer_is_final(suite: &Suite) {
    suite.publish(EXAMPLE_SCHEDULE).await;
    for (accepted, state) in [(true, State::Accepted), (false, State::Declined)] {
        let open = suite.quote(suite.facts("aliexpress.com"), "e-commerce-one").await;
        let answered = suite.answer(&open, accepted).await.unwrap();
        assert_eq!((answered.state(), answered.expire_time), (state, None));
        assert_ne!(answered.etag, open.etag);
        assert_eq!(read(suite, &open.name).await, answered);
        let status = suite.answer(&answered, !accepted).await.unwrap_err();
        assert_eq!((status.code(), violations(&status)), (Code::FailedPrecondition, vec!["QUOTE_NOT_OPEN".to_owned()]));
    }
    let states: Vec<_> =
        suite.events(&["quote.answered"]).await.into_iter().map(|e| e.facts["state"].clone()).collect();
    assert_eq!(states, ["ACCEPTED", "DECLINED"]);
}

async fn an_expired_quote_is_not_answered(suite: &Suite) {
    suite.publish(EXAMPLE_SCHEDULE).await;
    let open = suite.quote(suite.facts("aliexpress.com"), "e-commerce-one").await;
    let other = suite.quote(suite.facts("aliexpress.com"), "e-commerce-one").await;
    suite.set_now("2026-12-24T11:59:59.999999Z");
    assert_eq!(suite.answer(&other, true).await.unwrap().state(), State::Accepted);
    suite.set_now("2026-12-24T12:00:00Z");
    let status = suite.answer(&open, true).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    assert_eq!(violations(&status), ["QUOTE_EXPIRED"]);
    assert_eq!(read(suite, &open.name).await.state(), State::Open);
}

async fn a_wrong_etag_changes_nothing(suite: &Suite) {
    suite.publish(EXAMPLE_SCHEDULE).await;
    let open = suite.quote(suite.facts("aliexpress.com"), "e-commerce-one").await;
    let answered = suite.answer(&open, true).await.unwrap();
    let status = suite.answer(&open, false).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(read(suite, &open.name).await, answered);
    let status = suite.answer(&Quote { etag: "nonsense".to_owned(), ..open }, false).await.unwrap_err();
    assert_eq!(fields(&status), ["etag"]);
}

async fn every_bad_field_is_named(suite: &Suite) {
    let status = suite.billing_as_intake().create_quote(CreateQuoteRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["request", "contact", "billed_party", "facts", "request_id"]);
    let mut ask = suite.ask_quote(suite.facts("aliexpress.com"), "Not A Key");
    ask.billed_party.as_mut().unwrap().country = "EU".to_owned();
    ask.facts.as_mut().unwrap().account_count = 1001;
    let status = suite.billing_as_intake().create_quote(ask).await.unwrap_err();
    assert_eq!(fields(&status), ["contact.contact_id", "billed_party.country", "facts.account_count"]);
    let status = suite.billing("biller").answer_quote(AnswerQuoteRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["name", "etag", "request_id"]);
}
