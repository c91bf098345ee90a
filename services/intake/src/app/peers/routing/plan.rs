//! A plan, from routing's message.

use rogatory_chassis::{FieldFaults, convert};
use rogatory_names::PlanId;
use rogatory_proto::rogatory::routing::v1 as wire;
use rogatory_rulebook::Country;

use crate::{
    app::peers::findings,
    domain::route::{
        CentralAuthority, Channel, ChannelKind, Contact, Leg, LegStatus, RoutePlan, Side, Standing, TargetRoute,
        Verdict,
    },
};

/// The plan; none when the message is not what its schema allows.
pub(super) fn read(answer: wire::RoutePlan) -> Option<RoutePlan> {
    let verdict = match answer.verdict() {
        wire::route_plan::Verdict::Unspecified => return None,
        wire::route_plan::Verdict::Routed => Verdict::Routed,
        wire::route_plan::Verdict::OutOfScope => Verdict::OutOfScope,
        wire::route_plan::Verdict::Misdirected => Verdict::Misdirected,
        wire::route_plan::Verdict::Held => Verdict::Held,
    };
    Some(RoutePlan {
        id: PlanId::parse_name(&answer.name).ok()?,
        verdict,
        legs: answer.legs.into_iter().map(leg).collect::<Option<_>>()?,
        findings: findings(answer.findings)?,
        targets: answer.targets.into_iter().map(target).collect::<Option<_>>()?,
        treaty_data_digest: answer.treaty_data_digest.parse().ok()?,
        provenance: convert::read_provenance(&answer.provenance?)?,
        create_time: convert::time(&answer.create_time?)?,
    })
}

fn target(target: wire::TargetRoute) -> Option<TargetRoute> {
    Some(TargetRoute {
        target_id: target.target_id,
        residence_countries: countries(&target.residence_countries)?,
        findings: findings(target.findings)?,
    })
}

fn countries(codes: &[String]) -> Option<Vec<Country>> {
    codes.iter().map(|code| code.parse().ok()).collect()
}

fn leg(leg: wire::Leg) -> Option<Leg> {
    let status = match leg.status() {
        wire::leg::Status::Unspecified => return None,
        wire::leg::Status::Routed => LegStatus::Routed,
        wire::leg::Status::Misdirected => LegStatus::Misdirected,
        wire::leg::Status::UnroutableResidence => LegStatus::UnroutableResidence,
        wire::leg::Status::UnroutableMissingContact => LegStatus::UnroutableMissingContact,
    };
    Some(Leg {
        target_ids: leg.target_ids,
        residence_countries: countries(&leg.residence_countries)?,
        status,
        contact: match leg.contact {
            Some(found) => Some(contact(found)?),
            None => None,
        },
        guide_row: leg.guide_row,
        channels: leg.channels.into_iter().map(channel).collect::<Option<_>>()?,
        findings: findings(leg.findings)?,
    })
}

fn contact(contact: wire::Contact) -> Option<Contact> {
    let mut faults = FieldFaults::new();
    let incorporation_country = faults.optional_country("incorporation_country", &contact.incorporation_country);
    let confirmation = match contact.incorporation_confirmation {
        0 => None,
        value => Some(convert::read_confirmation(&mut faults, "incorporation_confirmation", value)?),
    };
    faults.is_empty().then_some(Contact {
        contact_id: contact.contact_id,
        legal_name: contact.legal_name,
        incorporation_country,
        incorporation_confirmation: confirmation,
    })
}

fn channel(channel: wire::Channel) -> Option<Channel> {
    let kind = match wire::channel::Kind::try_from(channel.kind).ok()? {
        wire::channel::Kind::Unspecified => return None,
        wire::channel::Kind::HagueService => ChannelKind::HagueService,
        wire::channel::Kind::HagueEvidence => ChannelKind::HagueEvidence,
        wire::channel::Kind::Mlat => ChannelKind::Mlat,
        wire::channel::Kind::Diplomatic => ChannelKind::Diplomatic,
        wire::channel::Kind::EuEevidence => ChannelKind::EuEevidence,
        wire::channel::Kind::DomesticProcess => ChannelKind::DomesticProcess,
    };
    let standing = match wire::channel::Standing::try_from(channel.standing).ok()? {
        wire::channel::Standing::Unspecified => return None,
        wire::channel::Standing::Permitted => Standing::Permitted,
        wire::channel::Standing::Refused => Standing::Refused,
        wire::channel::Standing::NeedsConfirmation => Standing::NeedsConfirmation,
    };
    Some(Channel {
        kind,
        standing,
        reason_code: channel.reason_code,
        sentence: channel.sentence,
        central_authorities: channel.central_authorities.into_iter().map(authority).collect::<Option<_>>()?,
        citations: channel.citations.into_iter().map(convert::read_citation).collect::<Option<_>>()?,
        conditions: findings(channel.conditions)?,
    })
}

fn authority(authority: wire::CentralAuthority) -> Option<CentralAuthority> {
    let side = match authority.side() {
        wire::central_authority::Side::Unspecified => return None,
        wire::central_authority::Side::Requesting => Side::Requesting,
        wire::central_authority::Side::Requested => Side::Requested,
    };
    Some(CentralAuthority {
        side,
        country: authority.country.parse().ok()?,
        name: (!authority.name.is_empty()).then_some(authority.name),
        citation: match authority.citation {
            Some(citation) => Some(convert::read_citation(citation)?),
            None => None,
        },
    })
}
