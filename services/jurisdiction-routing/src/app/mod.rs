//! One file per use case.

mod close_plan;
mod compare_guide_revisions;
mod get_plan;
mod plan_route;
mod replay_plan;
mod resolve_contact;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rogatory_chassis::{Clock, Failure, revision_desk::RevisionDesk};
use rogatory_rulebook::Published;
use rogatory_store::{Store, revisions::LiveHistory};

use crate::domain::{guide::Guide, treaties::Treaties};

pub use compare_guide_revisions::{ChangedPlan, CompareGuideRevisions, Comparison};
pub use plan_route::{PlanRoute, Planned};
pub use replay_plan::Replayed;
pub use resolve_contact::Resolved;

/// Version of the program, for the provenance of what it decides.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The desk at which guides are drafted and published.
pub type Guides = RevisionDesk<Guide>;

/// What the use cases work on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    store: Store,
    guides: LiveHistory<Guide>,
    treaties: Arc<Treaties>,
    clock: Arc<dyn Clock>,
}

impl App {
    /// Over a database, the guides published in it, and the treaty data.
    #[must_use]
    pub fn new(store: Store, guides: LiveHistory<Guide>, treaties: Treaties, clock: Arc<dyn Clock>) -> Self {
        Self { store, guides, treaties: Arc::new(treaties), clock }
    }

    /// The time, for a stream that outlives the moment in which it was opened.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The guide of a platform that was in force at a time. Reads memory.
    ///
    /// # Errors
    /// [`Failure::NoRevisionInForce`] when there was none, [`Failure::RevisionUnusable`] when this version cannot use it.
    pub async fn guide(&self, platform: &str, at: DateTime<Utc>) -> Result<Arc<Published<Guide>>, Failure> {
        self.guides
            .in_force(platform, at)
            .await?
            .ok_or_else(|| Failure::NoRevisionInForce { document: platform.to_owned() })
    }
}
