//! Estimates, quotes and invoices, over schedules as they are written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rogatory_names::{InvoiceId, QuoteId, WorkId};
use rogatory_rulebook::{
    AuthorityKind, Confirmation, DataClass, Digest, InstrumentKind, MatterType, Published, Revision, Rules as _, State,
};

use super::{
    estimate::{CostFacts, Estimate, Occasion, Outcome, estimate},
    invoice::{Invoice, Unbillable, bill, number},
    quote::{BilledParty, BillingContact, NewQuote, Quote, QuoteRefusal, QuoteState},
    schedule::Schedule,
    work::{WorkEntry, check_quantity},
};

const ALIEXPRESS: &str = include_str!("../../schedules/aliexpress.toml");
const EXAMPLE: &str = include_str!("../../schedules/example.toml");

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-11-24T10:00:00Z")
}

fn occasion() -> Occasion<'static> {
    Occasion { engine_version: "0.0.0", decide_time: now(), rules_time: now() }
}

fn published(text: &str) -> Published<Schedule> {
    let rules = Schedule::parse(text).unwrap();
    let revision = Revision {
        name: "scheduleRevisions/rev_0".to_owned(),
        digest: Digest::of(text),
        state: State::Published,
        document: rules.document().to_owned(),
        title: rules.title().to_owned(),
        text: text.to_owned(),
        create_time: now(),
        publish_time: Some(now()),
        effective_time: Some(now()),
        author: "person:paul".to_owned(),
        publisher: Some("person:paul".to_owned()),
        version: 2,
    };
    Published::new(revision).unwrap()
}

fn facts() -> CostFacts {
    CostFacts {
        platform: "aliexpress.com".to_owned(),
        authority_country: "US".parse().unwrap(),
        authority_kind: AuthorityKind::Prosecutor,
        instrument_kind: InstrumentKind::Subpoena,
        matter_type: MatterType::Criminal,
        emergency: false,
        mutual_legal_assistance: false,
        account_count: 3,
        data_classes: vec![DataClass::Subscriber],
        receive_time: now(),
    }
}

fn codes(estimate: &Estimate) -> Vec<&str> {
    estimate.findings.iter().map(|finding| finding.code()).collect()
}

#[test]
fn the_guide_reserves_and_names_no_amount() {
    for emergency in [false, true] {
        let made = estimate(&CostFacts { emergency, ..facts() }, &published(ALIEXPRESS), occasion()).unwrap();
        assert_eq!((made.outcome, made.total, made.lines.len()), (Outcome::Reserved, None, 0));
        assert_eq!(codes(&made), ["COST_RESERVED", "PAYMENT_HOLDS_UP_NOTHING"]);
        assert!(made.findings.iter().all(|finding| finding.citations()[0].section == "§7"));
    }
}

#[test]
fn a_united_states_subpoena_costs_45_dollars_by_the_example() {
    let made = estimate(&facts(), &published(EXAMPLE), occasion()).unwrap();
    assert_eq!(made.outcome, Outcome::Priced);
    assert_eq!(made.total.unwrap().to_string(), "45.00 USD");
    assert_eq!((made.lines.len(), made.lines[0].quantity), (1, 1));
    let cited = &made.lines[0].citations;
    assert_eq!(cited[0].revision.as_deref(), Some("scheduleRevisions/rev_0"));
    assert_eq!(cited[0].section, "fee `subpoena`");
    assert!(cited[1].source.as_ref().unwrap().ends_with("2020-01-13"));
    let said =
        ["FEE_APPLIES", "FEE_BY_WORK", "EXAMPLE_SCHEDULE", "CHILD_SAFETY_WAIVED_BY_HAND", "PAYMENT_HOLDS_UP_NOTHING"];
    assert_eq!(codes(&made), said);
    assert!(made.findings.iter().all(|finding| !finding.citations().is_empty()));
}

#[test]
fn what_the_example_has_no_row_for_is_reserved() {
    let french = CostFacts { authority_country: "FR".parse().unwrap(), ..facts() };
    assert_eq!(estimate(&french, &published(EXAMPLE), occasion()).unwrap().outcome, Outcome::Reserved);
}

#[test]
fn a_waiver_goes_before_a_price() {
    let waived = |facts| estimate(&facts, &published(EXAMPLE), occasion()).unwrap();
    let emergency = waived(CostFacts { emergency: true, ..facts() });
    assert_eq!((emergency.outcome, emergency.total), (Outcome::Waived, None));
    assert_eq!((codes(&emergency)[0], emergency.lines.len()), ("WAIVED_EMERGENCY", 1));
    let mla = waived(CostFacts { mutual_legal_assistance: true, ..facts() });
    assert_eq!(codes(&mla)[0], "WAIVED_MLA");
    assert_eq!(mla.findings[0].citations()[0].confirmation, Confirmation::Unconfirmed);
}

fn quote(text: &str, facts: CostFacts) -> Quote {
    let schedule = published(text);
    let made = estimate(&facts, &schedule, occasion()).unwrap();
    let contact = BillingContact {
        contact_id: "singapore-e-commerce".to_owned(),
        legal_name: "Alibaba.com Singapore E-Commerce Private Limited".to_owned(),
    };
    let agency_name = "Office of the Prosecutor".to_owned();
    let billed_party = BilledParty { agency_name, country: facts.authority_country, reference: None };
    let new = NewQuote { request: "requests/req_0".to_owned(), contact, billed_party, facts };
    Quote::make(QuoteId::new(), new, made, schedule.rules().validity_days(), now())
}

#[test]
fn a_quote_begins_as_its_estimate_says() {
    assert_eq!(quote(ALIEXPRESS, facts()).state, QuoteState::Reserved);
    assert_eq!(quote(ALIEXPRESS, facts()).expire_time, None);
    assert_eq!(quote(EXAMPLE, CostFacts { emergency: true, ..facts() }).state, QuoteState::Waived);
    let open = quote(EXAMPLE, facts());
    assert_eq!((open.state, open.expire_time), (QuoteState::Open, Some(at("2026-12-24T10:00:00Z"))));
}

#[test]
fn only_an_open_quote_moves_and_only_until_it_expires() {
    let expiry = at("2026-12-24T10:00:00Z");
    for state in QuoteState::ALL {
        for accepted in [true, false] {
            let quote = Quote { state: *state, ..quote(EXAMPLE, facts()) };
            let late = quote.clone().answer(accepted, expiry);
            let answered = quote.answer(accepted, expiry - TimeDelta::microseconds(1));
            if *state == QuoteState::Open {
                let answered = answered.unwrap();
                let expected = if accepted { QuoteState::Accepted } else { QuoteState::Declined };
                assert_eq!((answered.state, answered.expire_time, answered.version), (expected, None, 2));
                assert_eq!(late, Err(QuoteRefusal::Expired(expiry)));
            } else {
                assert_eq!(answered, Err(QuoteRefusal::NotOpen));
                assert_eq!(late, Err(QuoteRefusal::NotOpen));
            }
        }
    }
}

fn work(quote: &Quote, fee: &str, quantity: i64) -> WorkEntry {
    WorkEntry {
        id: WorkId::new(),
        quote: quote.id,
        request: quote.request.clone(),
        fee: fee.to_owned(),
        quantity,
        description: "Copied the records".to_owned(),
        evidence: "ticket 7".to_owned(),
        recorder: "person:ann".to_owned(),
        work_time: now(),
        invoice: None,
    }
}

fn billed(quote: &Quote, work: &[WorkEntry]) -> Result<Invoice, Unbillable> {
    bill(InvoiceId::new(), 42, quote, work, &published(EXAMPLE), occasion())
}

#[test]
fn an_invoice_bills_work_by_the_rows_of_the_quote() {
    let quote = quote(EXAMPLE, facts()).answer(true, now()).unwrap();
    let done = [work(&quote, "employee-work", 40), work(&quote, "subpoena", 1), work(&quote, "employee-work", 21)];
    let invoice = billed(&quote, &done).unwrap();
    assert_eq!(invoice.number, "singapore-e-commerce-000042");
    // 40 and 21 minutes are 61, five quarters of an hour begun: 5 times 7.50 and 45.00.
    assert_eq!(invoice.total.to_string(), "82.50 USD");
    let lines: Vec<_> =
        invoice.lines.iter().map(|line| (line.fee.as_str(), line.quantity, line.amount.minor())).collect();
    assert_eq!(lines, [("subpoena", 1, 4500), ("employee-work", 5, 3750)]);
    assert_eq!(invoice.lines[1].work_entries, [done[0].id.name(), done[2].id.name()]);
    assert!(invoice.findings.iter().any(|finding| finding.code() == "EXAMPLE_SCHEDULE"));
}

#[test]
fn what_cannot_be_billed_is_refused() {
    let accepted = quote(EXAMPLE, facts()).answer(true, now()).unwrap();
    assert_eq!(billed(&accepted, &[]), Err(Unbillable::NoWork));
    // A row for another instrument is none of this quote.
    assert_eq!(billed(&accepted, &[work(&accepted, "search-warrant", 1)]), Err(Unbillable::UnknownFee));
    for state in QuoteState::ALL.iter().filter(|state| **state != QuoteState::Accepted) {
        let quote = Quote { state: *state, ..accepted.clone() };
        let refusal = Unbillable::Quote(QuoteRefusal::NotAccepted);
        assert_eq!(billed(&quote, &[work(&quote, "subpoena", 1)]), Err(refusal), "{state:?}");
    }
}

#[test]
fn a_number_grows_past_its_zeros() {
    assert_eq!(number("hong-kong", 1), "hong-kong-000001");
    assert_eq!(number("hong-kong", 1_000_000), "hong-kong-1000000");
}

#[test]
fn a_fee_for_the_request_is_owed_once() {
    let schedule = published(EXAMPLE);
    let facts = facts();
    let row = |fee: &str| schedule.rules().rows_for(&facts).find(|row| row.fee == fee).unwrap();
    assert!(check_quantity(row("subpoena"), &facts, 0, 1).is_ok());
    assert!(check_quantity(row("subpoena"), &facts, 1, 1).is_err());
    assert!(check_quantity(row("subpoena"), &facts, 0, 2).is_err());
    assert!(check_quantity(row("subpoena"), &facts, i64::MAX, 1).is_err());
    assert!(check_quantity(row("employee-work"), &facts, 600, 600).is_ok());
}

proptest! {
    #[test]
    fn the_sum_of_the_lines_is_the_total(minutes in prop::collection::vec(1..100_000_i64, 0..40), subpoena: bool) {
        let quote = quote(EXAMPLE, facts()).answer(true, now()).unwrap();
        let mut done: Vec<_> = minutes.iter().map(|minutes| work(&quote, "employee-work", *minutes)).collect();
        done.extend(subpoena.then(|| work(&quote, "subpoena", 1)));
        match billed(&quote, &done) {
            Ok(invoice) => {
                let sum: i64 = invoice.lines.iter().map(|line| line.amount.minor()).sum();
                prop_assert_eq!(sum, invoice.total.minor());
                for line in &invoice.lines {
                    prop_assert_eq!(line.amount.minor(), line.unit_price.minor() * line.quantity);
                }
                // Every piece of work stands on exactly one line.
                let mut named: Vec<_> = invoice.lines.iter().flat_map(|line| line.work_entries.clone()).collect();
                let mut given: Vec<_> = done.iter().map(|entry| entry.id.name()).collect();
                named.sort();
                given.sort();
                prop_assert_eq!(named, given);
            }
            Err(refused) => prop_assert!(done.is_empty() && refused == Unbillable::NoWork),
        }
    }
}
