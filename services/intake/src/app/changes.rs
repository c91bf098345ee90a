//! Tells those who wait in this process of what was committed. Who waits in another process finds out by looking.

use std::sync::Arc;

use rogatory_names::RequestId;
use tokio::sync::{Notify, broadcast};

/// How many changes a slow watcher may fall behind before it has to look for itself.
const BEHIND: usize = 1024;

/// Tells of changes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    requests: broadcast::Sender<RequestId>,
    docket: Arc<Notify>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { requests: broadcast::Sender::new(BEHIND), docket: Arc::default() }
    }
}

impl Changes {
    /// A request was changed.
    pub fn request(&self, id: RequestId) {
        // Nobody may be listening, and that is no fault.
        let _ = self.requests.send(id);
    }

    /// The docket has work.
    pub fn work(&self) {
        self.docket.notify_one();
    }

    /// The requests that change from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<RequestId> {
        self.requests.subscribe()
    }

    /// Waits until the docket has work that was not there before.
    pub async fn has_work(&self) {
        self.docket.notified().await;
    }
}
