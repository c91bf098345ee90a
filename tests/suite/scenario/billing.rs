//! What it costs.

use rogatory_tests::suite::Area;
use serde_json::{Value, json};

use super::{Mutation, Recorder, id, text};

/// The agency is quoted, agrees, and is billed for what was done.
pub(super) async fn bill(recorder: &mut Recorder<'_>, request: &Value) {
    let biller = recorder.suite.client_of("bill", &["biller"]).to(Area::Billing);
    let method = "/rogatory.billing.v1.BillingService";
    let quote = text(request, "/quotes/0");
    let quote = biller.call(&format!("{method}/GetQuote"), json!({"name": quote})).await.expect("the quote");
    assert_eq!(quote["state"], "STATE_OPEN", "a warrant has a price in the example schedule: {quote}");
    let mut other = json!({"request": "requests/req_01930000000070008000000000000003", "request_id": id(40)});
    for key in ["contact", "billed_party", "facts"] {
        other[key] = quote[key].clone();
    }
    recorder
        .make(
            &biller,
            Mutation {
                area: Area::Billing,
                method: &format!("{method}/CreateQuote"),
                body: other,
                twist: ("/billed_party/agency_name", "Another Police Department"),
            },
        )
        .await;
    recorder
        .make(&biller, Mutation {
            area: Area::Billing,
            method: &format!("{method}/AnswerQuote"),
            body: json!({"name": text(&quote, "/name"), "etag": text(&quote, "/etag"), "accepted": true, "request_id": id(41)}),
            twist: ("/etag", &rogatory_store::etag(99)),
        })
        .await;
    recorder
        .make(
            &biller,
            Mutation {
                area: Area::Billing,
                method: &format!("{method}/RecordWork"),
                body: json!({
                    "quote": text(&quote, "/name"),
                    "fee": text(&quote, "/estimate/lines/0/fee"),
                    "quantity": 1,
                    "description": "Search and production",
                    "evidence": text(request, "/grant"),
                    "work_time": "2026-11-01T00:00:00Z",
                    "request_id": id(42),
                }),
                twist: ("/description", "something else"),
            },
        )
        .await;
    recorder
        .make(
            &biller,
            Mutation {
                area: Area::Billing,
                method: &format!("{method}/IssueInvoice"),
                body: json!({"quote": text(&quote, "/name"), "request_id": id(43)}),
                twist: ("/quote", "quotes/quo_01930000000070008000000000000009"),
            },
        )
        .await;
}
