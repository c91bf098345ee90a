//! What it costs.

use rogatory_proto::rogatory::billing::v1::{Invoice, quote};

use super::{
    super::{
        page::{Tone, cell, rest, right},
        words::{cited, spoken},
    },
    writer::Writer,
};
use crate::play::{Report, expectations::money};

pub(super) fn cost(writer: &mut Writer<'_>, report: &Report) {
    for quote in &report.quotes {
        let contact = quote.contact.as_ref().map(|contact| contact.legal_name.clone()).unwrap_or_default();
        let state = spoken("rogatory.billing.v1.Quote.State", quote.state);
        let total = quote.estimate.as_ref().and_then(|estimate| estimate.total.as_ref());
        let amount = total.map(|total| format!(" at {}", money(total))).unwrap_or_default();
        let tone = if quote.state() == quote::State::Declined { Tone::Bad } else { Tone::Strong };
        writer.line(tone, format!("{contact}: {state}{amount}"));
        writer.all(quote.estimate.iter().flat_map(|estimate| &estimate.findings));
    }
    for invoice in &report.invoices {
        write(writer, invoice);
    }
}

fn write(writer: &mut Writer<'_>, invoice: &Invoice) {
    let to = invoice.billed_party.as_ref().map(|party| party.agency_name.as_str()).unwrap_or_default();
    writer.line(Tone::Strong, format!("Invoice {} to {to}", invoice.number));
    for line in &invoice.lines {
        let price = line.unit_price.as_ref().map(money).unwrap_or_default();
        let amount = line.amount.as_ref().map(money).unwrap_or_default();
        writer.row([
            right(14, Tone::Plain, amount),
            cell(16, Tone::Plain, format!("{} × {price}", line.quantity)),
            rest(Tone::Plain, cited(&line.description, &line.citations)),
        ]);
    }
    let total = invoice.total.as_ref().map(money).unwrap_or_default();
    writer.row([right(14, Tone::Strong, total), cell(16, Tone::Strong, "in total")]);
    writer.all(&invoice.findings);
}
