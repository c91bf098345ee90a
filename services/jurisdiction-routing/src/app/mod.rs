//! One file per use case.

mod plan_route;
mod resolve_contact;

use std::sync::Arc;

use rogatory_chassis::{Failure, revision_desk::RevisionDesk};
use rogatory_rulebook::Published;
use rogatory_store::{Store, revisions::LiveHistory};

use crate::domain::{guide::Guide, treaties::Treaties};

pub use plan_route::PlanRoute;
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
}

impl App {
    /// Over a database, the guides published in it, and the treaty data.
    #[must_use]
    pub fn new(store: Store, guides: LiveHistory<Guide>, treaties: Treaties) -> Self {
        Self { store, guides, treaties: Arc::new(treaties) }
    }

    /// The guide of a platform that was in force at a time. Reads memory.
    fn guide(&self, platform: &str, at: chrono::DateTime<chrono::Utc>) -> Result<Arc<Published<Guide>>, Failure> {
        let history = self.guides.current();
        let guide = history.in_force(platform, at).map(Arc::clone);
        guide.ok_or_else(|| Failure::NoRevisionInForce { document: platform.to_owned() })
    }
}
