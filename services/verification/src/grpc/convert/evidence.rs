//! Evidence.

use chrono::{DateTime, Utc};
use rogatory_chassis::{FieldFaults, convert::timestamp};
use rogatory_proto::rogatory::verification::v1 as wire;

use super::{LONGEST_LINE, LONGEST_NOTE};
use crate::domain::{
    agency::is_e164,
    evidence::{Evidence, Kind, Outcome},
    verification::{Check, Report},
};

/// Reads what a person found out.
pub(super) fn report(faults: &mut FieldFaults, message: Option<&wire::Evidence>, now: DateTime<Utc>) -> Option<Report> {
    use wire::evidence::{Kind as K, Result as R};
    let Some(message) = message else {
        faults.add("evidence", "is required");
        return None;
    };
    let check = match faults.one_of::<K>("evidence.kind", message.kind) {
        None => None,
        Some(K::Credentials) => {
            let source = faults.optional_text("evidence.source", &message.source, LONGEST_LINE);
            Some(Check::Credentials { source: source.unwrap_or_default() })
        }
        Some(K::CallBack) => call_back(faults, message, now),
        Some(_) => {
            faults.add("evidence.kind", "is recorded by the service itself; people record CREDENTIALS and CALL_BACK");
            None
        }
    };
    let outcome = faults.one_of::<R>("evidence.result", message.result).and_then(|result| match result {
        R::Unspecified => None,
        R::Positive => Some(Outcome::Positive),
        R::Negative => Some(Outcome::Negative),
        R::Inconclusive => Some(Outcome::Inconclusive),
    });
    let note = faults.optional_prose("evidence.note", &message.note, LONGEST_NOTE);
    Some(Report { check: check?, outcome: outcome?, note })
}

fn call_back(faults: &mut FieldFaults, message: &wire::Evidence, now: DateTime<Utc>) -> Option<Check> {
    let number = faults.text("evidence.source", &message.source, LONGEST_LINE);
    if number.as_deref().is_some_and(|number| !is_e164(number)) {
        faults.add("evidence.source", "is not a telephone number as E.164 writes it: `+12025550143`");
    }
    // Whoever could not be reached is not named.
    let reached = wire::evidence::Result::Inconclusive as i32 != message.result;
    let person_reached = match reached {
        true => faults.text("evidence.person_reached", &message.person_reached, LONGEST_LINE),
        false => Some(
            faults.optional_text("evidence.person_reached", &message.person_reached, LONGEST_LINE).unwrap_or_default(),
        ),
    };
    let call_time = faults.past_time("evidence.call_time", message.call_time.as_ref(), now);
    Some(Check::CallBack { number: number?, person_reached: person_reached?, call_time: call_time? })
}

/// A piece of evidence for the wire.
pub(super) fn evidence(evidence: &Evidence) -> wire::Evidence {
    use wire::evidence::{Kind as K, Result as R};
    let kind = match evidence.observation.kind() {
        Kind::Registry => K::Registry,
        Kind::Competence => K::Competence,
        Kind::SenderDomain => K::SenderDomain,
        Kind::SignedCopy => K::SignedCopy,
        Kind::Credentials => K::Credentials,
        Kind::CallBack => K::CallBack,
        Kind::Message => K::Message,
        Kind::DocumentReuse => K::DocumentReuse,
        Kind::Challenge => K::Challenge,
        Kind::Signal => K::Signal,
        Kind::Compromise => K::Compromise,
        Kind::Debt => K::Debt,
    };
    let result = match evidence.observation.outcome() {
        Outcome::Positive => R::Positive,
        Outcome::Negative => R::Negative,
        Outcome::Inconclusive => R::Inconclusive,
    };
    wire::Evidence {
        name: evidence.id.name(),
        kind: kind.into(),
        result: result.into(),
        weight: evidence.weight.into(),
        source: evidence.source.clone(),
        note: evidence.note.clone().unwrap_or_default(),
        recorder: evidence.recorder.clone(),
        record_time: Some(timestamp(evidence.record_time)),
        observation: evidence.observation.code().to_owned(),
        person_reached: evidence.person_reached.clone().unwrap_or_default(),
        call_time: evidence.call_time.map(timestamp),
    }
}
