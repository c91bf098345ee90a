//! The conclusion, by the rules.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::VerificationId;

use super::{Stored, Verifying, failure, provenance, trace};
use crate::{
    domain::verification::{Refusal, State, Verification},
    store,
};

impl Verifying {
    /// Concludes a verification. Before that it takes in what the registry says now, which may have been corrected. A formal
    /// Request that is believed settles the debt of the emergency that it follows.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::StateForbids`] when it is not OPEN, or with every piece of evidence that is
    /// still needed; [`Failure::EtagMismatch`] when it is no longer at `version`; the store's.
    pub async fn conclude_verification(
        &self,
        context: &CallContext,
        id: VerificationId,
        version: i64,
        key: &CallKey,
    ) -> Result<Stored<Verification>, Failure> {
        let actor = context.caller.actor();
        let refused = |refusal| failure(&refusal, id);
        let concluded = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let before = self.stored(tx, id).await?;
                let mut after = before.value.clone();
                if after.state != State::Open {
                    // Whoever concludes it again need not read it again to learn that it is over.
                    return Err(refused(Refusal::NotOpen(after.state)));
                }
                if before.version != version {
                    return Err(Failure::EtagMismatch { name: id.name() });
                }
                let (now, received) = (context.now, after.facts.receive_time);
                let rules = self.rules_at(received).await?;
                let (gathered, _) = self.gather(tx, &after.facts, Some(id), rules.rules(), now).await?;
                after.refresh(&gathered, rules.rules(), now).map_err(refused)?;
                after.conclude(rules.rules(), provenance(&rules, received, now), now).map_err(refused)?;
                store::verifications::replace(tx, &before, &after).await?;
                if let Some(emergency) = after.facts.settles()
                    && let Some(owing) = store::verifications::of_request(tx, emergency).await?
                {
                    let mut settled = owing.value.clone();
                    if settled.settle_debt(&after, now) {
                        store::verifications::replace(tx, &owing, &settled).await?;
                    }
                }
                let said = [("state", after.state.code()), ("level", after.level.code())];
                Ok::<_, Failure>(trace("verification.concluded", &after, &said).answering(&before.next(&after))?)
            })
            .await?;
        Ok(concluded.answer()?)
    }
}
