//! A service as its library hands it over: what it answers, where it stores, what works beside the calls.

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use futures::FutureExt as _;
use http::{Request, Response};
use rogatory_store::Store;
use tokio_util::sync::CancellationToken;
use tonic::{body::Body, server::NamedService, service::Routes};
use tower::Service as TowerService;

/// Pause before a worker that panicked is started again; it doubles up to a minute.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

type Work = Arc<dyn Fn(CancellationToken) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What a service answers, where it stores, and what works beside the calls.
#[derive(Debug)]
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) store: Store,
    pub(crate) routes: Routes,
    pub(crate) mounted: Vec<&'static str>,
    pub(crate) workers: Vec<Worker>,
}

impl Service {
    /// A service with nothing mounted yet. `name` is its area: `intake`.
    #[must_use]
    pub fn new(name: &'static str, store: Store) -> Self {
        Self { name, store, routes: Routes::default(), mounted: Vec::new(), workers: Vec::new() }
    }

    /// Mounts a generated server.
    #[must_use]
    pub fn mount<S>(mut self, server: S) -> Self
    where
        S: TowerService<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(server);
        self.mounted.push(S::NAME);
        self
    }

    /// Adds work that runs beside the calls until the server drains. It gets a token that says when to stop.
    #[must_use]
    pub fn work<F>(mut self, name: &'static str, work: impl Fn(CancellationToken) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.workers.push(Worker { name, work: Arc::new(move |stop| Box::pin(work(stop))) });
        self
    }
}

/// Work that runs beside the calls.
#[derive(Clone)]
pub(crate) struct Worker {
    name: &'static str,
    work: Work,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Worker {
    /// Runs until `stop`. A worker that panics is logged and started again after a pause: it must not take the service
    /// with it, and must not stay away.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        while !stop.is_cancelled() {
            // The call of the closure is inside too: it may panic before there is a future.
            let work = async { (self.work)(stop.clone()).await };
            match std::panic::AssertUnwindSafe(work).catch_unwind().await {
                Ok(()) => return,
                Err(_) => tracing::error!(worker = self.name, "the worker panicked and is started again"),
            }
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(60));
        }
    }
}
