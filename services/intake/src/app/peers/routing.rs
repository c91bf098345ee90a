//! The routing service: whom to serve, through which channel.

use rogatory_chassis::{CallContext, Failure, FieldFaults, PeerChannel, convert};
use rogatory_names::{PlanId, StepId};
use rogatory_proto::rogatory::routing::v1::{self as wire, routing_service_client::RoutingServiceClient};

use super::malformed;
use crate::domain::{
    request::LegalRequest,
    route::{Channel, ChannelKind, Contact, Leg, LegStatus, RoutePlan, Standing, Verdict},
};

const PEER: &str = "routing";

/// The routing service.
#[derive(Debug, Clone)]
pub struct Routing(pub PeerChannel);

impl Routing {
    /// Has the route of a request planned.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn plan_route(
        &self,
        context: &CallContext,
        key: StepId,
        request: &LegalRequest,
    ) -> Result<RoutePlan, Failure> {
        let essentials = super::essentials(request)?;
        let message = wire::PlanRouteRequest {
            request: request.id.name(),
            platform: essentials.platform.to_owned(),
            authority_country: essentials.country.alpha2().to_owned(),
            authority_kind: convert::authority_kind(essentials.authority_kind).into(),
            instrument_kind: convert::instrument_kind(essentials.instrument_kind).into(),
            matter_type: convert::matter_type(essentials.matter_type).into(),
            served_contact: request.particulars.served_contact.clone().unwrap_or_default(),
            targets: request
                .particulars
                .targets
                .iter()
                .map(|target| wire::TargetResidence {
                    target_id: target.target_id.clone(),
                    residence_country: target.residence_country.map(|c| c.alpha2().to_owned()).unwrap_or_default(),
                })
                .collect(),
            receive_time: request.receive_time.map(convert::timestamp),
            request_id: key.uuid().to_string(),
        };
        let answer = self
            .0
            .call(context, message, async |channel, m| RoutingServiceClient::new(channel).plan_route(m).await)
            .await?;
        plan(answer).ok_or_else(|| malformed(PEER))
    }
}

fn plan(answer: wire::RoutePlan) -> Option<RoutePlan> {
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
        findings: super::findings(answer.findings)?,
        provenance: convert::read_provenance(&answer.provenance?)?,
        create_time: convert::time(&answer.create_time?)?,
    })
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
        residence_countries: leg.residence_countries.iter().map(|code| code.parse().ok()).collect::<Option<_>>()?,
        status,
        contact: match leg.contact {
            Some(found) => Some(contact(found)?),
            None => None,
        },
        guide_row: leg.guide_row,
        channels: leg.channels.into_iter().map(channel).collect::<Option<_>>()?,
        findings: super::findings(leg.findings)?,
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
        central_authority: channel.central_authority,
        citations: channel.citations.into_iter().map(convert::read_citation).collect::<Option<_>>()?,
    })
}
