//! Whether the requester was believed, and on what that rests.

use rogatory_proto::rogatory::{
    rulebook::v1::Effect,
    verification::v1::{Evidence, Verification, evidence, verification},
};

use super::{
    super::{
        page::{Tone, cell, rest},
        words::{day, spoken},
    },
    attempt,
    writer::Writer,
};
use crate::play::{Attempt, Report};

pub(super) fn verified(writer: &mut Writer<'_>, report: &Report) {
    let Some(found) = &report.verification else { return };
    conclusion(writer, found);
    let (people, own): (Vec<&Evidence>, Vec<&Evidence>) = found.evidence.iter().partition(|piece| by_people(piece));
    if writer.verbose {
        own.iter().for_each(|piece| row(writer, piece));
    } else {
        let own: Vec<String> = own.iter().map(|piece| words(piece)).collect();
        writer.line(Tone::Plain, own.join(", "));
    }
    people.iter().for_each(|piece| row(writer, piece));
    for approval in &found.approvals {
        let who = approval.approver.split_once(':').map_or(approval.approver.as_str(), |(_, who)| who);
        writer.line(Tone::Good, format!("✓ {who} vouched for the emergency"));
    }
    let here = |tried: &&Attempt| ["recording", "vouching"].iter().any(|word| tried.what.starts_with(word));
    for tried in report.attempts.iter().filter(here) {
        writer.line(Tone::Open, attempt(tried));
    }
    // The first finding says how it came out; of the others a reader needs those that speak against.
    for (index, finding) in found.findings.iter().enumerate() {
        if index == 0 || writer.verbose || !matches!(finding.effect(), Effect::Permits | Effect::Notes) {
            writer.say(finding);
        }
    }
    writer.said(&found.findings);
}

fn conclusion(writer: &mut Writer<'_>, found: &Verification) {
    let level = |level| spoken("rogatory.verification.v1.Verification.Level", level);
    let state = spoken("rogatory.verification.v1.Verification.State", found.state);
    let needed = level(found.required_level);
    match found.state() {
        verification::State::Verified => {
            let until = found.expire_time.as_ref().map(day).unwrap_or_default();
            let text = format!("✓ {state} at level {}, until {until} ({needed} was needed)", level(found.level));
            writer.line(Tone::Good, text);
        }
        verification::State::Denied => writer.line(Tone::Bad, format!("✗ {state} ({needed} was needed)")),
        verification::State::Open | verification::State::Unspecified => {
            writer.line(Tone::Open, format!("? {state} ({needed} is needed)"));
        }
    }
}

/// Evidence that took a person; the rest the service gathers itself.
fn by_people(piece: &Evidence) -> bool {
    matches!(piece.kind(), evidence::Kind::Credentials | evidence::Kind::CallBack | evidence::Kind::Challenge)
}

/// What was observed, and its weight where it has one: `+ agency accredited (30)`.
fn words(piece: &Evidence) -> String {
    let (_, mark) = mark(piece);
    let observed = piece.observation.to_lowercase().replace('_', " ");
    match piece.weight {
        0 => format!("{mark} {observed}"),
        weight => format!("{mark} {observed} ({weight})"),
    }
}

fn mark(piece: &Evidence) -> (Tone, &'static str) {
    match piece.result() {
        evidence::Result::Positive => (Tone::Good, "+"),
        evidence::Result::Negative => (Tone::Bad, "−"),
        evidence::Result::Inconclusive | evidence::Result::Unspecified => (Tone::Open, "·"),
    }
}

fn row(writer: &mut Writer<'_>, piece: &Evidence) {
    let (tone, _) = mark(piece);
    let note = [&piece.source, &piece.person_reached, &piece.note].map(String::as_str);
    let note: Vec<&str> = note.into_iter().filter(|text| !text.is_empty()).collect();
    writer.row([cell(28, tone, words(piece)), rest(Tone::Plain, note.join(": "))]);
}
