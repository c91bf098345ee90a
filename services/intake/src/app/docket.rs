//! The docket's workers: take up what is due, do it, and write what came of it together with what is to be done next.
//!
//! Nothing waits for a peer inside a transaction: a step is taken up in one, done outside of any, and completed in
//! another, under the lease with which it was taken up. A worker that dies between the two loses nothing: the lease runs
//! out and the step comes due again, and peers are called with the same key. Any number of workers and replicas may run.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_chassis::{CallContext, Clock, Failure};
use rogatory_names::{RequestId, StepId};
use rogatory_store::{Change, Changed, Retryable, StoreError, Tx};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    App,
    change::{leave, refused},
    peers::Peers,
    steps,
};
use crate::{
    domain::{
        docket::{Patience, Step, Verdict},
        life::Moment,
        progress::Progress,
        request::LegalRequest,
    },
    store::{
        docket::{self, Held, Listed},
        requests,
    },
};

/// Who does what nobody asked for by a call.
const WORKER: &str = "docket";
pub(super) const ACTOR: &str = "system:docket";
const METHOD: &str = "worker:docket";

/// How the docket works.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Steps in hand at once.
    pub workers: usize,
    /// How long a step may take.
    pub step_timeout: Duration,
    /// How long a step is held; longer than it may take, so that nobody else takes it up while it is being done.
    pub lease: Duration,
    /// How often to look when nobody tells of work.
    pub poll: Duration,
    /// How often a step is tried again.
    pub patience: Patience,
}

/// The docket of one process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Docket {
    pub(super) app: App,
    pub(super) peers: Peers,
    clock: Arc<dyn Clock>,
    pace: Pace,
}

/// Why a step was not completed.
#[derive(Debug)]
pub(super) enum Unfinished {
    /// Another worker has it: the lease had run out.
    LeaseLost,
    /// It failed.
    Failed(Failure),
}

impl From<StoreError> for Unfinished {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failure> for Unfinished {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Retryable for Unfinished {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.is_contention())
    }
}

impl Docket {
    /// Over the use cases and the peers.
    #[must_use]
    pub fn new(app: App, peers: Peers, clock: Arc<dyn Clock>, pace: Pace) -> Self {
        Self { app, peers, clock, pace }
    }

    /// Works until `stop`, then finishes what is in hand. Should that be cut short, the leases run out and the steps come
    /// due again.
    pub async fn run(&self, stop: CancellationToken) {
        let mut in_hand = JoinSet::new();
        while !stop.is_cancelled() {
            let free = self.pace.workers.saturating_sub(in_hand.len());
            match self.take_up(free).await {
                Ok(taken) => {
                    for held in taken {
                        let docket = self.clone();
                        in_hand.spawn(async move { docket.work(held).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "the docket could not be read"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = in_hand.join_next() => {}
                () = self.app.changes.has_work(), if in_hand.len() < self.pace.workers => {}
                () = tokio::time::sleep(self.pace.poll) => {}
            }
        }
        while in_hand.join_next().await.is_some() {}
    }

    /// Takes up what is due, at most `limit` steps.
    ///
    /// # Errors
    /// The store's.
    pub async fn take_up(&self, limit: usize) -> Result<Vec<Held>, StoreError> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let now = self.clock.now();
        // Looking is cheap and locks nothing; most looks find nothing.
        if limit == 0 || docket::next_due(self.app.store.read()).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let until = now + TimeDelta::from_std(self.pace.lease).unwrap_or(TimeDelta::MAX);
        self.app.store.transaction("docket: take up", async |tx| docket::claim(tx, limit, now, until).await).await
    }

    /// Does one step that was taken up, and sees to it when it fails.
    pub async fn work(&self, held: Held) {
        let context = CallContext::for_worker(WORKER, self.clock.now(), self.pace.step_timeout)
            .correlated(&held.step.correlation_id);
        let done = tokio::time::timeout(self.pace.step_timeout, steps::perform(self, &context, &held)).await;
        let step = held.step.id;
        match done.unwrap_or(Err(Unfinished::Failed(Failure::Deadline))) {
            Ok(()) => {}
            Err(Unfinished::LeaseLost) => tracing::info!(%step, "the lease ran out; another worker has the step"),
            Err(Unfinished::Failed(failure)) => {
                let what = failure.for_operator();
                tracing::warn!(%step, work = held.step.work.kind(), attempt = held.step.attempts, failure = what, "step failed");
                if let Err(Unfinished::Failed(failure)) = self.lay_aside(&context, &held, &failure, &what).await {
                    // The lease runs out, and the step comes due again.
                    tracing::warn!(%step, failure = failure.for_operator(), "the failure could not be recorded");
                }
            }
        }
    }

    /// Completes a step: what came of it for the request, and what is to be done next, in one transaction.
    pub(super) async fn finish<F>(&self, context: &CallContext, held: &Held, came: F) -> Result<(), Unfinished>
    where
        F: AsyncFnOnce(&Tx, &mut LegalRequest, Moment<'_>) -> Result<Outcome, Failure> + Clone,
    {
        let now = self.clock.now();
        let id = held.step.request;
        let actor = held.step.work.actor().unwrap_or(ACTOR);
        self.app
            .store
            .mutate(trace(context, now), async |tx| {
                if !docket::complete(tx, held).await? {
                    return Err(Unfinished::LeaseLost);
                }
                let (mut request, version) = found(tx, id).await?;
                let outcome = came(tx, &mut request, self.app.moment(actor, now)).await?;
                let mut changed = Changed::new(id.name());
                if !outcome.progress.is_empty() {
                    changed = self.store_change(tx, context, &request, version, &outcome.progress).await?;
                }
                if let Some(also) = outcome.also {
                    let other = self.store_change(tx, context, &also.request, also.version, &also.progress).await?;
                    changed.events.extend(other.events);
                }
                let changed = changed.fact("step", held.step.id.to_string()).fact("work", held.step.work.kind());
                Ok::<_, Unfinished>(changed)
            })
            .await?;
        self.app.told(id);
        Ok(())
    }

    async fn store_change(
        &self,
        tx: &Tx,
        context: &CallContext,
        request: &LegalRequest,
        version: i64,
        progress: &Progress,
    ) -> Result<Changed, StoreError> {
        // A person changed it in the same instant: look again.
        let version = requests::save(tx, request, version).await?.ok_or(StoreError::Contention)?;
        leave(tx, request, version, progress, context.correlation_id.as_str()).await
    }

    /// Lays a step that failed aside: for a while, or until a person looks.
    async fn lay_aside(
        &self,
        context: &CallContext,
        held: &Held,
        failure: &Failure,
        what: &str,
    ) -> Result<(), Unfinished> {
        let now = self.clock.now();
        let Step { id, request, attempts, .. } = held.step;
        match self.pace.patience.after(id, attempts, is_permanent(failure), now) {
            Verdict::Again(due) => {
                let store = &self.app.store;
                store
                    .transaction("docket: lay aside", async |tx| docket::lay_aside(tx, held, Some(due), what).await)
                    .await?;
                Ok(())
            }
            Verdict::Park => {
                self.app
                    .store
                    .mutate(trace(context, now), async |tx| {
                        if !docket::lay_aside(tx, held, None, what).await? {
                            return Err(Unfinished::LeaseLost);
                        }
                        let (mut stored, version) = found(tx, request).await?;
                        let progress = stored.parked(self.app.moment(ACTOR, now), &id.to_string(), &held.step.work);
                        let changed = self.store_change(tx, context, &stored, version, &progress).await?;
                        Ok(changed.fact("step", id.to_string()).fact("work", held.step.work.kind()))
                    })
                    .await?;
                self.app.told(request);
                Ok(())
            }
        }
    }
}

/// What came of a step.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What it means for its request.
    pub(super) progress: Progress,
    /// What it means for another one.
    pub(super) also: Option<Also>,
}

/// A change of another request than the step's own.
#[derive(Debug)]
pub(super) struct Also {
    pub(super) request: LegalRequest,
    pub(super) version: i64,
    pub(super) progress: Progress,
}

impl From<Progress> for Outcome {
    fn from(progress: Progress) -> Self {
        Self { progress, also: None }
    }
}

impl App {
    /// The steps that are to be done, for an operator.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_docket(&self, parked_only: bool, limit: u64) -> Result<Vec<Listed>, StoreError> {
        docket::list(self.store.read(), parked_only, limit).await
    }

    /// Takes a parked step up again, with all its tries before it.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when no parked step has that id; the store's.
    pub async fn retry_step(&self, step: StepId, now: DateTime<Utc>) -> Result<Step, Failure> {
        const OPERATOR: &str = "system:operator";
        let context = CallContext::for_worker("docket-retry", now, Duration::from_secs(30));
        let taken = std::sync::Mutex::new(None);
        let change = Change { method: "worker:docket-retry", actor: OPERATOR, ..trace(&context, now) };
        self.store
            .mutate(change, async |tx| {
                let again = docket::take_up_again(tx, step, now).await?;
                let again = again.ok_or_else(|| Failure::not_found(step.name()))?;
                let (mut request, version) = found(tx, again.request).await?;
                let still_parked = docket::has_parked(tx, again.request).await?;
                let progress =
                    request.resumed(self.moment(OPERATOR, now), &step.to_string(), &again.work, still_parked);
                let version = requests::save(tx, &request, version).await?.ok_or(StoreError::Contention)?;
                let changed = leave(tx, &request, version, &progress, context.correlation_id.as_str()).await?;
                if let Ok(mut taken) = taken.lock() {
                    *taken = Some(again);
                }
                Ok::<_, Failure>(changed.fact("step", step.to_string()))
            })
            .await?;
        taken.into_inner().ok().flatten().ok_or_else(|| Failure::bug("a step was taken up and is not known"))
    }
}

/// The trace of what a worker does of itself.
fn trace(context: &CallContext, now: DateTime<Utc>) -> Change<'_> {
    Change {
        method: METHOD,
        actor: ACTOR,
        correlation_id: context.correlation_id.as_str(),
        request_id: None,
        body_digest: [0; 32],
        now,
    }
}

async fn found(tx: &Tx, id: RequestId) -> Result<(LegalRequest, i64), Failure> {
    let stored = requests::get(tx, id).await?.ok_or_else(|| Failure::not_found(id.name()))?;
    Ok((stored.request, stored.version))
}

/// Why a happening is refused, as the failure of a step: it may be that what comes before it is still under way.
pub(super) fn not_yet(request: RequestId, refusal: &crate::domain::lifecycle::Refusal) -> Failure {
    refused(&request.name(), refusal)
}

/// Whether the same call would fail the same way for ever. What a peer refuses for its state may still come right.
fn is_permanent(failure: &Failure) -> bool {
    match failure {
        Failure::Invalid(_)
        | Failure::RequestIdReused { .. }
        | Failure::TokenMismatch { .. }
        | Failure::NotFound { .. }
        | Failure::AlreadyExists { .. }
        | Failure::TooLarge { .. }
        | Failure::NoSuchMethod { .. } => true,
        Failure::EtagMismatch { .. }
        | Failure::Contention
        | Failure::StateForbids { .. }
        | Failure::SecondPersonNeeded { .. }
        | Failure::NoRevisionInForce { .. }
        // An operator mends it; until then the step waits its turn.
        | Failure::RevisionUnusable { .. }
        | Failure::CredentialInvalid { .. }
        | Failure::CallerNotListed { .. }
        | Failure::Overloaded
        | Failure::Deadline
        | Failure::DependencyDown { .. }
        | Failure::Internal(_) => false,
    }
}
