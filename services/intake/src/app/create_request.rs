//! A draft is stored.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::RequestId;

use super::{App, Record, Written, change::leave};
use crate::{domain::request::LegalRequest, store::requests};

/// A draft to store.
#[derive(Debug, Clone)]
pub struct CreateRequest {
    /// What the agency wrote so far.
    pub written: Written,
    /// What makes it happen once.
    pub key: CallKey,
}

impl App {
    /// Stores a draft.
    ///
    /// # Errors
    /// [`Failure::Invalid`] for a document or an emergency that may not be named, and for what only the platform can know;
    /// the store's.
    pub async fn create_request(&self, context: &CallContext, call: &CreateRequest) -> Result<Record, Failure> {
        call.written.require_own_words(&context.caller)?;
        let actor = context.caller.actor();
        let mutated = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let id = RequestId::new();
                let particulars = call.written.resolve(tx, &context.caller, id).await?;
                let initial = self.rules.graph.initial();
                let mut request = LegalRequest::draft(id, particulars, actor.clone(), initial, context.now);
                let progress = request.created(self.moment(&actor, context.now));
                requests::insert(tx, &request).await?;
                let changed = leave(tx, &request, 1, &progress, context.correlation_id.as_str()).await?;
                let record = Record { request, version: 1, timeline: progress.entries, letters: Vec::new() };
                Ok::<_, Failure>(changed.answering(&record)?)
            })
            .await?;
        Ok(mutated.answer()?)
    }
}
