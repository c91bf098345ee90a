//! Contacts for residences, one at a time and by the thousand.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use prost::Message as _;
use rogatory_chassis::{
    convert::{confirmation, findings, timestamp},
    failure::Failure,
    faults::FieldFaults,
};
use rogatory_proto::rogatory::{
    routing::v1::{self as wire, resolved_record::Outcome},
    rulebook::v1::Provenance,
};
use rogatory_rulebook::Country;
use tonic::Status;
use tonic_types::pb;

use super::LONGEST_PLATFORM;
use crate::{
    app::{App, ENGINE_VERSION, Resolved},
    domain::guide::Contact,
};

/// The longest key of a record.
const LONGEST_RECORD: usize = 64;
/// As many records as one message may have.
const MOST_RECORDS: usize = 10_000;

/// A residence to find the contact for.
pub(in crate::grpc) struct ResolveContact {
    pub(in crate::grpc) platform: String,
    pub(in crate::grpc) residence: Country,
    pub(in crate::grpc) rules_time: Option<DateTime<Utc>>,
}

/// Reads a `ResolveContactRequest`.
pub(in crate::grpc) fn resolve_contact(message: &wire::ResolveContactRequest) -> Result<ResolveContact, Failure> {
    let mut faults = FieldFaults::new();
    let platform = faults.text("platform", &message.platform, LONGEST_PLATFORM);
    let residence = faults.country("residence_country", &message.residence_country);
    let rules_time = faults.optional_time("rules_time", message.rules_time.as_ref());
    match (platform, residence) {
        (Some(platform), Some(residence)) if faults.is_empty() => {
            Ok(ResolveContact { platform, residence, rules_time })
        }
        _ => Err(faults.into()),
    }
}

/// The answer of `ResolveContact`. All that it is made of was made when the guide was read; here it is copied.
pub(in crate::grpc) fn resolved(resolved: &Resolved, now: DateTime<Utc>) -> wire::ResolveContactResponse {
    let (guide, answer) = (&resolved.guide, &resolved.answer);
    wire::ResolveContactResponse {
        contact: answer.contact.as_deref().map(contact),
        guide_row: answer.row.clone(),
        findings: findings(&answer.findings),
        provenance: Some(Provenance {
            revision: guide.revision().name.clone(),
            digest: guide.rules().digest().to_owned(),
            engine_version: ENGINE_VERSION.to_owned(),
            decide_time: Some(timestamp(now)),
            rules_time: Some(timestamp(resolved.rules_time)),
        }),
    }
}

/// A contact for the wire.
pub(super) fn contact(contact: &Contact) -> wire::Contact {
    wire::Contact {
        contact_id: contact.key.clone(),
        legal_name: contact.legal_name.clone(),
        incorporation_country: contact.incorporation.map_or_else(String::new, |country| country.to_string()),
        incorporation_confirmation: confirmation(contact.incorporation_confirmation()).into(),
    }
}

/// Answers one message of a batch: each record for itself, each different answer once.
///
/// # Errors
/// [`Failure::Invalid`] for a message with no record or too many.
pub(in crate::grpc) async fn batch(
    app: &App,
    message: wire::BatchResolveContactsRequest,
    now: DateTime<Utc>,
) -> Result<wire::BatchResolveContactsResponse, Failure> {
    let mut faults = FieldFaults::new();
    faults.list("records", &message.records, MOST_RECORDS);
    faults.done()?;

    // What is wrong with the message is wrong with each of its records, and the stream goes on.
    let mut faults = FieldFaults::new();
    let platform = faults.text("platform", &message.platform, LONGEST_PLATFORM);
    let rules_time = faults.optional_time("rules_time", message.rules_time.as_ref()).unwrap_or(now);
    let guide = match platform {
        Some(platform) if faults.is_empty() => app.guide(&platform, rules_time).await,
        _ => Err(faults.into()),
    };
    let guide = guide.map_err(error);
    let mut answers = Answers::default();
    let mut outcome = |index: usize, record: &wire::ResidenceRecord| -> Outcome {
        let guide = match &guide {
            Ok(guide) => guide,
            Err(status) => return Outcome::Error(status.clone()),
        };
        let residence = match Country::read(&record.residence_country) {
            Ok(residence) if is_key(&record.record_id) => residence,
            _ => return Outcome::Error(unfit(index, record)),
        };
        let answer = answers.place(residence, || {
            Resolved::by(guide.clone(), residence, rules_time).map(|answer| resolved(&answer, now))
        });
        answer.map_or_else(|failure| Outcome::Error(error(failure)), Outcome::Answer)
    };
    let results = message
        .records
        .into_iter()
        .enumerate()
        .map(|(index, record)| {
            let outcome = Some(outcome(index, &record));
            wire::ResolvedRecord { record_id: record.record_id, outcome }
        })
        .collect();
    Ok(wire::BatchResolveContactsResponse { answers: answers.all, results })
}

/// The different answers of one message, by country of residence.
#[derive(Default)]
struct Answers {
    all: Vec<wire::ResolveContactResponse>,
    places: HashMap<Country, u32>,
}

impl Answers {
    fn place(
        &mut self,
        residence: Country,
        answer: impl FnOnce() -> Result<wire::ResolveContactResponse, Failure>,
    ) -> Result<u32, Failure> {
        if let Some(place) = self.places.get(&residence) {
            return Ok(*place);
        }
        // There are fewer countries than numbers.
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(answer()?);
        self.places.insert(residence, place);
        Ok(place)
    }
}

/// Whether a text may be the key of a record. Most are short, and their letters need not be counted.
fn is_key(record_id: &str) -> bool {
    !record_id.is_empty() && (record_id.len() <= LONGEST_RECORD || record_id.chars().nth(LONGEST_RECORD).is_none())
}

/// What is wrong with one record.
fn unfit(index: usize, record: &wire::ResidenceRecord) -> pb::Status {
    let mut faults = FieldFaults::new();
    if !is_key(&record.record_id) {
        faults.add(format!("records[{index}].record_id"), format!("is not a key of 1 to {LONGEST_RECORD} characters"));
    }
    faults.country(&format!("records[{index}].residence_country"), &record.residence_country);
    error(faults.into())
}

/// A failure as the element of an answer: the code, the text and the details that it would have as one of a call.
fn error(failure: Failure) -> pb::Status {
    let status = Status::from(failure);
    // The details of a status are the same message in encoded form.
    pb::Status::decode(status.details()).unwrap_or_else(|_| pb::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}
