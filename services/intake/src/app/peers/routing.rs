//! The routing service: whom to serve, through which channel.

mod plan;

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, Failure, PeerChannel, convert};
use rogatory_names::{PlanId, StepId};
use rogatory_proto::rogatory::routing::v1::{self as wire, routing_service_client::RoutingServiceClient};

use rogatory_rulebook::{ResidenceEvidence, ResidenceEvidenceKind};

use super::malformed;
use crate::domain::{
    request::{Instrument, LegalRequest, Target},
    route::RoutePlan,
};

const PEER: &str = "routing";
/// Where the residence that an agency declares was read.
const DECLARED_IN: &str = "request";

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
        let receive_time =
            request.receive_time.ok_or_else(|| Failure::bug("the route of a request that was not received"))?;
        let particulars = &request.particulars;
        let message = wire::PlanRouteRequest {
            request: request.id.name(),
            platform: essentials.platform.to_owned(),
            authority_country: essentials.country.alpha2().to_owned(),
            authority_kind: convert::authority_kind(essentials.authority_kind).into(),
            instrument: Some(instrument(&particulars.instrument)),
            matter_type: convert::matter_type(essentials.matter_type).into(),
            served_contact: particulars.served_contact.clone().unwrap_or_default(),
            targets: particulars.targets.iter().map(|target| residence(target, receive_time)).collect(),
            receive_time: Some(convert::timestamp(receive_time)),
            rules_time: None,
            validate_only: false,
            request_id: key.uuid().to_string(),
        };
        let answer = self
            .0
            .call(context, message, async |channel, m| RoutingServiceClient::new(channel).plan_route(m).await)
            .await?;
        plan::read(answer).ok_or_else(|| malformed(PEER))
    }

    /// Tells that the request of a plan is closed. Telling it again changes nothing.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn close_plan(&self, context: &CallContext, key: StepId, plan: PlanId) -> Result<(), Failure> {
        let message = wire::ClosePlanRequest { name: plan.name(), request_id: key.uuid().to_string() };
        self.0
            .call(context, message, async |channel, m| RoutingServiceClient::new(channel).close_plan(m).await)
            .await?;
        Ok(())
    }
}

fn instrument(paper: &Instrument) -> wire::RoutedInstrument {
    wire::RoutedInstrument {
        kind: paper.kind.map(convert::instrument_kind).map_or(0, Into::into),
        reference: paper.reference.clone().unwrap_or_default(),
        issue_time: paper.issue_time.map(convert::timestamp),
    }
}

/// What the agency declares, which it did when the request came, and what the platform knows.
fn residence(target: &Target, receive_time: DateTime<Utc>) -> wire::TargetResidence {
    let declared = target.residence_country.map(|country| ResidenceEvidence {
        kind: ResidenceEvidenceKind::Declared,
        country,
        source: DECLARED_IN.to_owned(),
        record_time: receive_time,
    });
    wire::TargetResidence {
        target_id: target.target_id.clone(),
        evidence: declared.iter().chain(&target.residence_evidence).map(convert::residence_evidence).collect(),
    }
}
