//! The route plan of a request, for the wire: routing's own message.

use rogatory_chassis::convert;
use rogatory_names::RequestId;
use rogatory_proto::rogatory::routing::v1 as routing;
use rogatory_rulebook::Country;

use crate::domain::route::{
    CentralAuthority, Channel, ChannelKind, Contact, Leg, LegStatus, RoutePlan, Side, Standing, TargetRoute, Verdict,
};

pub(super) fn plan(value: &RoutePlan, request: &RequestId) -> routing::RoutePlan {
    use routing::route_plan::Verdict as WireVerdict;
    let verdict = match value.verdict {
        Verdict::Routed => WireVerdict::Routed,
        Verdict::OutOfScope => WireVerdict::OutOfScope,
        Verdict::Misdirected => WireVerdict::Misdirected,
        Verdict::Held => WireVerdict::Held,
    };
    routing::RoutePlan {
        name: value.id.name(),
        request: request.name(),
        verdict: verdict.into(),
        legs: value.legs.iter().map(leg).collect(),
        findings: convert::findings(&value.findings),
        provenance: Some(convert::provenance(&value.provenance)),
        create_time: Some(convert::timestamp(value.create_time)),
        targets: value.targets.iter().map(target).collect(),
        treaty_data_digest: value.treaty_data_digest.to_string(),
        // Routing tells it of its own plans.
        close_time: None,
    }
}

fn target(value: &TargetRoute) -> routing::TargetRoute {
    routing::TargetRoute {
        target_id: value.target_id.clone(),
        residence_countries: codes(&value.residence_countries),
        findings: convert::findings(&value.findings),
    }
}

fn codes(countries: &[Country]) -> Vec<String> {
    countries.iter().map(|country| country.alpha2().to_owned()).collect()
}

fn leg(value: &Leg) -> routing::Leg {
    use routing::leg::Status as WireStatus;
    let status = match value.status {
        LegStatus::Routed => WireStatus::Routed,
        LegStatus::Misdirected => WireStatus::Misdirected,
        LegStatus::UnroutableResidence => WireStatus::UnroutableResidence,
        LegStatus::UnroutableMissingContact => WireStatus::UnroutableMissingContact,
    };
    routing::Leg {
        target_ids: value.target_ids.clone(),
        residence_countries: codes(&value.residence_countries),
        status: status.into(),
        contact: value.contact.as_ref().map(contact),
        guide_row: value.guide_row.clone(),
        channels: value.channels.iter().map(channel).collect(),
        findings: convert::findings(&value.findings),
    }
}

fn contact(value: &Contact) -> routing::Contact {
    let confirmation = value.incorporation_confirmation.map(convert::confirmation);
    routing::Contact {
        contact_id: value.contact_id.clone(),
        legal_name: value.legal_name.clone(),
        incorporation_country: value.incorporation_country.map(|c| c.alpha2().to_owned()).unwrap_or_default(),
        incorporation_confirmation: confirmation.map_or(0, Into::into),
    }
}

fn channel(value: &Channel) -> routing::Channel {
    use routing::channel::{Kind, Standing as WireStanding};
    let kind = match value.kind {
        ChannelKind::HagueService => Kind::HagueService,
        ChannelKind::HagueEvidence => Kind::HagueEvidence,
        ChannelKind::Mlat => Kind::Mlat,
        ChannelKind::Diplomatic => Kind::Diplomatic,
        ChannelKind::EuEevidence => Kind::EuEevidence,
        ChannelKind::DomesticProcess => Kind::DomesticProcess,
    };
    let standing = match value.standing {
        Standing::Permitted => WireStanding::Permitted,
        Standing::Refused => WireStanding::Refused,
        Standing::NeedsConfirmation => WireStanding::NeedsConfirmation,
    };
    routing::Channel {
        kind: kind.into(),
        standing: standing.into(),
        reason_code: value.reason_code.clone(),
        sentence: value.sentence.clone(),
        central_authorities: value.central_authorities.iter().map(authority).collect(),
        citations: value.citations.iter().map(convert::citation).collect(),
        conditions: convert::findings(&value.conditions),
    }
}

fn authority(value: &CentralAuthority) -> routing::CentralAuthority {
    use routing::central_authority::Side as WireSide;
    let side = match value.side {
        Side::Requesting => WireSide::Requesting,
        Side::Requested => WireSide::Requested,
    };
    routing::CentralAuthority {
        side: side.into(),
        country: value.country.alpha2().to_owned(),
        name: value.name.clone().unwrap_or_default(),
        citation: value.citation.as_ref().map(convert::citation),
    }
}
