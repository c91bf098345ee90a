//! Invoices: to the smallest unit, once, and numbered without gaps.

use rogatory_billing::EXAMPLE_SCHEDULE;
use rogatory_names::{InvoiceId, RequestId};
use rogatory_proto::rogatory::billing::v1::{
    CostFacts, GetInvoiceRequest, Invoice, IssueInvoiceRequest, ListInvoicesRequest, ListInvoicesResponse, Quote,
};
use tonic::Code;

use crate::{
    JPY, KWD, USD, USD_DEARER,
    harness::{Suite, codes, fields, id, on_both_engines, reason, shown, violations},
};

on_both_engines! {
    an_invoice_in_dollars, an_invoice_in_yen, an_invoice_in_dinars, only_accepted_work_is_billed,
    work_is_billed_once, a_repeated_call_gets_the_same_invoice, many_at_once_bill_once,
    each_contact_numbers_without_gaps, work_recorded_while_billing_is_not_lost, a_quote_keeps_its_schedule,
    invoices_are_listed_newest_first, every_bad_field_is_named,
}

/// A subpoena, three accounts, 40 and 21 minutes, and 13 pages.
async fn with_work(suite: &Suite, platform: &str, contact: &str) -> Quote {
    let quote = suite.accepted(platform, contact).await;
    for (fee, quantity) in [("work", 40), ("page", 6), ("process", 1), ("work", 21), ("account", 3), ("page", 7)] {
        suite.work(&quote, fee, quantity).await.unwrap();
    }
    quote
}

/// Fee, quantity, amount, and how many pieces of work a line bills.
type Billed<'a> = (&'a str, i64, (i64, i32, &'a str), usize);

fn lines(invoice: &Invoice) -> Vec<Billed<'_>> {
    let lines = invoice.lines.iter();
    lines.map(|l| (l.fee.as_str(), l.quantity, shown(l.amount.as_ref()), l.work_entries.len())).collect()
}

async fn an_invoice_in_dollars(suite: &Suite) {
    suite.publish(USD).await;
    let quote = with_work(suite, "usd.test", "singapore-e-commerce").await;
    let invoice = suite.invoice(&quote).await.unwrap();
    assert_eq!(invoice.number, "singapore-e-commerce-000001");
    // 45.00 + 3 × 0.05 + 5 × 7.50 (61 minutes) + 13 × 0.15 = 45.00 + 0.15 + 37.50 + 1.95 = 84.60
    let expected = [
        ("process", 1, (45, 0, "USD"), 1),
        ("account", 3, (0, 150_000_000, "USD"), 1),
        ("work", 5, (37, 500_000_000, "USD"), 2),
        ("page", 13, (1, 950_000_000, "USD"), 2),
    ];
    assert_eq!(lines(&invoice), expected);
    assert_eq!(shown(invoice.total.as_ref()), (84, 600_000_000, "USD"));
    assert_eq!(codes(&invoice.findings), ["PAYMENT_HOLDS_UP_NOTHING"]);
    assert!(invoice.lines.iter().all(|line| line.citations.len() == 2));
    assert_eq!((&invoice.quote, &invoice.request), (&quote.name, &quote.request));
    assert_eq!((&invoice.contact, &invoice.billed_party), (&quote.contact, &quote.billed_party));
    let read = suite.billing("auditor").get_invoice(GetInvoiceRequest { name: invoice.name.clone() }).await.unwrap();
    assert_eq!(read.into_inner(), invoice);
    let events = suite.events(&["invoice.issued"]).await;
    assert_eq!((events.len(), events[0].facts["number"].as_str()), (1, "singapore-e-commerce-000001"));
}

async fn an_invoice_in_yen(suite: &Suite) {
    suite.publish(JPY).await;
    let quote = with_work(suite, "jpy.test", "hong-kong").await;
    let invoice = suite.invoice(&quote).await.unwrap();
    // 5,000 + 3 × 120 + 5 × 1,001 + 13 × 7 = 5,000 + 360 + 5,005 + 91 = 10,456
    assert_eq!(shown(invoice.total.as_ref()), (10_456, 0, "JPY"));
    assert_eq!(lines(&invoice)[2], ("work", 5, (5_005, 0, "JPY"), 2));
}

async fn an_invoice_in_dinars(suite: &Suite) {
    suite.publish(KWD).await;
    let quote = with_work(suite, "kwd.test", "hong-kong").await;
    let invoice = suite.invoice(&quote).await.unwrap();
    // 13.500 + 3 × 0.005 + 5 × 2.375 + 13 × 0.015 = 13.500 + 0.015 + 11.875 + 0.195 = 25.585
    assert_eq!(shown(invoice.total.as_ref()), (25, 585_000_000, "KWD"));
    assert_eq!(lines(&invoice)[2], ("work", 5, (11, 875_000_000, "KWD"), 2));
}

async fn only_accepted_work_is_billed(suite: &Suite) {
    let reserved = suite.quote(suite.facts("aliexpress.com"), "hong-kong").await;
    suite.publish(EXAMPLE_SCHEDULE).await;
    let open = suite.quote(suite.facts("aliexpress.com"), "hong-kong").await;
    let waived = CostFacts { emergency: true, ..suite.facts("aliexpress.com") };
    let waived = suite.quote(waived, "hong-kong").await;
    let declined = suite.quote(suite.facts("aliexpress.com"), "hong-kong").await;
    let declined = suite.answer(&declined, false).await.unwrap();
    for quote in [&open, &waived, &declined] {
        suite.work(quote, "subpoena", 1).await.unwrap();
    }
    for quote in [&reserved, &open, &waived, &declined] {
        let status = suite.invoice(quote).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
        assert_eq!(violations(&status), ["QUOTE_NOT_ACCEPTED"], "{:?}", quote.state());
    }
    // What was recorded before the agency accepted is billed after it did, and carries the notices of the schedule.
    let accepted = suite.answer(&open, true).await.unwrap();
    let invoice = suite.invoice(&accepted).await.unwrap();
    assert_eq!((invoice.number.as_str(), shown(invoice.total.as_ref())), ("hong-kong-000001", (45, 0, "USD")));
    assert!(codes(&invoice.findings).contains(&"EXAMPLE_SCHEDULE"));
}

async fn work_is_billed_once(suite: &Suite) {
    suite.publish(USD).await;
    let quote = suite.accepted("usd.test", "hong-kong").await;
    assert_eq!(violations(&suite.invoice(&quote).await.unwrap_err()), ["NO_UNBILLED_WORK"]);
    suite.work(&quote, "process", 1).await.unwrap();
    suite.invoice(&quote).await.unwrap();
    assert_eq!(violations(&suite.invoice(&quote).await.unwrap_err()), ["NO_UNBILLED_WORK"]);
    // Later work goes on a later invoice, with the next number although calls failed between.
    suite.work(&quote, "work", 1).await.unwrap();
    let second = suite.invoice(&quote).await.unwrap();
    assert_eq!((second.number.as_str(), shown(second.total.as_ref())), ("hong-kong-000002", (7, 500_000_000, "USD")));
}

async fn a_repeated_call_gets_the_same_invoice(suite: &Suite) {
    suite.publish(USD).await;
    let quote = suite.accepted("usd.test", "hong-kong").await;
    suite.work(&quote, "process", 1).await.unwrap();
    let ask = IssueInvoiceRequest { quote: quote.name.clone(), request_id: id() };
    let first = suite.billing("biller").issue_invoice(ask.clone()).await.unwrap().into_inner();
    suite.work(&quote, "work", 15).await.unwrap();
    assert_eq!(suite.billing("biller").issue_invoice(ask).await.unwrap().into_inner(), first);
    assert_eq!(suite.events(&["invoice.issued"]).await.len(), 1);
}

async fn many_at_once_bill_once(suite: &Suite) {
    suite.publish(USD).await;
    let quote = with_work(suite, "usd.test", "hong-kong").await;
    let calls = (0..8).map(|_| {
        let ask = IssueInvoiceRequest { quote: quote.name.clone(), request_id: id() };
        let mut client = suite.billing("biller");
        tokio::spawn(async move { client.issue_invoice(ask).await })
    });
    let mut issued = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(invoice) => issued.push(invoice.into_inner().number),
            Err(status) => assert_eq!(violations(&status), ["NO_UNBILLED_WORK"]),
        }
    }
    assert_eq!(issued, ["hong-kong-000001"]);

    // The same call several times at once is one call.
    suite.work(&quote, "work", 15).await.unwrap();
    let ask = IssueInvoiceRequest { quote: quote.name.clone(), request_id: id() };
    let calls = (0..8).map(|_| {
        let (mut client, ask) = (suite.billing("biller"), ask.clone());
        tokio::spawn(async move { client.issue_invoice(ask).await.unwrap().into_inner().number })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), "hong-kong-000002");
    }
}

async fn each_contact_numbers_without_gaps(suite: &Suite) {
    suite.publish(USD).await;
    let mut quotes = Vec::new();
    for index in 0..12 {
        let contact = if index % 2 == 0 { "hong-kong" } else { "hangzhou" };
        let quote = suite.accepted("usd.test", contact).await;
        // Every third has no work: its calls fail, and must not use up a number.
        if index % 3 != 0 {
            suite.work(&quote, "process", 1).await.unwrap();
        }
        quotes.push(quote);
    }
    // Two calls for each quote, all at once.
    let calls = quotes.iter().chain(&quotes).map(|quote| {
        let ask = IssueInvoiceRequest { quote: quote.name.clone(), request_id: id() };
        let mut client = suite.billing("biller");
        tokio::spawn(async move { client.issue_invoice(ask).await })
    });
    let mut numbers = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(invoice) => numbers.push(invoice.into_inner().number),
            Err(status) => assert_eq!(violations(&status), ["NO_UNBILLED_WORK"]),
        }
    }
    numbers.sort();
    let expected = ["hangzhou", "hong-kong"].map(|contact| (1..=4).map(move |place| format!("{contact}-{place:06}")));
    assert_eq!(numbers, expected.into_iter().flatten().collect::<Vec<_>>());
}

async fn work_recorded_while_billing_is_not_lost(suite: &Suite) {
    suite.publish(USD).await;
    let quote = suite.accepted("usd.test", "hong-kong").await;
    let mut calls = Vec::new();
    for _ in 0..10 {
        let (mut client, ask) = (suite.billing("analyst"), suite.ask_work(&quote, "page", 1));
        calls.push(tokio::spawn(async move { client.record_work(ask).await.map(drop) }));
        let ask = IssueInvoiceRequest { quote: quote.name.clone(), request_id: id() };
        let mut client = suite.billing("biller");
        calls.push(tokio::spawn(async move {
            match client.issue_invoice(ask).await {
                Err(status) if status.code() == Code::FailedPrecondition => Ok(()),
                other => other.map(drop),
            }
        }));
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let _ = suite.invoice(&quote).await;
    let invoices = list(suite, ListInvoicesRequest::default()).await.invoices;
    let mut billed: Vec<_> =
        invoices.iter().flat_map(|i| &i.lines).flat_map(|line| line.work_entries.clone()).collect();
    let pages: i64 = invoices.iter().flat_map(|invoice| &invoice.lines).map(|line| line.quantity).sum();
    billed.sort();
    billed.dedup();
    assert_eq!((billed.len(), pages), (10, 10));
    let mut numbers: Vec<_> = invoices.iter().map(|invoice| invoice.number.clone()).collect();
    numbers.sort();
    let expected: Vec<_> = (1..=invoices.len()).map(|place| format!("hong-kong-{place:06}")).collect();
    assert_eq!(numbers, expected);
}

async fn a_quote_keeps_its_schedule(suite: &Suite) {
    let cheap = suite.publish(USD).await;
    let before = suite.accepted("usd.test", "hong-kong").await;
    suite.set_now("2026-11-24T13:00:00Z");
    let dear = suite.publish(USD_DEARER).await;
    let after = suite.accepted("usd.test", "hong-kong").await;
    for quote in [&before, &after] {
        suite.work(quote, "process", 1).await.unwrap();
    }
    let (before, after) = (suite.invoice(&before).await.unwrap(), suite.invoice(&after).await.unwrap());
    assert_eq!((shown(before.total.as_ref()), before.provenance.unwrap().revision), ((45, 0, "USD"), cheap.name));
    assert_eq!((shown(after.total.as_ref()), after.provenance.unwrap().revision), ((90, 0, "USD"), dear.name));
}

async fn list(suite: &Suite, ask: ListInvoicesRequest) -> ListInvoicesResponse {
    suite.billing("biller").list_invoices(ask).await.unwrap().into_inner()
}

async fn invoices_are_listed_newest_first(suite: &Suite) {
    suite.publish(USD).await;
    let mut issued = Vec::new();
    for index in 0..5 {
        let contact = if index % 2 == 0 { "hong-kong" } else { "hangzhou" };
        let quote = suite.accepted("usd.test", contact).await;
        suite.work(&quote, "process", 1).await.unwrap();
        issued.push(suite.invoice(&quote).await.unwrap());
    }
    issued.reverse();
    assert_eq!(list(suite, ListInvoicesRequest::default()).await.invoices, issued);

    let mut ask = ListInvoicesRequest { page_size: 2, ..ListInvoicesRequest::default() };
    let mut paged = Vec::new();
    loop {
        let page = list(suite, ask.clone()).await;
        assert!(page.invoices.len() <= 2);
        paged.extend(page.invoices);
        ask.page_token = page.next_page_token;
        if ask.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, issued);

    let of_contact = ListInvoicesRequest { contact_id: "hangzhou".to_owned(), ..ListInvoicesRequest::default() };
    assert_eq!(list(suite, of_contact).await.invoices.len(), 2);
    let of_request = ListInvoicesRequest { request: issued[0].request.clone(), ..ListInvoicesRequest::default() };
    assert_eq!(list(suite, of_request).await.invoices, issued[..1]);
    let of_none = ListInvoicesRequest { request: RequestId::new().name(), ..ListInvoicesRequest::default() };
    assert!(list(suite, of_none).await.invoices.is_empty());

    // A token is good for its list only.
    let token =
        list(suite, ListInvoicesRequest { page_size: 2, ..ListInvoicesRequest::default() }).await.next_page_token;
    let other = ListInvoicesRequest { contact_id: "hangzhou".to_owned(), page_token: token, ..Default::default() };
    let status = suite.billing("biller").list_invoices(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "TOKEN_MISMATCH"));
}

async fn every_bad_field_is_named(suite: &Suite) {
    let mut biller = suite.billing("biller");
    let status = biller.issue_invoice(IssueInvoiceRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["quote", "request_id"]);
    let bad = ListInvoicesRequest {
        request: "x".to_owned(),
        contact_id: "X!".to_owned(),
        page_size: -1,
        ..Default::default()
    };
    assert_eq!(fields(&biller.list_invoices(bad).await.unwrap_err()), ["request", "contact_id", "page_size"]);
    let status = biller.get_invoice(GetInvoiceRequest { name: "invoices/7".to_owned() }).await.unwrap_err();
    assert_eq!(fields(&status), ["name"]);
    let missing = GetInvoiceRequest { name: InvoiceId::new().name() };
    assert_eq!(biller.get_invoice(missing).await.unwrap_err().code(), Code::NotFound);
    let ask = IssueInvoiceRequest { quote: rogatory_names::QuoteId::new().name(), request_id: id() };
    assert_eq!(biller.issue_invoice(ask.clone()).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(suite.billing("analyst").issue_invoice(ask).await.unwrap_err().code(), Code::PermissionDenied);
}
