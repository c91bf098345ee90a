//! What would change if one revision of a guide took the place of another.

use std::sync::Arc;

use rogatory_chassis::{CallContext, Failure, FieldFaults};
use rogatory_names::{PlanId, RequestId};
use rogatory_rulebook::{RevisionUnusable, Rules as _, UnusableCause};
use rogatory_store::{FilterDigest, PageToken, TokenMismatch, revisions};

use super::App;
use crate::{
    domain::{
        compare::{GuideDifference, PlanChange, compare_guides, compare_plan},
        guide::Guide,
        plan::Plan,
        treaties::Treaties,
    },
    store,
};

/// As many plans are read and decided at once: a page may have more.
const AT_ONCE: usize = 100;
/// When as many targets are told of, the page ends: an answer must fit into a message.
const MOST_TOLD: usize = 10_000;

/// Which revisions to compare, over which of the stored plans.
#[derive(Debug, Clone)]
pub struct CompareGuideRevisions {
    /// Name of the revision before.
    pub base: String,
    /// Name of the revision after.
    pub revision: String,
    /// How many plans to compare.
    pub page_size: usize,
    /// Token of the page.
    pub page_token: String,
}

/// How they differ.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Between the revisions; none on a later page.
    pub guides: Option<GuideDifference>,
    /// The plans that come out differently.
    pub plans: Vec<ChangedPlan>,
    /// How many were compared.
    pub compared: usize,
    /// Token of the next page; empty on the last.
    pub next_page_token: String,
}

/// A stored plan that comes out differently.
#[derive(Debug, Clone)]
pub struct ChangedPlan {
    /// The plan.
    pub id: PlanId,
    /// The request that it is of.
    pub request: RequestId,
    /// How it comes out.
    pub change: PlanChange,
}

impl App {
    /// Compares two revisions of one guide, and the plans of open requests by both.
    ///
    /// # Errors
    /// [`Failure::Invalid`] when they are not of one document; [`Failure::NotFound`], [`Failure::TokenMismatch`]; the
    /// store's.
    pub async fn compare_guide_revisions(
        &self,
        context: &CallContext,
        ask: &CompareGuideRevisions,
    ) -> Result<Comparison, Failure> {
        let filter = FilterDigest::of(context.method, &[&ask.base, &ask.revision]);
        let mismatch = |_| Failure::TokenMismatch { field: "page_token".to_owned() };
        let token = PageToken::decode(&ask.page_token, filter).map_err(mismatch)?;
        let first = token.is_none();
        let id = |token: PageToken| token.after.parse::<PlanId>().map_err(|_| mismatch(TokenMismatch));
        let mut after = token.map(id).transpose()?;

        let (before, later) = (self.revision(&ask.base).await?, self.revision(&ask.revision).await?);
        if before.document() != later.document() {
            let mut faults = FieldFaults::new();
            for field in ["base_revision", "revision"] {
                faults.add(field, "is not of the same document as the other: guides of two platforms are not compared");
            }
            return Err(faults.into());
        }
        let guides = first.then(|| compare_guides(&before, &later));
        let (mut plans, mut compared, mut left, mut told) = (Vec::new(), 0, ask.page_size, 0);
        while left > 0 && told < MOST_TOLD {
            let chunk = store::plan::open(self.store.read(), before.document(), after, left.min(AT_ONCE)).await?;
            if chunk.is_empty() {
                break;
            }
            // Deciding is work for a processor, not for those who wait for the network.
            let (before, later, treaties) = (Arc::clone(&before), Arc::clone(&later), Arc::clone(&self.treaties));
            let decide = move || Compared::of(&before, &later, &treaties, chunk, MOST_TOLD - told);
            let done = tokio::task::spawn_blocking(decide).await.map_err(Failure::internal)?;
            after = done.last.or(after);
            (compared, left, told) = (compared + done.plans, left - done.plans, told + done.told);
            plans.extend(done.changed);
        }
        let next = match after {
            // After a page that was not full there is nothing; after a full one the store knows.
            Some(last) if left == 0 || told >= MOST_TOLD => {
                let further = store::plan::open(self.store.read(), before.document(), Some(last), 1).await?;
                further.first().map(|_| PageToken::after(last.to_string()).encode(filter))
            }
            _ => None,
        };
        Ok(Comparison { guides, plans, compared, next_page_token: next.unwrap_or_default() })
    }

    /// A revision, draft or published.
    async fn revision(&self, name: &str) -> Result<Arc<Guide>, Failure> {
        let revision = revisions::get::<Guide>(self.store.read(), name).await?;
        let revision = revision.ok_or_else(|| Failure::not_found(name))?;
        let guide = Guide::parse(&revision.text).map_err(|faults| RevisionUnusable {
            name: revision.name,
            document: revision.document,
            cause: UnusableCause::Unreadable(faults),
        });
        Ok(Arc::new(guide?))
    }
}

/// What came of a chunk of plans.
#[derive(Default)]
struct Compared {
    changed: Vec<ChangedPlan>,
    plans: usize,
    told: usize,
    last: Option<PlanId>,
}

impl Compared {
    /// Decides the plans by both guides, one after the other, until as many targets as `most` are told of.
    fn of(before: &Guide, later: &Guide, treaties: &Treaties, chunk: Vec<Plan>, most: usize) -> Self {
        let mut done = Self::default();
        for plan in chunk {
            if done.told >= most {
                break;
            }
            done.plans += 1;
            done.last = Some(plan.id);
            if let Some(change) = compare_plan(before, later, treaties, &plan.decision) {
                // A plan that changes without a target is told of too.
                done.told += change.targets.len().max(1);
                done.changed.push(ChangedPlan { id: plan.id, request: plan.decision.request, change });
            }
        }
        done
    }
}
