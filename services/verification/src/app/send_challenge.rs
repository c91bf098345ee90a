//! A one-time code, sent to the registry's own mailbox.

use rogatory_chassis::{CallContext, CallKey, Failure, Violation};
use rogatory_names::VerificationId;

use super::{InHand, Stored, Verifying, failure, trace};
use crate::{domain::verification::Verification, store};

impl Verifying {
    /// Puts a code on the list of those to be mailed. It goes out right after, and again, as the same, when that fails.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::StateForbids`] when it is not OPEN, the registry held no mailbox, as many were sent as
    /// the rules allow, or nothing mails; the store's.
    pub async fn send_challenge(
        &self,
        context: &CallContext,
        id: VerificationId,
        key: &CallKey,
    ) -> Result<Stored<Verification>, Failure> {
        let actor = context.caller.actor();
        let refused = |refusal| failure(&refusal, id);
        let sent = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let InHand { before, mut after, rules, agency } = self.take_up(tx, id, None, context.now).await?;
                let codes = self.codes.as_ref().ok_or_else(|| nothing_mails(id))?;
                let place = after.challenges.len();
                let code = codes.digest(id, &codes.code(id, place, context.now));
                after.send_challenge(code, agency.as_ref(), rules.rules(), &actor, context.now).map_err(refused)?;
                store::verifications::replace(tx, &before, &after).await?;
                let place = i32::try_from(place).map_err(|_| Failure::bug("too many challenges"))?;
                store::mails::insert(tx, id, place, context.now).await?;
                Ok::<_, Failure>(trace("verification.challenge_sent", &after, &[]).answering(&before.next(&after))?)
            })
            .await?;
        self.work.notify_waiters();
        Ok(sent.answer()?)
    }
}

pub(super) fn nothing_mails(id: VerificationId) -> Failure {
    let violation = Violation {
        code: "CHALLENGE_NOT_CONFIGURED".to_owned(),
        subject: id.name(),
        description: "set `challenge.transport`: no transport for mail is configured".to_owned(),
    };
    Failure::StateForbids { name: id.name(), state: "OPEN".to_owned(), violations: vec![violation] }
}
