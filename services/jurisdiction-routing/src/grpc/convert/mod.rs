//! Between wire and domain: the only folder that knows both. Here is what comes in; beside it, what goes out.

mod compare;
mod plan;
mod resolve;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rogatory_chassis::{
    CallKey,
    convert::{read_authority_kind, read_instrument_kind, read_matter_type, read_residence_evidence},
    failure::Failure,
    faults::FieldFaults,
};
use rogatory_names::{PlanId, RequestId};
use rogatory_proto::rogatory::routing::v1 as wire;

use crate::{
    app::PlanRoute,
    domain::route::{Facts, Instrument, Target},
};

pub(super) use compare::{compare_guide_revisions, comparison};
pub(super) use plan::{plan, planned, replayed};
pub(super) use resolve::{batch, resolve_contact, resolved};

/// The longest key of a platform: that of a domain name.
const LONGEST_PLATFORM: usize = 253;
/// The longest key of a target.
const LONGEST_TARGET: usize = 64;
/// The longest name of a contact, and the longest number of a paper.
const LONGEST_NAME: usize = 200;
/// As many targets as one request may have.
const MOST_TARGETS: usize = 1000;
/// As many pieces of evidence as one target may have.
const MOST_EVIDENCE: usize = 100;

/// Reads a `PlanRouteRequest`.
pub(super) fn plan_route(message: &wire::PlanRouteRequest, now: DateTime<Utc>) -> Result<PlanRoute, Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.name("request", &message.request, RequestId::parse_name);
    let platform = faults.text("platform", &message.platform, LONGEST_PLATFORM);
    let authority_country = faults.country("authority_country", &message.authority_country);
    let authority_kind = read_authority_kind(&mut faults, "authority_kind", message.authority_kind);
    let receive_time = faults.past_time("receive_time", message.receive_time.as_ref(), now);
    let instrument = instrument(&mut faults, message.instrument.as_ref(), receive_time.unwrap_or(now));
    let matter = read_matter_type(&mut faults, "matter_type", message.matter_type);
    let served_contact = faults.optional_text("served_contact", &message.served_contact, LONGEST_NAME);
    let targets = targets(&mut faults, &message.targets, now);
    let rules_time = faults.optional_time("rules_time", message.rules_time.as_ref());
    let key = CallKey::read(&mut faults, &message.request_id, message);
    faults.done()?;
    // A helper that adds no fault has answered; this is how the compiler hears of it.
    let read = || {
        Some(PlanRoute {
            request: request?,
            platform: platform?,
            facts: Facts {
                authority_country: authority_country?,
                authority_kind: authority_kind?,
                instrument: instrument?,
                matter: matter?,
                served_contact,
                targets,
            },
            rules_time: rules_time.or(receive_time)?,
            validate_only: message.validate_only,
            key: key?,
        })
    };
    read().ok_or_else(|| Failure::bug("a field was refused without a fault"))
}

/// The paper; it is dated no later than `received`.
fn instrument(
    faults: &mut FieldFaults,
    message: Option<&wire::RoutedInstrument>,
    received: DateTime<Utc>,
) -> Option<Instrument> {
    let Some(message) = message else {
        faults.add("instrument", "is required: the paper on which the request rests");
        return None;
    };
    let kind = read_instrument_kind(faults, "instrument.kind", message.kind);
    let reference = faults.optional_text("instrument.reference", &message.reference, LONGEST_NAME);
    let issue_time = faults.optional_time("instrument.issue_time", message.issue_time.as_ref());
    if issue_time.is_some_and(|issued| issued > received) {
        faults.add("instrument.issue_time", "lies after receive_time: no paper is served before it is issued");
    }
    Some(Instrument { kind: kind?, reference, issue_time })
}

fn targets(faults: &mut FieldFaults, messages: &[wire::TargetResidence], now: DateTime<Utc>) -> Vec<Target> {
    let mut targets = Vec::new();
    if !faults.list("targets", messages, MOST_TARGETS) {
        return targets;
    }
    let mut seen = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        let path = format!("targets[{index}]");
        let id = faults.text(&format!("{path}.target_id"), &message.target_id, LONGEST_TARGET);
        let mut evidence = Vec::new();
        if faults.optional_list(&format!("{path}.evidence"), &message.evidence, MOST_EVIDENCE) {
            for (place, piece) in message.evidence.iter().enumerate() {
                evidence.extend(read_residence_evidence(faults, &format!("{path}.evidence[{place}]"), piece, now));
            }
        }
        let Some(id) = id else { continue };
        if !seen.insert(id.clone()) {
            faults.add(format!("{path}.target_id"), "stands twice in this request");
        }
        targets.push(Target { id, evidence });
    }
    targets
}

/// Reads the name of a plan.
pub(super) fn plan_name(name: &str) -> Result<PlanId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, PlanId::parse_name);
    faults.done()?;
    id.ok_or_else(|| Failure::bug("a name was refused without a fault"))
}

/// Reads a `ClosePlanRequest`.
pub(super) fn close_plan(message: &wire::ClosePlanRequest) -> Result<(PlanId, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, PlanId::parse_name);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    faults.done()?;
    id.zip(key).ok_or_else(|| Failure::bug("a field was refused without a fault"))
}
