//! What each slot of a letter says of a request.

use rogatory_rulebook::{Citation, Effect, InstrumentKind};

use super::{Slot, route};
use crate::domain::{conditions::Status, request::LegalRequest};

pub(super) fn value(slot: Slot, request: &LegalRequest, title: &str) -> String {
    let wrote = &request.particulars;
    let date = || request.receive_time.map(|time| time.format("%-d %B %Y").to_string()).unwrap_or_default();
    match slot {
        Slot::Title => title.to_owned(),
        Slot::Request => request.id.name(),
        Slot::Agency => wrote.requester.agency_name.clone().unwrap_or_default(),
        Slot::AgencyReference => wrote.requester.agency_reference.clone().unwrap_or_default(),
        Slot::Instrument => instrument(request),
        Slot::ReceiveDate => date(),
        Slot::OrdinaryDate => {
            if request.is_emergency() {
                String::new()
            } else {
                date()
            }
        }
        Slot::EmergencyDate => {
            if request.is_emergency() {
                date()
            } else {
                String::new()
            }
        }
        Slot::Deficiencies => numbered(request.deficiencies.iter().map(|deficiency| {
            format!(
                "{} {} ({}{})",
                deficiency.sentence,
                deficiency.cure,
                place(&deficiency.field),
                cited(&deficiency.citations)
            )
        })),
        Slot::Route => request.plan.as_ref().map(route::contacts).unwrap_or_default(),
        Slot::Channels => request.plan.as_ref().map(route::channels).unwrap_or_default(),
        Slot::Reasons => route::reasons(request),
        Slot::Waiting => request
            .conditions
            .iter()
            .filter(|condition| condition.status != Status::True)
            .map(|condition| format!("- {}", condition.message))
            .collect::<Vec<_>>()
            .join("\n"),
        Slot::Items => items(request),
        Slot::Obligations => request
            .obligations
            .iter()
            .filter(|obligation| obligation.settle_time.is_none())
            .map(|obligation| format!("- {}{}", obligation.sentence, bracketed(&obligation.citations)))
            .collect::<Vec<_>>()
            .join("\n"),
        Slot::Outcome => request.outcome.map(|outcome| outcome.sentence().to_owned()).unwrap_or_default(),
    }
}

fn instrument(request: &LegalRequest) -> String {
    let paper = &request.particulars.instrument;
    let kind = paper.kind.map(|kind| match kind {
        InstrumentKind::Subpoena => "a subpoena",
        InstrumentKind::SearchWarrant => "a search warrant",
        InstrumentKind::CourtOrder => "a court order",
        InstrumentKind::Writ => "a writ",
        InstrumentKind::OtherProcess => "other legal process",
        InstrumentKind::EuProductionOrder => "a European Production Order",
        InstrumentKind::EuPreservationOrder => "a European Preservation Order",
        InstrumentKind::LetterOfRequest => "a letter of request",
        InstrumentKind::EmergencyForm => "the emergency form",
        InstrumentKind::Informal => "a letter without legal force",
        InstrumentKind::UkOverseasProductionOrder => "an overseas production order of a court of the United Kingdom",
    });
    let what = paper.title.as_ref().map(|title| format!("\"{title}\"")).or(kind.map(str::to_owned)).unwrap_or_default();
    match &paper.reference {
        Some(reference) => format!("{what} ({reference})"),
        None => what,
    }
}

fn items(request: &LegalRequest) -> String {
    let lines = request.decided().into_iter().map(|result| {
        let why: Vec<String> = result
            .findings
            .iter()
            // Notes are for those who decide, not for the agency.
            .filter(|finding| finding.effect() != Effect::Notes)
            .map(|finding| format!(" {}{}", finding.sentence(), bracketed(finding.citations())))
            .collect();
        format!(
            "- {} ({}) of {}: {}.{}",
            result.item_id,
            result.element,
            result.target_id,
            result.result.sentence(),
            why.concat()
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn numbered(lines: impl Iterator<Item = String>) -> String {
    lines.enumerate().map(|(index, line)| format!("{}. {line}", index + 1)).collect::<Vec<_>>().join("\n")
}

/// `items[3].window` is the fourth item to a reader of letters.
fn place(field: &str) -> String {
    let Some((list, rest)) = field.split_once('[') else { return String::new() };
    let Some((index, _)) = rest.split_once(']') else { return String::new() };
    match index.parse::<usize>() {
        Ok(index) => format!("{} {}; ", list.trim_end_matches('s'), index + 1),
        Err(_) => String::new(),
    }
}

fn cited(citations: &[Citation]) -> String {
    citations
        .iter()
        .map(|citation| format!("{}, {}", citation.document, citation.section))
        .collect::<Vec<_>>()
        .join("; ")
}

pub(super) fn bracketed(citations: &[Citation]) -> String {
    if citations.is_empty() { String::new() } else { format!(" ({})", cited(citations)) }
}
