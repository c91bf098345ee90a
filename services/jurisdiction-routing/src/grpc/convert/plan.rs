//! Plans for the wire.

use chrono::{DateTime, Utc};
use rogatory_chassis::convert::{citation, findings, provenance, timestamp};
use rogatory_proto::rogatory::routing::v1 as wire;

use super::resolve::contact;
use crate::{
    app::{Planned, Replayed},
    domain::{
        channel::{CentralAuthority, Channel, ChannelKind, Side, Standing},
        plan::{Decision, Plan},
        route::{Leg, LegStatus, TargetRoute, Verdict},
    },
};

/// A plan, tried or stored.
pub(in crate::grpc) fn planned(planned: &Planned) -> wire::RoutePlan {
    match planned {
        Planned::Tried(tried) => decision(tried),
        Planned::Stored(stored) => plan(stored),
    }
}

/// A stored plan.
pub(in crate::grpc) fn plan(plan: &Plan) -> wire::RoutePlan {
    let time = |time: DateTime<Utc>| Some(timestamp(time));
    wire::RoutePlan {
        name: plan.id.name(),
        create_time: time(plan.create_time),
        close_time: plan.close_time.map(timestamp),
        ..decision(&plan.decision)
    }
}

/// A plan, decided once more.
pub(in crate::grpc) fn replayed(replayed: &Replayed) -> wire::ReplayPlanResponse {
    wire::ReplayPlanResponse {
        plan: Some(plan(&replayed.plan)),
        equal: replayed.differences.is_empty(),
        differences: replayed.differences.clone(),
        causes: replayed.causes.iter().map(ToString::to_string).collect(),
    }
}

fn decision(decision: &Decision) -> wire::RoutePlan {
    let route = &decision.route;
    wire::RoutePlan {
        name: String::new(),
        request: decision.request.name(),
        verdict: verdict(route.verdict).into(),
        legs: route.legs.iter().map(leg).collect(),
        findings: findings(&route.findings),
        provenance: Some(provenance(&decision.provenance)),
        create_time: None,
        targets: route.targets.iter().map(target).collect(),
        treaty_data_digest: decision.treaty_data.to_string(),
        close_time: None,
    }
}

/// A verdict for the wire.
pub(super) fn verdict(verdict: Verdict) -> wire::route_plan::Verdict {
    use wire::route_plan::Verdict as W;
    match verdict {
        Verdict::Routed => W::Routed,
        Verdict::OutOfScope => W::OutOfScope,
        Verdict::Misdirected => W::Misdirected,
        Verdict::Held => W::Held,
    }
}

fn target(target: &TargetRoute) -> wire::TargetRoute {
    wire::TargetRoute {
        target_id: target.target.clone(),
        residence_countries: target.residences.iter().map(ToString::to_string).collect(),
        findings: findings(&target.findings),
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

fn channel(channel: &Channel) -> wire::Channel {
    use wire::channel::{Kind, Standing as S};
    let kind = match channel.kind {
        ChannelKind::HagueService => Kind::HagueService,
        ChannelKind::HagueEvidence => Kind::HagueEvidence,
        ChannelKind::Mlat => Kind::Mlat,
        ChannelKind::Diplomatic => Kind::Diplomatic,
        ChannelKind::EuEevidence => Kind::EuEevidence,
        ChannelKind::DomesticProcess => Kind::DomesticProcess,
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
        central_authorities: channel.central_authorities.iter().map(central_authority).collect(),
        citations: channel.citations.iter().map(citation).collect(),
        conditions: findings(&channel.conditions),
    }
}

fn central_authority(authority: &CentralAuthority) -> wire::CentralAuthority {
    use wire::central_authority::Side as W;
    let side = match authority.side {
        Side::Requesting => W::Requesting,
        Side::Requested => W::Requested,
    };
    wire::CentralAuthority {
        side: side.into(),
        country: authority.country.to_string(),
        name: authority.name.clone().unwrap_or_default(),
        citation: authority.citation.as_ref().map(citation),
    }
}
