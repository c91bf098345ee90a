//! Letters to the agency: templates as data, filled from the request. A letter names targets by their keys only; of what
//! is sensitive it repeats nothing, and of the request it knows what the agency may read.

mod route;
mod slots;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rogatory_names::LetterId;
use rogatory_rulebook::{Fault, Source, words};
use serde::{Deserialize, Serialize};

use super::{opaque, request::LegalRequest};

words! {
    /// Which letter.
    LetterKind, "letter" {
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
    Slot, "slot of a letter" {
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
        let request = &request.for_agency();
        let fill = |text: &Text| -> Option<String> {
            let mut filled = String::new();
            for part in text {
                match part {
                    Part::Plain(plain) => filled.push_str(plain),
                    Part::Slot(slot) => {
                        let value = slots::value(*slot, request, title);
                        filled.push_str(Some(value.as_str()).filter(|value| !value.is_empty())?);
                    }
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
