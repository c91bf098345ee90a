//! Between wire and domain: the only file that knows both.

use chrono::{DateTime, Utc};
use rogatory_chassis::{
    CallKey, Failure, FieldFaults,
    convert::{
        authority_kind, citation, data_class, findings, instrument_kind, matter_type, provenance, read_authority_kind,
        read_data_class, read_instrument_kind, read_matter_type, timestamp,
    },
};
use rogatory_names::{InvoiceId, QuoteId, RequestId};
use rogatory_proto::{google::r#type as money_wire, rogatory::billing::v1 as wire};
use rogatory_store::{etag, page_size, parse_etag};

use crate::{
    app::{AnswerQuote, CreateQuote, InvoicePage, IssueInvoice, ListInvoices, RecordWork},
    domain::{
        estimate::{CostFacts, Estimate, Line, Outcome},
        invoice::Invoice,
        money::Money,
        quote::{BilledParty, BillingContact, NewQuote, Quote, QuoteState},
        schedule::Unit,
        work::{LARGEST_QUANTITY, WorkEntry},
    },
};

/// The longest key of a platform: that of a domain name.
const LONGEST_PLATFORM: usize = 253;
/// The longest key of a contact. It stands in the number of an invoice.
const LONGEST_CONTACT_ID: usize = 64;
/// The longest name of a company or an agency.
const LONGEST_NAME: usize = 200;
/// The longest reference of an agency.
const LONGEST_REFERENCE: usize = 100;
/// The longest key of a fee.
const LONGEST_FEE: usize = 64;
/// The longest description of work, as the schema has it.
const LONGEST_DESCRIPTION: usize = 500;
/// The longest evidence of work, as the schema has it.
const LONGEST_EVIDENCE: usize = 200;
/// As many accounts as one request may ask about.
const ACCOUNTS: std::ops::RangeInclusive<i32> = 1..=1000;
/// As many classes as there are.
const MOST_CLASSES: usize = rogatory_rulebook::DataClass::ALL.len();

/// What a conversion answers when a helper gave nothing and told no fault.
fn unsaid() -> Failure {
    Failure::bug("a field was refused without a fault")
}

/// Reads an `EstimateCostRequest`: the facts, and the time whose schedule is applied.
pub(super) fn estimate_cost(message: &wire::EstimateCostRequest) -> Result<(CostFacts, DateTime<Utc>), Failure> {
    let mut faults = FieldFaults::new();
    let facts = facts(&mut faults, message.facts.as_ref());
    let rules_time = faults.optional_time("rules_time", message.rules_time.as_ref());
    faults.done()?;
    let facts = facts.ok_or_else(unsaid)?;
    let rules_time = rules_time.unwrap_or(facts.receive_time);
    Ok((facts, rules_time))
}

fn facts(faults: &mut FieldFaults, message: Option<&wire::CostFacts>) -> Option<CostFacts> {
    let Some(message) = message else {
        faults.add("facts", "is required");
        return None;
    };
    let platform = faults.text("facts.platform", &message.platform, LONGEST_PLATFORM);
    let authority_country = faults.country("facts.authority_country", &message.authority_country);
    let authority_kind = read_authority_kind(faults, "facts.authority_kind", message.authority_kind);
    let instrument_kind = read_instrument_kind(faults, "facts.instrument_kind", message.instrument_kind);
    let matter_type = read_matter_type(faults, "facts.matter_type", message.matter_type);
    if !ACCOUNTS.contains(&message.account_count) {
        faults.add("facts.account_count", "is not between 1 and 1000");
    }
    let mut data_classes = Vec::new();
    if faults.optional_list("facts.data_classes", &message.data_classes, MOST_CLASSES) {
        for (index, class) in message.data_classes.iter().enumerate() {
            let field = format!("facts.data_classes[{index}]");
            let Some(class) = read_data_class(faults, &field, *class) else { continue };
            if data_classes.contains(&class) {
                faults.add(field, "stands twice");
            }
            data_classes.push(class);
        }
    }
    let receive_time = faults.time("facts.receive_time", message.receive_time.as_ref());
    Some(CostFacts {
        platform: platform?,
        authority_country: authority_country?,
        authority_kind: authority_kind?,
        instrument_kind: instrument_kind?,
        matter_type: matter_type?,
        emergency: message.emergency,
        mutual_legal_assistance: message.mutual_legal_assistance,
        account_count: message.account_count,
        data_classes,
        receive_time: receive_time?,
    })
}

fn contact_id(faults: &mut FieldFaults, field: &str, value: &str) -> Option<String> {
    let id = faults.text(field, value, LONGEST_CONTACT_ID)?;
    if !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        faults.add(field, "is not the key of a contact: lower-case letters, digits and hyphens");
        return None;
    }
    Some(id)
}

fn contact(faults: &mut FieldFaults, message: Option<&wire::BillingContact>) -> Option<BillingContact> {
    let Some(message) = message else {
        faults.add("contact", "is required");
        return None;
    };
    let contact_id = contact_id(faults, "contact.contact_id", &message.contact_id);
    let legal_name = faults.text("contact.legal_name", &message.legal_name, LONGEST_NAME);
    Some(BillingContact { contact_id: contact_id?, legal_name: legal_name? })
}

fn billed_party(faults: &mut FieldFaults, message: Option<&wire::BilledParty>) -> Option<BilledParty> {
    let Some(message) = message else {
        faults.add("billed_party", "is required");
        return None;
    };
    let agency_name = faults.text("billed_party.agency_name", &message.agency_name, LONGEST_NAME);
    let country = faults.country("billed_party.country", &message.country);
    let reference = faults.optional_text("billed_party.reference", &message.reference, LONGEST_REFERENCE);
    Some(BilledParty { agency_name: agency_name?, country: country?, reference })
}

/// Reads a `CreateQuoteRequest`.
pub(super) fn create_quote(message: &wire::CreateQuoteRequest) -> Result<CreateQuote, Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.name("request", &message.request, RequestId::parse_name);
    let contact = contact(&mut faults, message.contact.as_ref());
    let billed_party = billed_party(&mut faults, message.billed_party.as_ref());
    let facts = facts(&mut faults, message.facts.as_ref());
    let key = CallKey::read(&mut faults, &message.request_id, message);
    faults.done()?;
    let read = || {
        let (request, contact) = (request?.name(), contact?);
        let quote = NewQuote { request, contact, billed_party: billed_party?, facts: facts? };
        Some(CreateQuote { quote, key: key? })
    };
    read().ok_or_else(unsaid)
}

/// Reads a `GetQuoteRequest`.
pub(super) fn get_quote(message: &wire::GetQuoteRequest) -> Result<QuoteId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, QuoteId::parse_name);
    faults.done()?;
    id.ok_or_else(unsaid)
}

/// Reads an `AnswerQuoteRequest`.
pub(super) fn answer_quote(message: &wire::AnswerQuoteRequest) -> Result<AnswerQuote, Failure> {
    let mut faults = FieldFaults::new();
    let quote = faults.name("name", &message.name, QuoteId::parse_name);
    let version = faults.name("etag", &message.etag, parse_etag);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    faults.done()?;
    let read = || Some(AnswerQuote { quote: quote?, version: version?, accepted: message.accepted, key: key? });
    read().ok_or_else(unsaid)
}

/// Reads a `RecordWorkRequest`.
pub(super) fn record_work(message: &wire::RecordWorkRequest, now: DateTime<Utc>) -> Result<RecordWork, Failure> {
    let mut faults = FieldFaults::new();
    let quote = faults.name("quote", &message.quote, QuoteId::parse_name);
    let fee = faults.text("fee", &message.fee, LONGEST_FEE);
    if !(1..=LARGEST_QUANTITY).contains(&message.quantity) {
        faults.add("quantity", format!("is not between 1 and {LARGEST_QUANTITY}"));
    }
    let description = faults.text("description", &message.description, LONGEST_DESCRIPTION);
    let evidence = faults.text("evidence", &message.evidence, LONGEST_EVIDENCE);
    let work_time = faults.past_time("work_time", message.work_time.as_ref(), now);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    faults.done()?;
    let read = || {
        Some(RecordWork {
            quote: quote?,
            fee: fee?,
            quantity: message.quantity,
            description: description?,
            evidence: evidence?,
            work_time: work_time?,
            key: key?,
        })
    };
    read().ok_or_else(unsaid)
}

/// Reads an `IssueInvoiceRequest`.
pub(super) fn issue_invoice(message: &wire::IssueInvoiceRequest) -> Result<IssueInvoice, Failure> {
    let mut faults = FieldFaults::new();
    let quote = faults.name("quote", &message.quote, QuoteId::parse_name);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    faults.done()?;
    let read = || Some(IssueInvoice { quote: quote?, key: key? });
    read().ok_or_else(unsaid)
}

/// Reads a `GetInvoiceRequest`.
pub(super) fn get_invoice(message: &wire::GetInvoiceRequest) -> Result<InvoiceId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, InvoiceId::parse_name);
    faults.done()?;
    id.ok_or_else(unsaid)
}

/// Reads a `ListInvoicesRequest`.
pub(super) fn list_invoices(message: &wire::ListInvoicesRequest) -> Result<ListInvoices, Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.optional_name("request", &message.request, RequestId::parse_name).map(|id| id.name());
    let contact = match message.contact_id.as_str() {
        "" => None,
        id => contact_id(&mut faults, "contact_id", id),
    };
    let size = page_size(message.page_size).map_err(|wrong| faults.add("page_size", wrong.to_string()));
    faults.done()?;
    let page_size = size.map_err(|()| unsaid())?;
    Ok(ListInvoices { request, contact, page_size, page_token: message.page_token.clone() })
}

fn money(money: Money) -> money_wire::Money {
    let (units, nanos) = money.units_and_nanos();
    money_wire::Money { currency_code: money.currency().code().to_owned(), units, nanos }
}

/// An estimate for the wire.
pub(super) fn estimate(estimate: &Estimate) -> wire::Estimate {
    let outcome = match estimate.outcome {
        Outcome::Reserved => wire::estimate::Outcome::Reserved,
        Outcome::Priced => wire::estimate::Outcome::Priced,
        Outcome::Waived => wire::estimate::Outcome::Waived,
    };
    wire::Estimate {
        outcome: outcome.into(),
        lines: estimate.lines.iter().map(line).collect(),
        total: estimate.total.map(money),
        findings: findings(&estimate.findings),
        provenance: Some(provenance(&estimate.provenance)),
    }
}

fn line(line: &Line) -> wire::Line {
    let unit = match line.unit {
        Unit::Request => wire::Unit::Request,
        Unit::Account => wire::Unit::Account,
        Unit::QuarterHour => wire::Unit::QuarterHour,
        Unit::Page => wire::Unit::Page,
    };
    wire::Line {
        fee: line.fee.clone(),
        description: line.description.clone(),
        unit: unit.into(),
        quantity: line.quantity,
        unit_price: Some(money(line.unit_price)),
        amount: Some(money(line.amount)),
        citations: line.citations.iter().map(citation).collect(),
        work_entries: line.work_entries.clone(),
    }
}

fn cost_facts(facts: &CostFacts) -> wire::CostFacts {
    wire::CostFacts {
        platform: facts.platform.clone(),
        authority_country: facts.authority_country.alpha2().to_owned(),
        authority_kind: authority_kind(facts.authority_kind).into(),
        instrument_kind: instrument_kind(facts.instrument_kind).into(),
        matter_type: matter_type(facts.matter_type).into(),
        emergency: facts.emergency,
        mutual_legal_assistance: facts.mutual_legal_assistance,
        account_count: facts.account_count,
        data_classes: facts.data_classes.iter().map(|class| data_class(*class).into()).collect(),
        receive_time: Some(timestamp(facts.receive_time)),
    }
}

fn billing_contact(contact: &BillingContact) -> wire::BillingContact {
    wire::BillingContact { contact_id: contact.contact_id.clone(), legal_name: contact.legal_name.clone() }
}

fn billed(party: &BilledParty) -> wire::BilledParty {
    wire::BilledParty {
        agency_name: party.agency_name.clone(),
        country: party.country.alpha2().to_owned(),
        reference: party.reference.clone().unwrap_or_default(),
    }
}

/// A quote for the wire.
pub(super) fn quote(quote: &Quote) -> wire::Quote {
    let state = match quote.state {
        QuoteState::Reserved => wire::quote::State::Reserved,
        QuoteState::Waived => wire::quote::State::Waived,
        QuoteState::Open => wire::quote::State::Open,
        QuoteState::Accepted => wire::quote::State::Accepted,
        QuoteState::Declined => wire::quote::State::Declined,
    };
    wire::Quote {
        name: quote.id.name(),
        request: quote.request.clone(),
        contact: Some(billing_contact(&quote.contact)),
        billed_party: Some(billed(&quote.billed_party)),
        state: state.into(),
        estimate: Some(estimate(&quote.estimate)),
        facts: Some(cost_facts(&quote.facts)),
        create_time: Some(timestamp(quote.create_time)),
        expire_time: quote.expire_time.map(timestamp),
        etag: etag(quote.version),
    }
}

/// A piece of work for the wire.
pub(super) fn work_entry(entry: &WorkEntry) -> wire::WorkEntry {
    wire::WorkEntry {
        name: entry.id.name(),
        quote: entry.quote.name(),
        request: entry.request.clone(),
        fee: entry.fee.clone(),
        quantity: entry.quantity,
        description: entry.description.clone(),
        evidence: entry.evidence.clone(),
        recorder: entry.recorder.clone(),
        work_time: Some(timestamp(entry.work_time)),
        invoice: entry.invoice.map(|id| id.name()).unwrap_or_default(),
    }
}

/// An invoice for the wire.
pub(super) fn invoice(invoice: &Invoice) -> wire::Invoice {
    wire::Invoice {
        name: invoice.id.name(),
        number: invoice.number.clone(),
        request: invoice.request.clone(),
        quote: invoice.quote.name(),
        contact: Some(billing_contact(&invoice.contact)),
        billed_party: Some(billed(&invoice.billed_party)),
        lines: invoice.lines.iter().map(line).collect(),
        total: Some(money(invoice.total)),
        provenance: Some(provenance(&invoice.provenance)),
        issue_time: Some(timestamp(invoice.issue_time)),
        findings: findings(&invoice.findings),
    }
}

/// A page of invoices for the wire.
pub(super) fn invoice_page(page: &InvoicePage) -> wire::ListInvoicesResponse {
    let invoices = page.invoices.iter().map(invoice).collect();
    wire::ListInvoicesResponse { invoices, next_page_token: page.next_page_token.clone() }
}
