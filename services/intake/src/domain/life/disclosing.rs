//! What follows from the grants and the production.

use rogatory_names::{GrantId, ProductionId};

use super::{Moment, Telling};
use crate::domain::{
    conditions::{ConditionKind, Status},
    docket::Work,
    lifecycle::{Refusal, Trigger},
    progress::Progress,
    request::LegalRequest,
    state::State,
};

impl LegalRequest {
    /// Files left under a grant, or a search found none. Where the grant no longer holds, because the verification was
    /// reopened or the request ended, it is noted and moves nothing. Verification learns of files that left in every case.
    ///
    /// # Errors
    /// When the graph has no way on, and when the request does not know the grant yet: the word of the approval is still
    /// under way.
    pub fn produced(
        &mut self,
        moment: Moment<'_>,
        production: ProductionId,
        grant: GrantId,
        no_data: bool,
    ) -> Result<Progress, Refusal> {
        let reliance = (!no_data && self.verification.is_some()).then_some(Work::RecordReliance { production, grant });
        let current = self.grants().any(|known| known.id == grant);
        if !current && !self.former_grants.iter().any(|known| known.id == grant) {
            if self.state == State::Closed {
                return Ok(Progress::default().then(reliance));
            }
            return Err(Refusal { trigger: Trigger::Produced, state: self.state, obstacles: Vec::new() });
        }
        let holds = current && self.state != State::Closed && self.conditions.holds(ConditionKind::Verified);
        let (reason, text) = match (no_data, holds) {
            (true, true) => ("NO_DATA", "The search found nothing to produce."),
            (true, false) => ("NO_DATA", "The search had found nothing to produce before the grant ceased to hold."),
            (false, true) => ("DATA_LEFT", "Data has left under the grant."),
            (false, false) => ("DATA_LEFT", "Data had left before the grant ceased to hold."),
        };
        let telling = Telling::new("request.produced", text)
            .fact("production", production.name())
            .fact("grant", grant.name())
            .fact("no_data", no_data.to_string());
        let progress = if holds { self.go(moment, Trigger::Produced, telling)? } else { self.tell(moment, telling) };
        self.production.data |= !no_data;
        self.production.no_data |= no_data;
        self.conditions.set(ConditionKind::Produced, Status::True, reason, text, moment.now);
        Ok(progress.then(reliance))
    }

    /// A grant was revoked. When none is left before anything has left the request is held; after that, and where the grant no
    /// longer counted, it is only noted.
    ///
    /// # Errors
    /// When the graph has no way on, and when the request does not know the grant yet: the word of the approval is still
    /// under way.
    pub fn grant_revoked(&mut self, moment: Moment<'_>, id: GrantId) -> Result<Progress, Refusal> {
        let current = self.grants().any(|known| known.id == id);
        let supplements = self.supplements.iter_mut().filter_map(|supplement| supplement.grant.as_mut());
        let mut known = self.grant.iter_mut().chain(supplements).chain(&mut self.former_grants);
        let Some(grant) = known.find(|known| known.id == id) else {
            if self.state == State::Closed {
                return Ok(Progress::default());
            }
            return Err(Refusal { trigger: Trigger::GrantRevoked, state: self.state, obstacles: Vec::new() });
        };
        if grant.revoked {
            return Ok(Progress::default());
        }
        grant.revoked = true;
        let telling = Telling::new("request.grant_revoked", "The grant was revoked; nothing leaves under it any more.")
            .fact("grant", id.name());
        let in_force = self.grants().any(|grant| !grant.revoked);
        if !current || in_force || self.state != State::Approved {
            return Ok(self.tell(moment, telling));
        }
        let progress = self.go(moment, Trigger::GrantRevoked, telling)?;
        let text = "The grant was revoked before anything left.";
        self.conditions.set(ConditionKind::Scoped, Status::False, "GRANT_REVOKED", text, moment.now);
        Ok(progress)
    }
}
