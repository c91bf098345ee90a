//! One of the two people whom an emergency needs.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::VerificationId;

use super::{Stored, Verifying, failure, trace};
use crate::{
    domain::verification::{Refusal, State, Verification},
    store,
};

impl Verifying {
    /// Approves, as one of the two people whom an emergency needs. Before that it takes in what the registry says now, so
    /// that it is known for which agency it is approved.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::EtagMismatch`] when it is no longer at `version`; [`Failure::SecondPersonNeeded`] for
    /// whoever may not; [`Failure::StateForbids`] when it is not OPEN or is no emergency; the store's.
    pub async fn approve_verification(
        &self,
        context: &CallContext,
        (id, version): (VerificationId, i64),
        reason: &str,
        key: &CallKey,
    ) -> Result<Stored<Verification>, Failure> {
        let actor = context.caller.actor();
        let refused = |refusal| failure(&refusal, id);
        let approved = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let before = self.stored(tx, id).await?;
                let mut after = before.value.clone();
                if after.state != State::Open {
                    // Whoever approves it too late need not read it again to learn that it is over.
                    return Err(refused(Refusal::NotOpen(after.state)));
                }
                if before.version != version {
                    return Err(Failure::EtagMismatch { name: id.name() });
                }
                let rules = self.rules_at(after.facts.receive_time).await?;
                let (gathered, _) = self.gather(tx, &after.facts, Some(id), rules.rules(), context.now).await?;
                after.refresh(&gathered, rules.rules(), context.now).map_err(refused)?;
                after.approve(&actor, reason.to_owned(), context.now).map_err(refused)?;
                store::verifications::replace(tx, &before, &after).await?;
                let said = [("approver", actor.as_str())];
                Ok::<_, Failure>(trace("verification.approved", &after, &said).answering(&before.next(&after))?)
            })
            .await?;
        Ok(approved.answer()?)
    }
}
