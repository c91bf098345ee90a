//! What is done about the cost: the agency's answer to a quote, the work, the invoice.

use chrono::Utc;
use rogatory_proto::rogatory::billing::v1::{
    AnswerQuoteRequest, GetQuoteRequest, Invoice, IssueInvoiceRequest, Quote, RecordWorkRequest, quote,
};

use super::{
    act::{Broken, Doing, fresh_id},
    people::{People, Person},
};
use crate::cases::{Answer, Costs};

/// The quotes as they are now.
pub(super) async fn quotes(people: &People, names: &[String]) -> Result<Vec<Quote>, Broken> {
    let offices = people.of(&Person::auditor())?;
    let mut quotes = Vec::new();
    for name in names {
        let read = GetQuoteRequest { name: name.clone() };
        quotes.push(offices.billing().get_quote(read).await.doing("reading the quote")?);
    }
    Ok(quotes)
}

/// The biller records what the agency says to each open quote.
pub(super) async fn answer(people: &People, costs: &Costs, names: &[String]) -> Result<(), Broken> {
    let offices = people.of(&Person::biller())?;
    for quote in quotes(people, names).await? {
        if quote.state() != quote::State::Open {
            continue;
        }
        let call = AnswerQuoteRequest {
            name: quote.name,
            etag: quote.etag,
            accepted: costs.answer == Answer::Accept,
            request_id: fresh_id(),
        };
        offices.billing().answer_quote(call).await.doing("answering the quote")?;
    }
    Ok(())
}

/// The biller records the work on each accepted quote and issues the invoice.
pub(super) async fn invoice(people: &People, costs: &Costs, names: &[String]) -> Result<Vec<Invoice>, Broken> {
    let offices = people.of(&Person::biller())?;
    let mut invoices = Vec::new();
    for quote in quotes(people, names).await? {
        if quote.state() != quote::State::Accepted {
            continue;
        }
        for work in &costs.work {
            let call = RecordWorkRequest {
                quote: quote.name.clone(),
                fee: work.fee.clone(),
                quantity: work.quantity,
                description: work.description.clone(),
                evidence: work.evidence.clone(),
                work_time: Some(prost_types::Timestamp { seconds: Utc::now().timestamp(), nanos: 0 }),
                request_id: fresh_id(),
            };
            offices.billing().record_work(call).await.doing(&format!("recording the work {}", work.fee))?;
        }
        let call = IssueInvoiceRequest { quote: quote.name, request_id: fresh_id() };
        invoices.push(offices.billing().issue_invoice(call).await.doing("issuing the invoice")?);
    }
    Ok(invoices)
}
