//! How a changed request is written: snapshot, timeline, docket, events and audit, all in the caller's transaction.

use rogatory_chassis::{CallContext, CallKey, Failure, Violation};
use rogatory_names::RequestId;
use rogatory_store::{Changed, NewEvent, StoreError, Tx};

use super::{App, Record, visibility};
use crate::{
    domain::{
        life::Moment,
        lifecycle::Refusal,
        progress::{Entry, Progress},
        request::LegalRequest,
    },
    store::{docket, requests, timeline},
};

impl App {
    /// Changes one request on behalf of a caller who read it under `version`.
    pub(super) async fn change_request<F>(
        &self,
        context: &CallContext,
        id: RequestId,
        version: i64,
        key: &CallKey,
        work: F,
    ) -> Result<Record, Failure>
    where
        F: AsyncFnOnce(&Tx, &mut LegalRequest, Moment<'_>) -> Result<Progress, Failure> + Clone,
    {
        let actor = context.caller.actor();
        let name = id.name();
        let mutated = self
            .store
            .mutate(key.change(context, &actor), async |tx| {
                let stored = requests::get(tx, id).await?.ok_or_else(|| Failure::not_found(&name))?;
                let mut request = stored.request;
                if !visibility::may_see(&context.caller, &request.submitter) {
                    return Err(Failure::not_found(&name));
                }
                if stored.version != version {
                    return Err(Failure::EtagMismatch { name: name.clone() });
                }
                let progress = work(tx, &mut request, self.moment(&actor, context.now)).await?;
                let saved = requests::save(tx, &request, version).await?;
                let version = saved.ok_or_else(|| Failure::EtagMismatch { name: name.clone() })?;
                let changed = leave(tx, &request, version, &progress, context.correlation_id.as_str()).await?;
                let record = Record::read_in(tx, requests::Stored { request, version }).await?;
                Ok(changed.answering(&record)?)
            })
            .await?;
        if !mutated.replayed {
            self.told(id);
        }
        Ok(mutated.answer()?)
    }

    /// Tells of a committed change.
    pub(super) fn told(&self, id: RequestId) {
        self.changes.request(id);
        self.changes.work();
    }
}

/// Writes what a change left behind, beside the request itself. `version` is the one that the change made.
pub(super) async fn leave(
    tx: &Tx,
    request: &LegalRequest,
    version: i64,
    progress: &Progress,
    correlation_id: &str,
) -> Result<Changed, StoreError> {
    timeline::add(tx, request.id, version, &progress.entries).await?;
    docket::add(tx, request.id, &progress.work, correlation_id, request.update_time).await?;
    let name = request.id.name();
    let mut changed = Changed::new(&name).fact("state", request.state.as_str());
    if let Some(outcome) = request.outcome {
        changed = changed.fact("outcome", outcome.as_str());
    }
    changed.events.extend(progress.entries.iter().map(|entry| event(&name, entry)));
    Ok(changed)
}

fn event(name: &str, entry: &Entry) -> NewEvent {
    let event = NewEvent::new(&entry.kind, name).of_request(name).fact("state", entry.state.as_str());
    entry.facts.iter().fold(event, |event, (key, value)| event.fact(key, value))
}

/// Why a request does not allow a change, as a failure.
pub(super) fn refused(name: &str, refusal: &Refusal) -> Failure {
    let violations = refusal.obstacles.iter().map(|obstacle| Violation {
        code: obstacle.code.clone(),
        subject: name.to_owned(),
        description: obstacle.description.clone(),
    });
    Failure::StateForbids {
        name: name.to_owned(),
        state: refusal.state.as_str().to_owned(),
        violations: violations.collect(),
    }
}
