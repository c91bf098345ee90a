//! A person closes a request with an outcome.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::RequestId;

use super::{App, Record, change::refused};
use crate::domain::state::Outcome;

/// What to close, and how.
#[derive(Debug, Clone)]
pub struct CloseRequest {
    /// Which request.
    pub id: RequestId,
    /// The version that the caller read.
    pub version: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Why. Sensitive.
    pub reason: String,
    /// What makes it happen once.
    pub key: CallKey,
}

impl App {
    /// Closes a request.
    ///
    /// # Errors
    /// [`Failure::StateForbids`] when it is closed already or the outcome does not fit what happened;
    /// [`Failure::EtagMismatch`]; the store's.
    pub async fn close_request(&self, context: &CallContext, call: &CloseRequest) -> Result<Record, Failure> {
        let name = call.id.name();
        self.change_request(context, call.id, call.version, &call.key, async |_, request, moment| {
            request.close(moment, call.outcome, call.reason.clone()).map_err(|refusal| refused(&name, &refusal))
        })
        .await
    }
}
