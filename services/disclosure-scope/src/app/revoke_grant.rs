//! RevokeGrant: from now on nothing leaves under it.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::GrantId;
use rogatory_store::{Changed, NewEvent};

use super::Disclosure;
use crate::{
    domain::grant::Grant,
    store::{Versioned, grants},
};

/// A revocation.
#[derive(Debug)]
pub(crate) struct RevokeGrant {
    pub(crate) grant: GrantId,
    /// The version that the caller read.
    pub(crate) version: i64,
    /// Why. Sensitive.
    pub(crate) reason: String,
    pub(crate) key: CallKey,
}

impl Disclosure {
    pub(crate) async fn revoke_grant(
        &self,
        context: &CallContext,
        call: &RevokeGrant,
    ) -> Result<Versioned<Grant>, Failure> {
        let actor = context.caller.actor();
        let name = call.grant.name();
        let revoked = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let found = grants::get(tx, call.grant).await?;
                let Versioned { value: mut grant, version } = found.ok_or_else(|| Failure::not_found(&name))?;
                if version != call.version {
                    return Err(Failure::EtagMismatch { name: name.clone() });
                }
                if !grant.revoke(&actor, call.reason.clone(), context.now) {
                    return Err(Failure::state(&name, grant.state.as_str()));
                }
                let stored = grants::update(tx, &grant, version)
                    .await?
                    .ok_or_else(|| Failure::EtagMismatch { name: name.clone() })?;
                let event = NewEvent::new("grant.revoked", &name)
                    .of_request(grant.request.name())
                    .fact("state", grant.state.as_str())
                    .fact("decision", grant.decision.name());
                Ok(Changed::new(&name).answering(&stored)?.fact("state", grant.state.as_str()).event(event))
            })
            .await?;
        let stored: Versioned<Grant> = revoked.answer()?;
        self.book.keep(stored.value.clone());
        Ok(stored)
    }
}
