//! One of the two people whom an emergency needs.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::VerificationId;

use super::{InHand, Stored, Verifying, failure, trace};
use crate::{domain::verification::Verification, store};

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
                let InHand { before, mut after, .. } = self.take_up(tx, id, Some(version), context.now).await?;
                after.approve(&actor, reason.to_owned(), context.now).map_err(refused)?;
                store::verifications::replace(tx, &before, &after).await?;
                let said = [("approver", actor.as_str())];
                Ok::<_, Failure>(trace("verification.approved", &after, &said).answering(&before.next(&after))?)
            })
            .await?;
        Ok(approved.answer()?)
    }
}
