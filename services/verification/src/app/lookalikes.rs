//! The registered domains in memory, sorted for the search of those that a sender's is made to resemble. The registry counts
//! its changes: before each search the count is compared, and what is new is read. No search misses a domain that was
//! registered before it, on whichever replica.

use rogatory_store::StoreError;
use tokio::sync::RwLock;

use crate::{
    domain::{lookalike::Registered, rules::Lookalike},
    store::{
        Reading,
        agencies::{Mark, domains_entered, mark},
    },
};

/// The registered domains of one process.
#[derive(Debug, Default)]
pub(super) struct Lookalikes {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The change of the registry up to which they were read.
    version: i64,
    domains: Registered,
}

impl Lookalikes {
    /// A registered domain that `sender` is made to resemble.
    pub(super) async fn resembled_by(
        &self,
        from: &impl Reading,
        sender: &str,
        rule: &Lookalike,
    ) -> Result<Option<String>, StoreError> {
        let now = mark(from).await?;
        let known = self.known.read().await;
        if known.version >= now.version {
            return Ok(known.domains.resembled_by(sender, rule).map(str::to_owned));
        }
        drop(known);
        let mut known = self.known.write().await;
        if known.version < now.version {
            known.catch_up(from, now).await?;
        }
        Ok(known.domains.resembled_by(sender, rule).map(str::to_owned))
    }

    /// Reads what is registered, so that the first search need not.
    pub(super) async fn read(&self, from: &impl Reading) -> Result<(), StoreError> {
        let now = mark(from).await?;
        self.known.write().await.catch_up(from, now).await
    }
}

impl Known {
    async fn catch_up(&mut self, from: &impl Reading, now: Mark) -> Result<(), StoreError> {
        if self.version < now.reread {
            let all = domains_entered(from, 0, now.version).await?;
            self.domains = Registered::default();
            all.iter().for_each(|domain| self.domains.add(domain));
        } else {
            let new = domains_entered(from, self.version, now.version).await?;
            new.iter().for_each(|domain| self.domains.add(domain));
        }
        self.version = now.version;
        Ok(())
    }
}
