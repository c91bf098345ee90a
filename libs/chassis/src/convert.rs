//! The vocabulary that every service shares, between wire and domain.

use chrono::{DateTime, TimeZone as _, Utc};
use prost_types::Timestamp;
use rogatory_proto::{google::r#type::Interval, rogatory::rulebook::v1 as wire};
use rogatory_rulebook as domain;

use crate::faults::FieldFaults;

/// The earliest and the latest second of a `google.protobuf.Timestamp`: the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A time from the wire, cut to microseconds; `None` when it is not one.
#[must_use]
pub fn time(wire: &Timestamp) -> Option<DateTime<Utc>> {
    let nanos = u32::try_from(wire.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    SECONDS.contains(&wire.seconds).then_some(())?;
    Utc.timestamp_opt(wire.seconds, nanos / 1_000 * 1_000).single()
}

/// A time for the wire.
#[must_use]
pub fn timestamp(time: DateTime<Utc>) -> Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or(0);
    Timestamp { seconds: time.timestamp(), nanos }
}

/// An interval for the wire.
#[must_use]
pub fn interval((start, end): (DateTime<Utc>, DateTime<Utc>)) -> Interval {
    Interval { start_time: Some(timestamp(start)), end_time: Some(timestamp(end)) }
}

/// The longest key of a source of residence evidence.
const LONGEST_SOURCE: usize = 64;

/// Writes both directions of an enum whose variants have the same names on the wire and in the domain.
macro_rules! twins {
    ($to_wire:ident, $from_wire:ident, $type:ident { $($variant:ident),+ $(,)? }) => {
        #[doc = concat!("`", stringify!($type), "` for the wire.")]
        #[must_use]
        pub fn $to_wire(value: domain::$type) -> wire::$type {
            match value {
                $(domain::$type::$variant => wire::$type::$variant,)+
            }
        }

        #[doc = concat!("A required `", stringify!($type), "` from the wire; absent or unknown is a fault of `field`.")]
        pub fn $from_wire(faults: &mut FieldFaults, field: &str, value: i32) -> Option<domain::$type> {
            match faults.one_of::<wire::$type>(field, value)? {
                wire::$type::Unspecified => None,
                $(wire::$type::$variant => Some(domain::$type::$variant),)+
            }
        }
    };
}

twins!(
    authority_kind,
    read_authority_kind,
    AuthorityKind { Court, Prosecutor, Police, CustomsTax, Regulator, Intelligence, OtherPublic, Private }
);
twins!(
    instrument_kind,
    read_instrument_kind,
    InstrumentKind {
        Subpoena,
        SearchWarrant,
        CourtOrder,
        Writ,
        OtherProcess,
        EuProductionOrder,
        EuPreservationOrder,
        LetterOfRequest,
        EmergencyForm,
        Informal,
        UkOverseasProductionOrder,
    }
);
twins!(matter_type, read_matter_type, MatterType { Criminal, CivilCommercial, Administrative });
twins!(data_class, read_data_class, DataClass { Subscriber, Identification, Transactional, Content });
twins!(
    residence_evidence_kind,
    read_residence_evidence_kind,
    ResidenceEvidenceKind { Declared, AccountRecord, ShippingAddress, BillingAddress, IpDerived }
);
twins!(confirmation, read_confirmation, Confirmation { Confirmed, DateUnconfirmed, Unconfirmed });
twins!(effect, read_effect, Effect { Permits, Refuses, Holds, Requires, Notes });

/// A piece of residence evidence for the wire.
#[must_use]
pub fn residence_evidence(value: &domain::ResidenceEvidence) -> wire::ResidenceEvidence {
    wire::ResidenceEvidence {
        kind: residence_evidence_kind(value.kind).into(),
        country: value.country.alpha2().to_owned(),
        source: value.source.clone(),
        record_time: Some(timestamp(value.record_time)),
    }
}

/// A piece of residence evidence from the wire, found at `path`; its faults are named there.
pub fn read_residence_evidence(
    faults: &mut FieldFaults,
    path: &str,
    message: &wire::ResidenceEvidence,
    now: DateTime<Utc>,
) -> Option<domain::ResidenceEvidence> {
    let kind = read_residence_evidence_kind(faults, &format!("{path}.kind"), message.kind);
    let country = faults.country(&format!("{path}.country"), &message.country);
    let source = format!("{path}.source");
    let key = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '.');
    let named = (1..=LONGEST_SOURCE).contains(&message.source.len()) && message.source.chars().all(key);
    if !named {
        faults.add(source, "is not a key of 1 to 64 lower-case letters, digits, hyphens and dots");
    }
    let record_time = faults.past_time(&format!("{path}.record_time"), message.record_time.as_ref(), now);
    Some(domain::ResidenceEvidence {
        kind: kind?,
        country: country?,
        source: named.then(|| message.source.clone())?,
        record_time: record_time?,
    })
}

/// A citation for the wire.
#[must_use]
pub fn citation(value: &domain::Citation) -> wire::Citation {
    wire::Citation {
        document: value.document.clone(),
        revision: value.revision.clone().unwrap_or_default(),
        section: value.section.clone(),
        confirmation: confirmation(value.confirmation).into(),
        source: value.source.clone().unwrap_or_default(),
    }
}

/// A citation that a peer sent. `None` when it lacks what every citation has.
#[must_use]
pub fn read_citation(value: wire::Citation) -> Option<domain::Citation> {
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let confirmation = read_confirmation(&mut FieldFaults::new(), "confirmation", value.confirmation)?;
    let (document, section) = (filled(value.document)?, value.section);
    Some(domain::Citation {
        document,
        section,
        confirmation,
        revision: filled(value.revision),
        source: filled(value.source),
    })
}

/// A finding for the wire.
#[must_use]
pub fn finding(value: &domain::Finding) -> wire::Finding {
    wire::Finding {
        code: value.code().to_owned(),
        effect: effect(value.effect()).into(),
        sentence: value.sentence().to_owned(),
        citations: value.citations().iter().map(citation).collect(),
    }
}

/// Findings for the wire.
#[must_use]
pub fn findings<'a>(values: impl IntoIterator<Item = &'a domain::Finding>) -> Vec<wire::Finding> {
    values.into_iter().map(finding).collect()
}

/// A finding that a peer sent. `None` when its effect or one of its citations is none.
#[must_use]
pub fn read_finding(value: wire::Finding) -> Option<domain::Finding> {
    let effect = read_effect(&mut FieldFaults::new(), "effect", value.effect)?;
    let citations: Vec<domain::Citation> = value.citations.into_iter().map(read_citation).collect::<Option<_>>()?;
    Some(domain::Finding::technical(value.code, effect, value.sentence).citing(citations))
}

/// A provenance for the wire.
#[must_use]
pub fn provenance(value: &domain::Provenance) -> wire::Provenance {
    wire::Provenance {
        revision: value.revision.clone(),
        digest: value.digest.to_string(),
        engine_version: value.engine_version.clone(),
        decide_time: Some(timestamp(value.decide_time)),
        rules_time: Some(timestamp(value.rules_time)),
    }
}

/// A provenance that a peer sent. `None` when its digest or a time is none.
#[must_use]
pub fn read_provenance(value: &wire::Provenance) -> Option<domain::Provenance> {
    Some(domain::Provenance {
        revision: value.revision.clone(),
        digest: value.digest.parse().ok()?,
        engine_version: value.engine_version.clone(),
        decide_time: time(value.decide_time.as_ref()?)?,
        rules_time: time(value.rules_time.as_ref()?)?,
    })
}

/// A fault in a rule file, for the wire.
#[must_use]
pub fn fault(value: &domain::Fault) -> wire::Fault {
    wire::Fault {
        line: i32::try_from(value.line).unwrap_or(i32::MAX),
        column: i32::try_from(value.column).unwrap_or(i32::MAX),
        path: value.path.clone(),
        description: value.description.clone(),
    }
}

/// A revision for the wire. `etag` is the one that the store makes of its version.
#[must_use]
pub fn revision(value: &domain::Revision, etag: String) -> wire::Revision {
    let state = match value.state {
        domain::State::Draft => wire::revision::State::Draft,
        domain::State::Published => wire::revision::State::Published,
    };
    wire::Revision {
        name: value.name.clone(),
        digest: value.digest.to_string(),
        state: state.into(),
        document: value.document.clone(),
        title: value.title.clone(),
        text: value.text.clone(),
        create_time: Some(timestamp(value.create_time)),
        publish_time: value.publish_time.map(timestamp),
        effective_time: value.effective_time.map(timestamp),
        author: value.author.clone(),
        publisher: value.publisher.clone().unwrap_or_default(),
        etag,
    }
}
