//! Follows the event feeds of the peers. An event is never acted on here: it leaves a step in the docket, in the same
//! transaction that moves the cursor past it, so that each event has its effect once, however often it is delivered and
//! however many replicas follow.

use std::{sync::Arc, time::Duration};

use rogatory_chassis::{CallContext, Clock, Failure};
use rogatory_names::{DecisionId, GrantId, ProductionId, QuoteId, RequestId, VerificationId};
use rogatory_store::StoreError;

use super::{
    App,
    peers::feed::{Event, Feed},
};
use crate::{
    domain::docket::Work,
    store::{docket, feed_cursors, requests},
};

/// Follows the feed of one peer.
#[derive(Debug, Clone)]
pub struct Follower {
    app: App,
    feed: Feed,
    clock: Arc<dyn Clock>,
    pause: Duration,
}

impl Follower {
    /// Over the use cases and the feed; after a failure it pauses before it connects again.
    #[must_use]
    pub fn new(app: App, feed: Feed, clock: Arc<dyn Clock>, pause: Duration) -> Self {
        Self { app, feed, clock, pause }
    }

    /// Follows until it is dropped.
    pub async fn run(&self) {
        loop {
            if let Err(failure) = self.follow().await {
                tracing::warn!(peer = self.feed.peer(), failure = failure.for_operator(), "the feed broke off");
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    /// Follows from where the cursor stands, until the feed ends or another replica is ahead.
    async fn follow(&self) -> Result<(), Failure> {
        let peer = self.feed.peer();
        let mut cursor = feed_cursors::get(self.app.store.read(), peer).await?;
        let context = CallContext::for_worker("feed", self.clock.now(), Duration::MAX / 4);
        let mut events = self.feed.open(&context, &cursor).await?;
        while let Some(event) = events.next().await? {
            if !self.app.note_event(peer, &cursor, &event, self.clock.now()).await? {
                tracing::debug!(peer, "another replica is ahead");
                return Ok(());
            }
            cursor = event.cursor;
        }
        Ok(())
    }
}

impl App {
    /// Moves the cursor past an event and leaves its work in the docket. Answers whether the cursor stood where it was
    /// thought to; if not, nothing was done.
    ///
    /// # Errors
    /// The store's.
    pub async fn note_event(
        &self,
        peer: &str,
        cursor: &str,
        event: &Event,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<bool, StoreError> {
        let work = RequestId::parse_name(&event.request).ok().zip(work_of(event));
        let moved = self
            .store
            .transaction("feed: note event", async |tx| {
                if !feed_cursors::advance(tx, peer, cursor, &event.cursor).await? {
                    return Ok(false);
                }
                if let Some((request, work)) = &work {
                    // The peer may serve requests of another intake, or of a database that was restored.
                    if requests::version(tx, *request).await?.is_some() {
                        docket::add(tx, *request, std::slice::from_ref(work), &event.correlation_id, now).await?;
                    }
                }
                Ok::<_, StoreError>(true)
            })
            .await?;
        if moved && work.is_some() {
            self.changes.work();
        }
        Ok(moved)
    }
}

/// What an event gives to do; nothing for an event that intake has no use for.
fn work_of(event: &Event) -> Option<Work> {
    let actor = event.actor.clone();
    match event.kind.as_str() {
        "verification.concluded" | "verification.reopened" => {
            Some(Work::SettleVerification { verification: VerificationId::parse_name(&event.subject).ok()?, actor })
        }
        "decision.approved" | "decision.rejected" => settle_decision(event, actor),
        // The first of a request intake has proposed itself; of one that takes up what was held it hears by this event alone.
        "decision.proposed" if event.facts.contains_key("predecessor") => settle_decision(event, actor),
        "production.recorded" => Some(Work::SettleProduction {
            production: ProductionId::parse_name(&event.subject).ok()?,
            grant: GrantId::parse_name(event.facts.get("grant")?).ok()?,
            no_data: event.facts.get("no_data").is_some_and(|fact| fact == "true"),
            actor,
        }),
        "grant.revoked" => Some(Work::SettleRevocation { grant: GrantId::parse_name(&event.subject).ok()?, actor }),
        "quote.answered" => Some(Work::SettleQuote { quote: QuoteId::parse_name(&event.subject).ok()?, actor }),
        _ => None,
    }
}

fn settle_decision(event: &Event, actor: String) -> Option<Work> {
    Some(Work::SettleDecision { decision: DecisionId::parse_name(&event.subject).ok()?, actor })
}
