//! An agency withdraws its request.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::RequestId;

use super::{App, Record, change::refused};

/// What to withdraw.
#[derive(Debug, Clone)]
pub struct WithdrawRequest {
    /// Which request.
    pub id: RequestId,
    /// The version that the caller read.
    pub version: i64,
    /// Why. Sensitive.
    pub reason: String,
    /// What makes it happen once.
    pub key: CallKey,
}

impl App {
    /// Withdraws a request that is not closed. The docket revokes a grant that was issued for it.
    ///
    /// # Errors
    /// [`Failure::StateForbids`], [`Failure::EtagMismatch`]; the store's.
    pub async fn withdraw_request(&self, context: &CallContext, call: &WithdrawRequest) -> Result<Record, Failure> {
        let name = call.id.name();
        self.change_request(context, call.id, call.version, &call.key, async |_, request, moment| {
            request.withdraw(moment, call.reason.clone()).map_err(|refusal| refused(&name, &refusal))
        })
        .await
    }
}
