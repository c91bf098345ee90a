//! How times, citations and words of the schema are written for a reader.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use rogatory_proto::rogatory::rulebook::v1::{Citation, Confirmation, Finding};

use crate::cases::message::word;

/// The document that is cited most, and what it is called here.
const GUIDE: &str = "AliExpress Law Enforcement Guide";
/// Words that are written otherwise than their letters.
const WRITTEN: [(&str, &str); 10] = [
    ("call-back", "call-back"),
    ("civil-commercial", "civil or commercial"),
    ("customs-tax", "customs or tax"),
    ("eu-eevidence", "EU e-Evidence"),
    ("eu-production-order", "European Production Order"),
    ("eu-preservation-order", "European Preservation Order"),
    ("hague-evidence", "Hague Evidence"),
    ("hague-service", "Hague Service"),
    ("ip-derived", "IP address"),
    ("mlat", "MLAT"),
];

/// The value of an enum as a reader would say it: `needs other process`.
pub(super) fn spoken(name: &str, value: i32) -> String {
    let word = word(name, value);
    match WRITTEN.iter().find(|(known, _)| *known == word) {
        Some((_, written)) => (*written).to_owned(),
        None => word.replace('-', " "),
    }
}

pub(super) fn time(stamp: &Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(stamp.seconds, u32::try_from(stamp.nanos).unwrap_or_default()).unwrap_or_default()
}

/// A day as a letter writes it: `12 October 2026`.
pub(super) fn day(stamp: &Timestamp) -> String {
    time(stamp).format("%-d %B %Y").to_string()
}

/// A moment to the minute.
pub(super) fn moment(stamp: &Timestamp) -> String {
    time(stamp).format("%-d %B %Y %H:%M UTC").to_string()
}

/// `Guide §2; Hague Service Convention 1965, Art. 1`. A dagger stands behind what nobody has checked.
pub(super) fn citations<'a>(citations: impl IntoIterator<Item = &'a Citation>) -> String {
    let mut written: Vec<String> = Vec::new();
    for citation in citations {
        let document = if citation.document == GUIDE { "Guide" } else { citation.document.as_str() };
        let gap = if citation.section.starts_with('§') { " " } else { ", " };
        // A section of a rule file is a table: `[approvals]`.
        let section = citation.section.trim_start_matches('[').trim_end_matches(']');
        let unchecked = citation.confirmation() != Confirmation::Confirmed;
        let text = format!("{document}{gap}{section}{}", if unchecked { "†" } else { "" });
        if !written.contains(&text) {
            written.push(text);
        }
    }
    written.join("; ")
}

/// The sentence with its citations in brackets.
pub(super) fn finding(finding: &Finding) -> String {
    cited(&finding.sentence, &finding.citations)
}

/// A sentence with citations in brackets behind it.
pub(super) fn cited(sentence: &str, of: &[Citation]) -> String {
    let cites = citations(of);
    if cites.is_empty() { sentence.to_owned() } else { format!("{sentence} [{cites}]") }
}
