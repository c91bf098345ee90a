//! Between wire and domain: the only file that knows both.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rogatory_chassis::{
    CallKey,
    convert::{
        citation, confirmation, findings, provenance, read_authority_kind, read_instrument_kind, read_matter_type,
        timestamp,
    },
    failure::Failure,
    faults::FieldFaults,
};
use rogatory_names::RequestId;
use rogatory_proto::rogatory::{routing::v1 as wire, rulebook::v1::Provenance};
use rogatory_rulebook::Country;

use crate::{
    app::{ENGINE_VERSION, PlanRoute, Resolved},
    domain::{
        channel::{Channel, ChannelKind, Standing},
        guide::Contact,
        route::{Facts, Leg, LegStatus, Plan, Target, Verdict},
    },
};

/// The longest key of a platform: that of a domain name.
const LONGEST_PLATFORM: usize = 253;
/// The longest key of a target.
const LONGEST_TARGET: usize = 64;
/// The longest name of a contact.
const LONGEST_CONTACT: usize = 200;
/// As many targets as one request may have.
const MOST_TARGETS: usize = 1000;

/// A residence to find the contact for.
pub(super) struct ResolveContact {
    pub(super) platform: String,
    pub(super) residence: Country,
    pub(super) rules_time: Option<DateTime<Utc>>,
}

/// Reads a `ResolveContactRequest`.
pub(super) fn resolve_contact(message: &wire::ResolveContactRequest) -> Result<ResolveContact, Failure> {
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
pub(super) fn resolved(resolved: &Resolved, now: DateTime<Utc>) -> wire::ResolveContactResponse {
    let (guide, answer) = (&resolved.guide, &resolved.answer);
    wire::ResolveContactResponse {
        contact: Some(contact(&answer.contact)),
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

/// Reads a `PlanRouteRequest`.
pub(super) fn plan_route(message: &wire::PlanRouteRequest, now: DateTime<Utc>) -> Result<PlanRoute, Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.name("request", &message.request, RequestId::parse_name);
    let platform = faults.text("platform", &message.platform, LONGEST_PLATFORM);
    let authority_country = faults.country("authority_country", &message.authority_country);
    let authority_kind = read_authority_kind(&mut faults, "authority_kind", message.authority_kind);
    let instrument = read_instrument_kind(&mut faults, "instrument_kind", message.instrument_kind);
    let matter = read_matter_type(&mut faults, "matter_type", message.matter_type);
    let served_contact = faults.optional_text("served_contact", &message.served_contact, LONGEST_CONTACT);
    let targets = targets(&mut faults, &message.targets);
    let receive_time = faults.past_time("receive_time", message.receive_time.as_ref(), now);
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
            receive_time: receive_time?,
            key: key?,
        })
    };
    read().ok_or_else(|| Failure::bug("a field was refused without a fault"))
}

fn targets(faults: &mut FieldFaults, messages: &[wire::TargetResidence]) -> Vec<Target> {
    let mut targets = Vec::new();
    if !faults.list("targets", messages, MOST_TARGETS) {
        return targets;
    }
    let mut seen = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        let id = faults.text(&format!("targets[{index}].target_id"), &message.target_id, LONGEST_TARGET);
        let residence =
            faults.optional_country(&format!("targets[{index}].residence_country"), &message.residence_country);
        let Some(id) = id else { continue };
        if !seen.insert(id.clone()) {
            faults.add(format!("targets[{index}].target_id"), "stands twice in this request");
        }
        targets.push(Target { id, residence });
    }
    targets
}

/// A stored plan for the wire.
pub(super) fn plan(plan: &Plan) -> wire::RoutePlan {
    use wire::route_plan::Verdict as W;
    let verdict = match plan.route.verdict {
        Verdict::Routed => W::Routed,
        Verdict::OutOfScope => W::OutOfScope,
        Verdict::Misdirected => W::Misdirected,
        Verdict::Held => W::Held,
    };
    wire::RoutePlan {
        name: plan.id.name(),
        request: plan.request.name(),
        verdict: verdict.into(),
        legs: plan.route.legs.iter().map(leg).collect(),
        findings: findings(&plan.route.findings),
        provenance: Some(provenance(&plan.provenance)),
        create_time: Some(timestamp(plan.create_time)),
    }
}

fn leg(leg: &Leg) -> wire::Leg {
    use wire::leg::Status as W;
    let status = match leg.status {
        LegStatus::Routed => W::Routed,
        LegStatus::Misdirected => W::Misdirected,
        LegStatus::UnroutableResidence => W::UnroutableResidence,
        LegStatus::UnroutableMissingContact => W::UnroutableMissingContact,
    };
    wire::Leg {
        target_ids: leg.targets.clone(),
        residence_countries: leg.residences.iter().map(ToString::to_string).collect(),
        status: status.into(),
        contact: leg.contact.as_ref().map(contact),
        guide_row: leg.row.clone(),
        channels: leg.channels.iter().map(channel).collect(),
        findings: findings(&leg.findings),
    }
}

fn contact(contact: &Contact) -> wire::Contact {
    wire::Contact {
        contact_id: contact.key.clone(),
        legal_name: contact.legal_name.clone(),
        incorporation_country: contact.incorporation.map_or_else(String::new, |country| country.to_string()),
        incorporation_confirmation: confirmation(contact.incorporation_confirmation()).into(),
    }
}

fn channel(channel: &Channel) -> wire::Channel {
    use wire::channel::{Kind, Standing as S};
    let kind = match channel.kind {
        ChannelKind::HagueService => Kind::HagueService,
        ChannelKind::HagueEvidence => Kind::HagueEvidence,
        ChannelKind::Mlat => Kind::Mlat,
        ChannelKind::Diplomatic => Kind::Diplomatic,
        ChannelKind::EuEevidence => Kind::EuEevidence,
    };
    let standing = match channel.standing {
        Standing::Permitted => S::Permitted,
        Standing::Refused => S::Refused,
        Standing::NeedsConfirmation => S::NeedsConfirmation,
    };
    wire::Channel {
        kind: kind.into(),
        standing: standing.into(),
        reason_code: channel.code.to_string(),
        sentence: channel.sentence.clone(),
        central_authority: channel.central_authority.clone().unwrap_or_default(),
        citations: channel.citations.iter().map(citation).collect(),
    }
}
