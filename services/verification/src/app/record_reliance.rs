//! That files left in reliance on a verification.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::{ProductionId, RequestId, VerificationId};

use super::{Verifying, trace};
use crate::{
    domain::compromise::{PlatformIds, Reliance},
    store,
};

impl Verifying {
    /// Records a production that was made in reliance on a verification, whatever has become of that in the meantime: what has
    /// left has left, and a compromise must find it.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::Invalid`] when the request is another one's; [`Failure::AlreadyExists`] when the
    /// production was recorded before; the store's.
    pub async fn record_reliance(
        &self,
        context: &CallContext,
        (verification, request, production): (VerificationId, RequestId, ProductionId),
        platform_ids: &PlatformIds,
        key: &CallKey,
    ) -> Result<Reliance, Failure> {
        let actor = context.caller.actor();
        let recorded = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let of = self.stored(tx, verification).await?.value;
                if of.facts.request != request {
                    return Err(Failure::field("request", "is not the request of the verification"));
                }
                if store::compromises::reliance(tx, production).await?.is_some() {
                    return Err(Failure::AlreadyExists { name: production.name() });
                }
                let platform_ids = platform_ids.clone();
                let reliance = Reliance { verification, request, production, platform_ids, record_time: context.now };
                store::compromises::insert_reliance(tx, &reliance).await?;
                let (production, verification) = (production.name(), verification.name());
                let said = [("production", production.as_str()), ("verification", verification.as_str())];
                Ok::<_, Failure>(trace("reliance.recorded", &of, &said).answering(&reliance)?)
            })
            .await?;
        Ok(recorded.answer()?)
    }
}
