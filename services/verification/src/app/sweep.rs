//! The sweep after a report of a compromise: every verification that leaned on what was in the hands of others is looked at,
//! and reopened where it leaned on it in the window.
//!
//! It goes by the ids of the verifications, a batch in each transaction together with the place up to which it has come: a
//! sweep that is cut short goes on from there, and two workers cannot do the same batch. A verification that is opened while
//! it runs takes the report in by itself, when it is opened or at the latest when it is concluded.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rogatory_chassis::{Clock, Failure};
use rogatory_names::{CompromiseId, VerificationId};
use rogatory_store::{Change, Changed, NewEvent, Retryable, StoreError, Tx};
use tokio_util::sync::CancellationToken;

use super::Verifying;
use crate::{
    domain::{
        compromise::Compromise,
        reopening::Reopening,
        verification::{State, Verification},
    },
    store::{
        Stored, compromises,
        verifications::{self, Leaning},
    },
};

/// How often the reports are looked at when nobody tells of one.
const POLL: Duration = Duration::from_secs(1);
/// Verifications in one transaction: enough that a million are done in minutes, and so few that no call waits long.
const BATCH: usize = 250;
/// Who reopens what nobody asked for by name.
const ACTOR: &str = "system:sweep";
const METHOD: &str = "worker:sweep";

/// Sweeps.
#[derive(Debug, Clone)]
pub struct Sweeper {
    app: Verifying,
    clock: Arc<dyn Clock>,
}

/// A batch that was read before its transaction begins.
struct Ahead {
    /// The report.
    of: CompromiseId,
    /// After which verification it begins.
    after: Option<VerificationId>,
    found: Vec<Leaning>,
}

/// Why a batch was not done.
enum Unfinished {
    /// Another worker has done it.
    Done,
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

impl Sweeper {
    /// Over the use cases.
    #[must_use]
    pub fn new(app: Verifying, clock: Arc<dyn Clock>) -> Self {
        Self { app, clock }
    }

    /// Works until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut ahead = None;
        while !stop.is_cancelled() {
            let told = self.app.work.notified();
            match self.step(&mut ahead).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(failure) => tracing::warn!(cause = failure.for_operator(), "the sweep stands still"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = told => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Does one batch of the first report that is not done, and meanwhile reads the next one. Whether there was one.
    async fn step(&self, ahead: &mut Option<Ahead>) -> Result<bool, Failure> {
        let read = self.app.store.read();
        let Some(running) = compromises::first_running(read).await? else { return Ok(false) };
        let Compromise { id, subject, cursor, .. } = &running.value;
        let ready = match ahead.take().filter(|ahead| ahead.of == *id && ahead.after == *cursor) {
            Some(ahead) => ahead.found,
            None => verifications::leaning(read, subject, *cursor, BATCH as u64).await?,
        };
        let last = ready.last().map(|last| last.value.id).filter(|_| ready.len() == BATCH);
        let next = async {
            match last {
                Some(_) => verifications::leaning(read, subject, last, BATCH as u64).await,
                None => Ok(Vec::new()),
            }
        };
        let name = id.name();
        let change = Change {
            method: METHOD,
            actor: ACTOR,
            correlation_id: &name,
            request_id: None,
            body_digest: [0; 32],
            now: self.clock.now(),
        };
        let ready = Mutex::new(Some(Ahead { of: *id, after: *cursor, found: ready }));
        let batch = self.app.store.mutate(change, async |tx| self.batch(tx, *id, &ready).await);
        let (next, done) = tokio::join!(next, batch);
        *ahead = Some(Ahead { of: *id, after: last, found: next? });
        match done {
            Ok(_) | Err(Unfinished::Done) => Ok(true),
            Err(Unfinished::Failed(failure)) => Err(failure),
        }
    }

    async fn batch(&self, tx: &Tx, id: CompromiseId, ready: &Mutex<Option<Ahead>>) -> Result<Changed, Unfinished> {
        let now = self.clock.now();
        let before = compromises::get(tx, id).await?.ok_or(Unfinished::Done)?;
        if before.value.finish_time.is_some() {
            return Err(Unfinished::Done);
        }
        // Read before this transaction, which is no matter: whatever has changed since is at another version. Then, and when
        // another worker has gone on, it is read anew.
        let ready = ready.lock().unwrap_or_else(PoisonError::into_inner).take();
        let found = match ready.filter(|ready| ready.after == before.value.cursor) {
            Some(ready) => ready.found,
            None => verifications::leaning(tx, &before.value.subject, before.value.cursor, BATCH as u64).await?,
        };
        let compromised = before.value.compromised();
        let mut after = before.value.clone();
        after.cursor = found.last().map(|last| last.value.id).or(after.cursor);
        if found.len() < BATCH {
            after.finish_time = Some(now);
        }
        let (mut leaning, mut swept, mut changed) = (Vec::new(), Vec::new(), Changed::new(id.name()));
        for mut one in found {
            let value = &mut one.value;
            // One that was reopened by this report before leaned on it then.
            if !value.leans_on(&compromised, now) && !value.compromises.contains(&id) {
                continue;
            }
            leaning.push(value.id);
            if value.state == State::Denied {
                continue;
            }
            let rules = self.app.rules_at(value.facts.receive_time).await?;
            let reopening = value.reopen(&compromised, rules.rules(), now);
            match reopening.map_err(|_| Failure::bug("a verification that is not denied is reopened"))? {
                Reopening::Unchanged => continue,
                Reopening::WasOpen => {}
                Reopening::WasVerified => {
                    after.reopened += 1;
                    changed = changed.event(reopened(value, &after));
                }
            }
            swept.push(one);
        }
        verifications::replace_swept(tx, &mut swept).await?;
        compromises::insert_leaning(tx, id, &leaning).await?;
        after.productions += compromises::count_relying(tx, &leaning).await?;
        revive_debts(tx, &swept).await?;
        compromises::replace(tx, &before, &after).await?;
        if after.finish_time.is_some() {
            changed = changed.event(NewEvent::new("compromise.swept", id.name()));
        }
        Ok(changed.fact("reopened", (after.reopened - before.value.reopened).to_string()))
    }
}

fn reopened(value: &Verification, report: &Compromise) -> NewEvent {
    NewEvent::new("verification.reopened", value.id.name())
        .of_request(value.facts.request.name())
        .fact("request", value.facts.request.name())
        .fact("compromise", report.id.name())
        .fact("state", value.state.code())
}

/// What a formal Request had settled is owed again when that is no longer believed.
async fn revive_debts(tx: &Tx, swept: &[Leaning]) -> Result<(), StoreError> {
    for Leaning { value: formal, .. } in swept {
        let Some(emergency) = formal.facts.settles() else { continue };
        let Some(owing) = verifications::of_request(tx, emergency).await? else { continue };
        let mut revived: Stored<Verification> = owing.clone();
        if revived.value.revive_debt(formal.facts.request) {
            verifications::replace(tx, &owing, &revived.value).await?;
        }
    }
    Ok(())
}
