//! ComparePolicyRevisions: what would change if one revision of a policy took the place of another.

use std::sync::Arc;

use rogatory_chassis::{CallContext, Failure, FieldFaults};
use rogatory_names::{DecisionId, RequestId};
use rogatory_rulebook::Rules as _;
use rogatory_store::{FilterDigest, PageToken};

use super::{
    policy_revisions::{PolicyRevisions, policy, time_for_proof},
    prover::Equivalence,
};
use crate::{
    domain::{
        compare::{DecisionChange, compare_decision, different_parts},
        decision::Decision,
        policy::Policy,
    },
    store::{Listing, decisions},
};

/// As many decisions are read and made again at once: a page may have more.
const AT_ONCE: usize = 100;
/// When as many items are told of, the page ends: an answer must fit into a message.
const MOST_TOLD: usize = 10_000;

/// Which revisions to compare, over which of the stored decisions.
#[derive(Debug, Clone)]
pub(crate) struct ComparePolicyRevisions {
    /// Name of the revision before.
    pub(crate) base: String,
    /// Name of the revision after.
    pub(crate) revision: String,
    /// How many decisions to compare.
    pub(crate) page_size: usize,
    /// Token of the page.
    pub(crate) page_token: String,
}

/// How they differ.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    /// Between the revisions; none on a later page.
    pub(crate) policies: Option<PolicyDifference>,
    /// The decisions that come out differently.
    pub(crate) decisions: Vec<ChangedDecision>,
    /// How many were compared.
    pub(crate) compared: usize,
    /// Token of the next page; empty on the last.
    pub(crate) next_page_token: String,
}

/// How two policies differ.
#[derive(Debug, Clone)]
pub(crate) struct PolicyDifference {
    /// Whether the packs decide alike.
    pub(crate) equivalence: Equivalence,
    /// The parts beside the packs that differ.
    pub(crate) parts: Vec<&'static str>,
}

/// A stored decision that comes out differently.
#[derive(Debug, Clone)]
pub(crate) struct ChangedDecision {
    /// The decision.
    pub(crate) id: DecisionId,
    /// The request that it is of.
    pub(crate) request: RequestId,
    /// How it comes out.
    pub(crate) change: DecisionChange,
}

impl PolicyRevisions {
    /// Compares two revisions of one policy, and the stored decisions of its platform by both.
    pub(crate) async fn compare(
        &self,
        context: &CallContext,
        ask: &ComparePolicyRevisions,
    ) -> Result<Comparison, Failure> {
        let filter = FilterDigest::of(context.method, &[&ask.base, &ask.revision]);
        let token = PageToken::decode(&ask.page_token, filter)
            .map_err(|_| Failure::TokenMismatch { field: "page_token".to_owned() })?;
        let (before, after) = (self.revision(&ask.base).await?, self.revision(&ask.revision).await?);
        if before.document != after.document {
            let mut faults = FieldFaults::new();
            for field in ["base_revision", "revision"] {
                faults
                    .add(field, "is not of the same document as the other: policies of two platforms are not compared");
            }
            return Err(faults.into());
        }
        let (before, after) = (policy(&before)?, policy(&after)?);
        let policies = match &token {
            Some(_) => None,
            None => {
                let time = time_for_proof(context) / 2;
                let equivalence = self.prover.compare(before.packs().all(), after.packs().all(), time).await;
                Some(PolicyDifference { equivalence, parts: different_parts(&before, &after) })
            }
        };
        let mut listing = Listing { request: None, state: None, after: token.map(|token| token.after), limit: 0 };
        let (mut changed, mut compared, mut told, mut more) = (Vec::new(), 0, 0, true);
        while more && compared < ask.page_size && told < MOST_TOLD {
            let room = (ask.page_size - compared).min(AT_ONCE);
            listing.limit = u64::try_from(room).unwrap_or(u64::MAX);
            let rows = decisions::list(self.store.read(), &listing).await?;
            more = rows.len() == room;
            let chunk: Vec<Decision> = rows.into_iter().map(|row| row.value).collect();
            // Deciding is work for a processor, not for those who wait for the network.
            let (before, after) = (Arc::clone(&before), Arc::clone(&after));
            let decide = move || Compared::of(&before, &after, chunk, MOST_TOLD - told);
            let done = tokio::task::spawn_blocking(decide).await.map_err(Failure::internal)?;
            more |= !done.whole;
            listing.after = done.last.map(|id| id.to_string()).or(listing.after);
            (compared, told) = (compared + done.decisions, told + done.told);
            changed.extend(done.changed);
        }
        let last = listing.after.clone().filter(|_| more);
        let next = match last {
            Some(last) => {
                listing.limit = 1;
                let further = decisions::list(self.store.read(), &listing).await?;
                further.first().map(|_| PageToken::after(last).encode(filter))
            }
            None => None,
        };
        Ok(Comparison { policies, decisions: changed, compared, next_page_token: next.unwrap_or_default() })
    }
}

/// What came of a chunk of decisions.
struct Compared {
    changed: Vec<ChangedDecision>,
    decisions: usize,
    told: usize,
    last: Option<DecisionId>,
    /// Whether all of the chunk was looked at.
    whole: bool,
}

impl Compared {
    /// Makes the decisions again by both policies, one after the other, until as many items as `most` are told of. Those of
    /// other platforms are passed over.
    fn of(before: &Policy, after: &Policy, chunk: Vec<Decision>, most: usize) -> Self {
        let mut done = Self { changed: Vec::new(), decisions: 0, told: 0, last: None, whole: true };
        for decision in chunk {
            if done.told >= most {
                done.whole = false;
                break;
            }
            done.last = Some(decision.id);
            if decision.facts.platform != before.document() {
                continue;
            }
            done.decisions += 1;
            if let Some(change) = compare_decision(before, after, &decision.facts) {
                // A decision that changes without an item is told of too.
                done.told += change.items.len().max(1);
                done.changed.push(ChangedDecision { id: decision.id, request: decision.request, change });
            }
        }
        done
    }
}
