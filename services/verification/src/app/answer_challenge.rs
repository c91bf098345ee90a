//! A code that the agency gave back.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::VerificationId;

use super::{InHand, Stored, Verifying, failure, send_challenge::nothing_mails, trace};
use crate::{domain::verification::Verification, store};

impl Verifying {
    /// Takes a code that the agency gave back. A wrong one is recorded too.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::StateForbids`] when it is not OPEN, no code is waiting, or it has expired; the
    /// store's.
    pub async fn answer_challenge(
        &self,
        context: &CallContext,
        id: VerificationId,
        code: &str,
        key: &CallKey,
    ) -> Result<Stored<Verification>, Failure> {
        let actor = context.caller.actor();
        let refused = |refusal| failure(&refusal, id);
        let answered = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let InHand { before, mut after, rules, .. } = self.take_up(tx, id, None, context.now).await?;
                let codes = self.codes.as_ref().ok_or_else(|| nothing_mails(id))?;
                let kept = after.waiting_challenge().map(|waiting| waiting.code);
                let matched = kept.is_some_and(|kept| codes.matches(id, code, &kept));
                after.answer_challenge(matched, rules.rules(), &actor, context.now).map_err(refused)?;
                store::verifications::replace(tx, &before, &after).await?;
                let observation = after.evidence.last().map(|piece| piece.observation.code()).unwrap_or_default();
                let said = [("observation", observation)];
                Ok::<_, Failure>(
                    trace("verification.challenge_answered", &after, &said).answering(&before.next(&after))?,
                )
            })
            .await?;
        Ok(answered.answer()?)
    }
}
