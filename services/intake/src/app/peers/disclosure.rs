//! The disclosure service: what may leave, and under which grant.

use std::collections::{BTreeSet, VecDeque};

use rogatory_chassis::{CallContext, Failure, FieldFaults, PeerChannel, convert};
use rogatory_names::{DecisionId, GrantId, RequestId, StepId, VerificationId};
use rogatory_proto::rogatory::disclosure::v1::{
    self as wire, grant_service_client::GrantServiceClient, scope_service_client::ScopeServiceClient,
};
use rogatory_rulebook::Country;

use super::malformed;
use crate::domain::{
    request::LegalRequest,
    scope::{Decided, Decision, DecisionState, ItemResult, scope_items},
};

const PEER: &str = "disclosure";
/// Why intake takes back a decision or revokes a grant, for its record.
const REASON: &str = "The request was withdrawn or closed, or the verification on which it rests was reopened.";

/// The disclosure service.
#[derive(Debug, Clone)]
pub struct Disclosure(pub PeerChannel);

impl Disclosure {
    /// Proposes the scope of a request that was verified.
    ///
    /// # Errors
    /// [`Failure::Internal`] when the request was not verified: then it must not come here. What the peer answers, or
    /// that it does not.
    pub async fn propose(
        &self,
        context: &CallContext,
        key: StepId,
        request: &LegalRequest,
    ) -> Result<Decision, Failure> {
        let verification =
            request.verification.as_ref().ok_or_else(|| Failure::bug("a scope without a verification"))?;
        let message = wire::ProposeDecisionRequest {
            request: request.id.name(),
            facts: Some(facts(request)?),
            verification: verification.id.name(),
            verification_request: verification.request.name(),
            verification_expire_time: verification.expire_time.map(convert::timestamp),
            preparers: request.preparers.iter().cloned().collect(),
            request_id: key.uuid().to_string(),
        };
        let answer = self
            .0
            .call(context, message, async |channel, m| ScopeServiceClient::new(channel).propose_decision(m).await)
            .await?;
        decision(answer).ok_or_else(|| malformed(PEER))
    }

    /// Reads a decision.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn get_decision(&self, context: &CallContext, id: DecisionId) -> Result<Decision, Failure> {
        let message = wire::GetDecisionRequest { name: id.name() };
        let answer = self
            .0
            .call(context, message, async |channel, m| ScopeServiceClient::new(channel).get_decision(m).await)
            .await?;
        decision(answer).ok_or_else(|| malformed(PEER))
    }

    /// Reads a decision, and before it, the oldest first, those from which it takes up.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn lineage(
        &self,
        context: &CallContext,
        id: DecisionId,
    ) -> Result<(VecDeque<Decision>, Decision), Failure> {
        let told = self.get_decision(context, id).await?;
        let mut before: VecDeque<Decision> = VecDeque::new();
        while let Some(predecessor) = before.front().unwrap_or(&told).predecessor {
            if predecessor == id || before.iter().any(|known| known.id == predecessor) {
                return Err(malformed(PEER));
            }
            before.push_front(self.get_decision(context, predecessor).await?);
        }
        Ok((before, told))
    }

    /// Takes back a decision: rejects it while it is proposed, and revokes its grant when it was approved all the same.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn withdraw(&self, context: &CallContext, key: StepId, id: DecisionId) -> Result<(), Failure> {
        let read = wire::GetDecisionRequest { name: id.name() };
        let found = self
            .0
            .call(context, read, async |channel, m| ScopeServiceClient::new(channel).get_decision(m).await)
            .await?;
        match found.state() {
            wire::decision::State::Unspecified => Err(malformed(PEER)),
            // The one that took its place is taken back by itself.
            wire::decision::State::Rejected | wire::decision::State::Superseded => Ok(()),
            wire::decision::State::Approved => {
                let grant = GrantId::parse_name(&found.grant).map_err(|_| malformed(PEER))?;
                self.revoke(context, key, grant).await
            }
            wire::decision::State::Proposed => {
                let message = wire::RejectDecisionRequest {
                    name: id.name(),
                    etag: found.etag,
                    reason: REASON.to_owned(),
                    request_id: key.uuid().to_string(),
                };
                self.0
                    .call(context, message, async |channel, m| {
                        ScopeServiceClient::new(channel).reject_decision(m).await
                    })
                    .await?;
                Ok(())
            }
        }
    }

    /// The keys of the targets about whom something may leave under a grant.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn granted_targets(&self, context: &CallContext, id: GrantId) -> Result<BTreeSet<String>, Failure> {
        let read = wire::GetGrantRequest { name: id.name() };
        let grant =
            self.0.call(context, read, async |channel, m| GrantServiceClient::new(channel).get_grant(m).await).await?;
        Ok(grant.permissions.into_iter().map(|permission| permission.target_id).collect())
    }

    /// Revokes a grant, unless it is revoked already.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn revoke(&self, context: &CallContext, key: StepId, id: GrantId) -> Result<(), Failure> {
        let read = wire::GetGrantRequest { name: id.name() };
        let grant =
            self.0.call(context, read, async |channel, m| GrantServiceClient::new(channel).get_grant(m).await).await?;
        if grant.state() == wire::grant::State::Revoked {
            return Ok(());
        }
        let message = wire::RevokeGrantRequest {
            name: id.name(),
            etag: grant.etag,
            reason: REASON.to_owned(),
            request_id: key.uuid().to_string(),
        };
        self.0
            .call(context, message, async |channel, m| GrantServiceClient::new(channel).revoke_grant(m).await)
            .await?;
        Ok(())
    }
}

fn facts(request: &LegalRequest) -> Result<wire::ScopeFacts, Failure> {
    let essentials = super::essentials(request)?;
    let items = scope_items(request).into_iter().map(|item| wire::ScopeItem {
        item_id: item.item_id,
        target_id: item.target_id,
        element: item.element,
        window: item.window.map(convert::interval),
        residence_country: item.residence_country.map(|country| country.alpha2().to_owned()).unwrap_or_default(),
    });
    Ok(wire::ScopeFacts {
        platform: essentials.platform.to_owned(),
        authority_country: essentials.country.alpha2().to_owned(),
        authority_kind: convert::authority_kind(essentials.authority_kind).into(),
        instrument_kind: convert::instrument_kind(essentials.instrument_kind).into(),
        matter_type: convert::matter_type(essentials.matter_type).into(),
        emergency: request.is_emergency(),
        items: items.collect(),
        receive_time: request.receive_time.map(convert::timestamp),
        // No scope is proposed but on a verification that concluded VERIFIED; and that it cannot for an agency which the
        // registry does not accredit: verification refuses rules by which it could.
        requester_verified: Some(true),
        requester_accredited: Some(true),
        instrument_issue_time: request.particulars.instrument.issue_time.map(convert::timestamp),
        contact_country: contact_country(request).map(|country| country.alpha2().to_owned()).unwrap_or_default(),
        formal_request_assured: request.particulars.emergency.as_ref().is_some_and(|found| found.follow_up_promised),
        ..wire::ScopeFacts::default()
    })
}

/// Country of incorporation of the contact that is served. None where several are, or where nobody has confirmed it.
fn contact_country(request: &LegalRequest) -> Option<Country> {
    match request.plan.as_ref()?.contacts().as_slice() {
        [(contact, _)] => contact.incorporation_country,
        _ => None,
    }
}

fn decision(answer: wire::Decision) -> Option<Decision> {
    let state = match answer.state() {
        wire::decision::State::Unspecified => return None,
        wire::decision::State::Proposed => DecisionState::Proposed,
        wire::decision::State::Approved => DecisionState::Approved,
        wire::decision::State::Rejected => DecisionState::Rejected,
        wire::decision::State::Superseded => DecisionState::Superseded,
    };
    Some(Decision {
        id: DecisionId::parse_name(&answer.name).ok()?,
        request: RequestId::parse_name(&answer.request).ok()?,
        verification: VerificationId::parse_name(&answer.verification).ok()?,
        verification_expire_time: convert::time(answer.verification_expire_time.as_ref()?)?,
        predecessor: match answer.predecessor.as_str() {
            "" => None,
            name => Some(DecisionId::parse_name(name).ok()?),
        },
        state,
        results: answer.results.into_iter().map(decided).collect::<Option<_>>()?,
        grant: match answer.grant.as_str() {
            "" => None,
            name => Some(GrantId::parse_name(name).ok()?),
        },
        findings: super::findings(answer.findings)?,
    })
}

fn decided(answer: wire::ItemResult) -> Option<Decided> {
    let result = match answer.result() {
        wire::item_result::Result::Unspecified => return None,
        wire::item_result::Result::Allow => ItemResult::Allow,
        wire::item_result::Result::AllowNarrowed => ItemResult::AllowNarrowed,
        wire::item_result::Result::Withhold => ItemResult::Withhold,
        wire::item_result::Result::HoldForAuthority => ItemResult::HoldForAuthority,
        wire::item_result::Result::NeedsOtherProcess => ItemResult::NeedsOtherProcess,
    };
    // An element that the catalogue does not know has no class.
    let data_class = match answer.data_class {
        0 => None,
        class => Some(convert::read_data_class(&mut FieldFaults::new(), "data_class", class)?),
    };
    let item = answer.item?;
    Some(Decided {
        item_id: item.item_id,
        target_id: item.target_id,
        element: item.element,
        result,
        data_class,
        findings: super::findings(answer.findings)?,
    })
}
