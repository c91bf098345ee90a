//! Letters to the agency: templates as data, filled from the request. A letter names targets by their keys only; of what
//! is sensitive it repeats nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rogatory_names::LetterId;
use rogatory_rulebook::{Citation, Effect, Fault, Finding, InstrumentKind, Source};
use serde::{Deserialize, Serialize};

use super::{
    conditions::Status,
    opaque,
    request::LegalRequest,
    route::{Leg, RoutePlan},
    words,
};

words! {
    /// Which letter.
    LetterKind {
        /// The request was received and is complete.
        Acknowledgement = "acknowledgement",
        /// Something required is missing.
        Deficiency = "deficiency",
        /// It was served on another contact than the appropriate one.
        Misdirected = "misdirected",
        /// The guide does not apply to the requester.
        OutOfScope = "out-of-scope",
        /// It waits for something.
        Held = "held",
        /// It was rejected.
        Rejected = "rejected",
        /// It was closed.
        Outcome = "outcome",
    }
}

words! {
    /// What a template may name in braces.
    Slot {
        /// Title of the guide.
        Title = "title",
        /// Resource name of the request.
        Request = "request",
        /// Name of the agency.
        Agency = "agency",
        /// The agency's own reference.
        AgencyReference = "agency_reference",
        /// The paper on which it rests.
        Instrument = "instrument",
        /// The day on which it was received.
        ReceiveDate = "receive_date",
        /// The day on which it was received, when it is an ordinary one.
        OrdinaryDate = "ordinary_date",
        /// The day on which it was received, when it is an emergency.
        EmergencyDate = "emergency_date",
        /// What is missing, with cures.
        Deficiencies = "deficiencies",
        /// Whom to serve for which target.
        Route = "route",
        /// The channels with their standing.
        Channels = "channels",
        /// Why it came out as it did.
        Reasons = "reasons",
        /// What it waits for.
        Waiting = "waiting",
        /// What was decided of each item.
        Items = "items",
        /// What is still owed.
        Obligations = "obligations",
        /// How it ended.
        Outcome = "outcome",
    }
}

/// A letter that was written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its id.
    pub id: LetterId,
    /// Its template.
    pub template: LetterKind,
    /// Subject line.
    pub subject: String,
    /// The text. Sensitive: it repeats what the agency wrote of itself.
    pub body: String,
    /// When it was written.
    pub create_time: DateTime<Utc>,
}

opaque!(Letter);

/// The templates, checked.
#[derive(Debug, Clone)]
pub struct Letters {
    templates: BTreeMap<LetterKind, Template>,
    closing: Vec<Text>,
}

#[derive(Debug, Clone)]
struct Template {
    subject: Text,
    paragraphs: Vec<Text>,
}

/// A text with slots.
type Text = Vec<Part>;

#[derive(Debug, Clone)]
enum Part {
    Plain(String),
    Slot(Slot),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    subject: String,
    paragraphs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    paragraphs: Vec<String>,
}

impl Letters {
    /// Reads the templates and the paragraphs that close every letter.
    ///
    /// # Errors
    /// Every fault: a letter without a template, a brace that is not closed, a slot that no letter knows.
    pub fn parse(templates: &[(LetterKind, &str)], closing: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut read = BTreeMap::new();
        for (kind, text) in templates {
            match Source::new(text).read::<File>() {
                Ok(file) => {
                    let mut part = |text: &String| text_of(text, kind.as_str(), &mut faults);
                    let subject = part(&file.subject);
                    let paragraphs = file.paragraphs.iter().map(part).collect();
                    read.insert(*kind, Template { subject, paragraphs });
                }
                Err(found) => faults.extend(found),
            }
        }
        let closing = match Source::new(closing).read::<Closing>() {
            Ok(file) => file.paragraphs.iter().map(|text| text_of(text, "closing", &mut faults)).collect(),
            Err(found) => {
                faults.extend(found);
                Vec::new()
            }
        };
        for kind in LetterKind::ALL.iter().filter(|kind| !read.contains_key(kind)) {
            faults.push(Fault::of_file(kind.as_str(), "has no template"));
        }
        if faults.is_empty() { Ok(Self { templates: read, closing }) } else { Err(faults) }
    }

    /// Fills a template. A paragraph with a slot that has nothing to say is left out. `title` is the guide's.
    #[must_use]
    pub fn write(
        &self,
        kind: LetterKind,
        request: &LegalRequest,
        title: &str,
        id: LetterId,
        now: DateTime<Utc>,
    ) -> Letter {
        let fill = |text: &Text| -> Option<String> {
            let mut filled = String::new();
            for part in text {
                match part {
                    Part::Plain(plain) => filled.push_str(plain),
                    Part::Slot(slot) => filled.push_str(&Some(value(*slot, request, title)).filter(|v| !v.is_empty())?),
                }
            }
            Some(filled)
        };
        // `parse` refuses a set that lacks a template, so both are there.
        let template = self.templates.get(&kind);
        let subject = template.and_then(|template| fill(&template.subject)).unwrap_or_default();
        let paragraphs = template.map(|template| template.paragraphs.as_slice()).unwrap_or_default();
        let body: Vec<String> = paragraphs.iter().chain(&self.closing).filter_map(fill).collect();
        Letter { id, template: kind, subject, body: body.join("\n\n"), create_time: now }
    }
}

fn text_of(text: &str, path: &str, faults: &mut Vec<Fault>) -> Text {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('{') {
        parts.push(Part::Plain(plain.to_owned()));
        let Some((name, after)) = after.split_once('}') else {
            faults.push(Fault::of_file(path, "a brace is opened and not closed"));
            return parts;
        };
        match Slot::ALL.iter().find(|slot| slot.as_str() == name) {
            Some(slot) => parts.push(Part::Slot(*slot)),
            None => faults.push(Fault::of_file(path, format!("no letter knows `{{{name}}}`"))),
        }
        rest = after;
    }
    parts.push(Part::Plain(rest.to_owned()));
    parts
}

fn value(slot: Slot, request: &LegalRequest, title: &str) -> String {
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
        Slot::Route => request.plan.iter().flat_map(|plan| &plan.legs).filter_map(leg).collect::<Vec<_>>().join("\n"),
        Slot::Channels => request.plan.as_ref().map(channels).unwrap_or_default(),
        Slot::Reasons => reasons(request),
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
    });
    let what = paper.title.as_ref().map(|title| format!("\"{title}\"")).or(kind.map(str::to_owned)).unwrap_or_default();
    match &paper.reference {
        Some(reference) => format!("{what} ({reference})"),
        None => what,
    }
}

fn leg(leg: &Leg) -> Option<String> {
    let contact = leg.contact.as_ref()?;
    Some(format!("- {} (for {})", contact.legal_name, leg.target_ids.join(", ")))
}

fn channels(plan: &RoutePlan) -> String {
    let mut lines: Vec<String> = Vec::new();
    for channel in plan.legs.iter().flat_map(|leg| &leg.channels) {
        let line = format!(
            "- {}: {}. {}{}",
            channel.kind.title(),
            channel.standing.title(),
            channel.sentence,
            bracketed(&channel.citations)
        );
        // Legs that share an authority share their channels; the agency reads each line once.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// What decided against the request; where nothing did, all that was found.
fn reasons(request: &LegalRequest) -> String {
    let legs = request.plan.iter().flat_map(RoutePlan::all_findings);
    let mut all: Vec<&Finding> = Vec::new();
    for finding in request.findings.iter().chain(legs) {
        // Notes are for those who decide, not for the agency.
        if finding.effect() != Effect::Notes && !all.contains(&finding) {
            all.push(finding);
        }
    }
    let against = |finding: &&&Finding| matches!(finding.effect(), Effect::Refuses | Effect::Holds | Effect::Requires);
    let decisive: Vec<&Finding> = all.iter().filter(against).copied().collect();
    let told = if decisive.is_empty() { all } else { decisive };
    let lines = told.iter().map(|finding| format!("- {}{}", finding.sentence(), bracketed(finding.citations())));
    lines.collect::<Vec<_>>().join("\n")
}

fn items(request: &LegalRequest) -> String {
    let results = request.decision.iter().flat_map(|decision| &decision.results);
    let lines = results.map(|result| {
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

fn bracketed(citations: &[Citation]) -> String {
    if citations.is_empty() { String::new() } else { format!(" ({})", cited(citations)) }
}
