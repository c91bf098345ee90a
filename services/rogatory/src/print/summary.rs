//! All cases in one table.

use std::{net::SocketAddr, time::Duration};

use super::{
    page::{Page, Tone, cell, rest},
    words::spoken,
};
use crate::play::{Proof, Report};

/// Writes the closing table: case, contact, outcome, and whether that was expected.
pub fn summary(page: &mut Page, reports: &[Report], elapsed: Duration) {
    let passed = reports.iter().filter(|report| report.passed()).count();
    let (end, tone) = if passed == reports.len() {
        ("all as expected".to_owned(), Tone::Good)
    } else {
        (format!("{} NOT AS EXPECTED", reports.len() - passed), Tone::Bad)
    };
    page.heading("Summary", &end, tone);
    page.blank();
    let head = |text: &str| (Tone::Faint, text.to_owned());
    row(page, [head(""), head("case"), head("serve"), head("verified"), head("outcome"), head("expected")]);
    page.rule(2);
    for report in reports {
        let number = report.name.split('-').next().unwrap_or_default().to_owned();
        let expected = if report.passed() { (Tone::Good, "✓".to_owned()) } else { (Tone::Bad, "✗ no".to_owned()) };
        row(
            page,
            [
                (Tone::Faint, number),
                (Tone::Plain, report.title.clone()),
                (Tone::Plain, contacts(report)),
                (Tone::Plain, verified(report)),
                (Tone::Strong, outcome(report)),
                expected,
            ],
        );
    }
    page.rule(2);
    page.row(2, &[rest(Tone::Faint, format!("played in {:.1} s", elapsed.as_secs_f32()))]);
}

fn row(page: &mut Page, cells: [(Tone, String); 6]) {
    let [number, title, contact, verified, outcome, expected] = cells;
    let mut row = vec![cell(2, number.0, number.1), rest(title.0, title.1)];
    // A narrow terminal keeps what the summary is for.
    if page.width() >= 100 {
        row.extend([cell(20, contact.0, contact.1), cell(8, verified.0, verified.1)]);
    }
    row.extend([cell(19, outcome.0, outcome.1), cell(8, expected.0, expected.1)]);
    page.row(2, &row);
}

fn contacts(report: &Report) -> String {
    let legs = report.request.iter().filter_map(|request| request.plan.as_ref()).flat_map(|plan| &plan.legs);
    let contacts: Vec<String> =
        legs.map(|leg| leg.contact.as_ref().map_or("—".to_owned(), |contact| contact.contact_id.clone())).collect();
    if contacts.is_empty() { "—".to_owned() } else { contacts.join("\n") }
}

fn verified(report: &Report) -> String {
    match &report.verification {
        None => "—".to_owned(),
        Some(found) if found.level > 1 => spoken("rogatory.verification.v1.Verification.Level", found.level),
        Some(found) => spoken("rogatory.verification.v1.Verification.State", found.state),
    }
}

fn outcome(report: &Report) -> String {
    let Some(request) = &report.request else { return "not filed".to_owned() };
    if request.outcome == 0 {
        spoken("rogatory.intake.v1.LegalRequest.State", request.state)
    } else {
        spoken("rogatory.intake.v1.LegalRequest.Outcome", request.outcome)
    }
}

/// Writes how the operator's policy came to be published.
pub fn operator(page: &mut Page, proof: Proof) {
    let (tone, how) = match proof {
        Proof::Proven => (Tone::Good, "✓ its invariants were proven with cvc5 before it was published"),
        Proof::Overridden => (
            Tone::Open,
            "! there is no solver cvc5 here: published without a proof, with the reason in the audit ledger",
        ),
    };
    page.row(0, &[rest(Tone::Strong, "The operator's policy on storage and staff")]);
    page.row(2, &[rest(tone, how)]);
    page.blank();
}

/// Writes what is about to be shown, and how to read it.
pub fn opening(page: &mut Page, cases: usize, services: &[(&'static str, SocketAddr)]) {
    let ports: Vec<String> = services.iter().map(|(name, address)| format!("{name} {}", address.port())).collect();
    page.row(0, &[rest(Tone::Strong, format!("Rogatory: cases filed with five services over gRPC: {cases}"))]);
    page.row(0, &[rest(Tone::Faint, format!("on 127.0.0.1, with TLS and tokens: {}", ports.join(", ")))]);
    page.row(
        0,
        &[rest(
            Tone::Faint,
            "Everybody in the cases is invented. Guide: the AliExpress Law Enforcement Guide. †: nobody has checked the \
             citation against its source yet, and counsel should before relying on it.",
        )],
    );
    page.blank();
}
