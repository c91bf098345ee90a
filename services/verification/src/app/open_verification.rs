//! The verification of one request, opened with the evidence that the registry itself gives, in one transaction.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_rulebook::Rules as _;

use super::{ENGINE_VERSION, Stored, Verifying, trace};
use crate::{
    domain::verification::{Facts, Verification},
    store,
};

impl Verifying {
    /// Opens the verification of a request.
    ///
    /// # Errors
    /// [`Failure::AlreadyExists`] with the name of the first when the request has one;
    /// [`Failure::NoRevisionInForce`] when the rules do not decide on a request received then; the store's.
    pub async fn open_verification(
        &self,
        context: &CallContext,
        facts: &Facts,
        key: &CallKey,
    ) -> Result<Stored<Verification>, Failure> {
        if !self.rules.in_force(facts.receive_time) {
            return Err(Failure::NoRevisionInForce { document: self.rules.document().to_owned() });
        }
        let actor = context.caller.actor();
        let opened = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                if let Some(first) = store::verifications::id_of(tx, facts.request).await? {
                    return Err(Failure::AlreadyExists { name: first.name() });
                }
                let gathered = self.gather(tx, facts).await?;
                let opener = actor.clone();
                let opened =
                    Verification::open(facts.clone(), &gathered, &self.rules, opener, ENGINE_VERSION, context.now);
                store::verifications::insert(tx, &opened).await?;
                let said = [("state", opened.state.code()), ("required_level", opened.required_level.code())];
                Ok::<_, Failure>(trace("verification.opened", &opened, &said).answering(&Stored::first(&opened))?)
            })
            .await?;
        Ok(opened.answer()?)
    }
}
