//! Grants in memory, so that a check costs no query.
//!
//! A grant changes once at most: it is revoked. So a copy may be kept, as long as revocations are followed. Every 250 ms
//! the database is asked which grants are revoked that would otherwise be in force. It is a question for a state and not for
//! what is new since a position, so it does not matter in which order transactions commit: whatever was committed before the
//! question was put is in the answer, on PostgreSQL as on SQLite, and what was overlooked by one question is found by the
//! next. (The event feed would not do: on PostgreSQL a transaction that stays open anywhere in the cluster holds it back.)
//!
//! Where the last question that was answered was put more than two seconds ago, the copies are not relied on: each check
//! reads its grant from the database, and fails when that does.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use rogatory_chassis::{Clock, Failure};
use rogatory_names::GrantId;
use rogatory_store::{Store, StoreError};

use crate::{
    domain::{
        grant::{Grant, State},
        token::Token,
    },
    store::grants,
};

/// How often revocations are looked for.
const INTERVAL: Duration = Duration::from_millis(250);
/// How old the last look may be before the copies are not relied on.
const STALE: Duration = Duration::from_secs(2);
/// The most grants that are read at the start; the others are read when they are asked for.
const MOST_AT_START: u64 = 10_000;
/// The most permissions that are held, a grant counted as one more: some hundred bytes each.
const MOST_HELD: usize = 200_000;

/// The grants in memory. Cheap to clone; the clones are one.
#[derive(Clone)]
pub(crate) struct GrantBook(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    pages: RwLock<Pages>,
    /// From when `followed` counts.
    origin: Instant,
    /// When the last look that was answered began, in microseconds.
    followed: AtomicU64,
}

impl fmt::Debug for GrantBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrantBook").field("followed", &self.0.followed).finish_non_exhaustive()
    }
}

impl GrantBook {
    /// Reads what is in force.
    ///
    /// # Errors
    /// The store's own.
    pub(crate) async fn load(store: &Store, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let book = Self(Arc::new(Inner {
            store: store.clone(),
            pages: RwLock::default(),
            origin: Instant::now(),
            followed: AtomicU64::new(0),
            clock,
        }));
        for grant in grants::in_force(store.read(), book.0.clock.now(), MOST_AT_START).await? {
            book.keep(grant);
        }
        book.look().await?;
        Ok(book)
    }

    /// The grant, as it was at most two seconds ago, without its token. Of one that was revoked elsewhere it is not known by
    /// whom: this is for checks.
    ///
    /// # Errors
    /// When there is none, or it must be read and the database does not answer.
    pub(crate) async fn grant(&self, id: GrantId) -> Result<Arc<Grant>, Failure> {
        if self.is_fresh() {
            let known = self.0.pages.read().unwrap_or_else(PoisonError::into_inner).grants.get(&id).cloned();
            if let Some(grant) = known {
                return Ok(grant);
            }
        }
        let found = grants::get(self.0.store.read(), id).await?.ok_or_else(|| Failure::not_found(id.name()))?;
        Ok(self.keep(found.value))
    }

    /// Takes a grant in as it was read, or as it was changed and committed.
    pub(crate) fn keep(&self, grant: Grant) -> Arc<Grant> {
        self.0.pages.write().unwrap_or_else(PoisonError::into_inner).keep(grant)
    }

    /// Follows revocations for as long as it is polled. Failures are logged and tried again.
    pub(crate) async fn follow(self) {
        let mut failing = false;
        loop {
            tokio::time::sleep(INTERVAL).await;
            match self.look().await {
                Ok(()) => {
                    if failing {
                        tracing::info!("revocations of grants are followed again");
                    }
                    failing = false;
                }
                Err(error) => {
                    // Once for each outage, not four times a second.
                    if !failing {
                        tracing::error!(%error, "revocations of grants cannot be followed; checks read the database");
                    }
                    failing = true;
                }
            }
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        // Before the question: what is committed from now on may be missing from the answer.
        let began = self.0.origin.elapsed();
        let now = self.0.clock.now();
        let revoked = grants::revoked(self.0.store.read(), now).await?;
        self.0.pages.write().unwrap_or_else(PoisonError::into_inner).revoke(&revoked, now);
        self.0.followed.store(u64::try_from(began.as_micros()).unwrap_or(u64::MAX), Ordering::Release);
        Ok(())
    }

    fn is_fresh(&self) -> bool {
        let followed = Duration::from_micros(self.0.followed.load(Ordering::Acquire));
        self.0.origin.elapsed().saturating_sub(followed) <= STALE
    }
}

#[derive(Default)]
struct Pages {
    grants: HashMap<GrantId, Arc<Grant>>,
    /// The same by the time at which they end.
    by_end: BTreeSet<(DateTime<Utc>, GrantId)>,
    /// How many permissions they have, each grant counted as one more.
    held: usize,
    /// What was revoked, until the time at which it would have ended: a copy that was read before and comes in late must not
    /// bring it back.
    revoked: HashMap<GrantId, DateTime<Utc>>,
}

impl Pages {
    fn keep(&mut self, mut grant: Grant) -> Arc<Grant> {
        grant.token = Token::default();
        match grant.state {
            State::Revoked => {
                self.revoked.insert(grant.id, grant.expire_time);
            }
            State::Active if self.revoked.contains_key(&grant.id) => grant.state = State::Revoked,
            State::Active => {}
        }
        let grant = Arc::new(grant);
        self.drop(grant.id);
        self.held += weight(&grant);
        self.by_end.insert((grant.expire_time, grant.id));
        self.grants.insert(grant.id, Arc::clone(&grant));
        while self.held > MOST_HELD {
            let Some((_, first)) = self.by_end.first().copied() else { break };
            self.drop(first);
        }
        grant
    }

    fn revoke(&mut self, revoked: &[(GrantId, DateTime<Utc>)], now: DateTime<Utc>) {
        self.revoked.retain(|_, end| *end > now);
        for (id, end) in revoked {
            self.revoked.insert(*id, *end);
            if let Some(known) = self.grants.get_mut(id).filter(|known| known.state == State::Active) {
                Arc::make_mut(known).state = State::Revoked;
            }
        }
    }

    fn drop(&mut self, id: GrantId) {
        if let Some(grant) = self.grants.remove(&id) {
            self.held -= weight(&grant);
            self.by_end.remove(&(grant.expire_time, id));
        }
    }
}

fn weight(grant: &Grant) -> usize {
    1 + grant.permissions.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use rogatory_chassis::FakeClock;
    use rogatory_names::{DecisionId, RequestId};
    use rogatory_store::migrate;
    use rogatory_testkit::TestDatabase;

    use super::*;
    use crate::{domain::grant::Permission, store::migrations};

    fn day(day: u64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::Days::new(day)
    }

    fn grant(end: DateTime<Utc>, permissions: usize) -> Grant {
        let permission = Permission {
            item_id: "item-1".to_owned(),
            target_id: "target-1".to_owned(),
            element: "orders".to_owned(),
            window: None,
            storage: vec!["SG".parse().unwrap()],
        };
        Grant {
            id: GrantId::new(),
            decision: DecisionId::new(),
            request: RequestId::new(),
            state: State::Active,
            permissions: vec![permission; permissions],
            purpose: "A test.".to_owned(),
            create_time: day(0),
            expire_time: end,
            revocation: None,
            token: Token::default(),
        }
    }

    #[test]
    fn a_copy_that_comes_in_late_does_not_bring_a_revoked_grant_back() {
        let mut pages = Pages::default();
        let late = grant(day(30), 1);
        assert_eq!(pages.keep(late.clone()).state, State::Active);
        pages.revoke(&[(late.id, late.expire_time)], day(1));
        assert_eq!(pages.grants[&late.id].state, State::Revoked);
        assert_eq!(pages.keep(late.clone()).state, State::Revoked);
        // An answer to a question that was put before the revocation does not know of it.
        pages.revoke(&[], day(1));
        assert_eq!(pages.keep(late.clone()).state, State::Revoked);
        assert_eq!(pages.grants[&late.id].state, State::Revoked);
        // Made here, and kept as it was committed.
        let other = grant(day(30), 1);
        pages.keep(Grant { state: State::Revoked, ..other.clone() });
        pages.revoke(&[], day(1));
        assert_eq!(pages.keep(other).state, State::Revoked);
        // They have ended by themselves.
        pages.revoke(&[], day(30));
        assert!(pages.revoked.is_empty());
        assert!(!pages.keep(late).is_in_force(day(30)));
    }

    #[tokio::test]
    async fn a_check_costs_no_query_while_revocations_are_followed() {
        let database = TestDatabase::sqlite();
        let store = database.connect().await;
        migrate(&store, migrations).await.unwrap();
        let book = GrantBook::load(&store, FakeClock::at(day(1))).await.unwrap();
        let known = book.keep(grant(day(30), 1));
        let unknown = book.grant(GrantId::new()).await.unwrap_err();
        assert!(matches!(unknown, Failure::NotFound { .. }), "{unknown:?}");

        store.close().await.unwrap();
        let later = Instant::now() - STALE / 2;
        let at = |origin| {
            let pages = RwLock::new(Pages::default());
            let book = Inner { store: store.clone(), clock: FakeClock::at(day(1)), pages, origin, followed: 0.into() };
            GrantBook(Arc::new(book))
        };
        let fresh = at(later);
        fresh.keep(Grant::clone(&known));
        assert_eq!(fresh.grant(known.id).await.unwrap(), known);
        let missed = fresh.grant(GrantId::new()).await.unwrap_err();
        assert!(matches!(missed, Failure::DependencyDown { .. }), "{missed:?}");
        // Looked for the last time too long ago: what is in memory does not count.
        let stale = at(later - STALE);
        stale.keep(Grant::clone(&known));
        let failed = stale.grant(known.id).await.unwrap_err();
        assert!(matches!(failed, Failure::DependencyDown { .. }), "{failed:?}");
    }

    #[test]
    fn of_more_than_can_be_held_those_that_end_first_go_first() {
        let mut pages = Pages::default();
        let ends = [3, 1, 2].map(|end| grant(day(end), MOST_HELD / 3));
        for one in &ends {
            pages.keep(one.clone());
        }
        let held: Vec<_> = pages.by_end.iter().map(|(end, _)| *end).collect();
        assert_eq!(held, [day(2), day(3)]);
        assert_eq!(pages.held, 2 * (MOST_HELD / 3 + 1));
        pages.keep(ends[0].clone());
        assert_eq!(pages.held, 2 * (MOST_HELD / 3 + 1), "not counted twice");
        pages.keep(grant(day(9), MOST_HELD + 1));
        assert_eq!((pages.held, pages.grants.len()), (0, 0));
    }
}
