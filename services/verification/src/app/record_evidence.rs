//! What a person found out.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::VerificationId;

use super::{InHand, Stored, Verifying, failure, trace};
use crate::{
    domain::verification::{Report, Verification},
    store,
};

impl Verifying {
    /// Adds a piece of evidence. Before that it takes in what the registry says now, so that it is known for which agency the
    /// evidence is.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::StateForbids`] when it is not OPEN, or when a call-back names a number that the
    /// registry did not hold before the request came; the store's.
    pub async fn record_evidence(
        &self,
        context: &CallContext,
        id: VerificationId,
        report: &Report,
        key: &CallKey,
    ) -> Result<Stored<Verification>, Failure> {
        let actor = context.caller.actor();
        let refused = |refusal| failure(&refusal, id);
        let recorded = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let InHand { before, mut after, rules, agency } = self.take_up(tx, id, None, context.now).await?;
                after.record(report, agency.as_ref(), rules.rules(), &actor, context.now).map_err(refused)?;
                store::verifications::replace(tx, &before, &after).await?;
                let observation = after.evidence.last().map(|piece| piece.observation);
                let observation = observation.ok_or_else(|| Failure::bug("nothing was recorded"))?;
                let said = [("kind", observation.kind().code()), ("result", observation.outcome().code())];
                Ok::<_, Failure>(
                    trace("verification.evidence_recorded", &after, &said).answering(&before.next(&after))?,
                )
            })
            .await?;
        Ok(recorded.answer()?)
    }
}
