//! The conclusion, by the rules.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::VerificationId;

use super::{InHand, Stored, Verifying, failure, provenance, trace};
use crate::{domain::verification::Verification, store};

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
                let now = context.now;
                let InHand { before, mut after, rules, .. } = self.take_up(tx, id, Some(version), now).await?;
                let received = after.facts.receive_time;
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
