//! Health that follows the database for the life of the process.

use std::time::Duration;

use rogatory_store::Store;
use tokio_util::sync::CancellationToken;
use tonic_health::{ServingStatus, server::HealthReporter};

/// How often the database is asked, and how long it may take to answer.
const INTERVAL: Duration = Duration::from_secs(1);

/// Says under the name of each mounted service, and under the empty name, whether the server serves.
#[derive(Debug)]
pub(crate) struct Health {
    reporter: HealthReporter,
    names: Vec<&'static str>,
    store: Store,
    serving: Option<bool>,
}

impl Health {
    /// Asks the database before anybody can ask the server.
    pub(crate) async fn new(reporter: HealthReporter, mut names: Vec<&'static str>, store: Store) -> Self {
        names.push("");
        let mut health = Self { reporter, names, store, serving: None };
        let well = health.well().await;
        health.say(well, false).await;
        health
    }

    /// SERVING while the database answers, NOT_SERVING from the moment of `stop`. At `drain` those who watch are let go,
    /// for a watch that never ends would keep its connection open.
    pub(crate) async fn follow(&mut self, stop: CancellationToken, drain: CancellationToken) {
        let asked = async |health: &Self| {
            tokio::time::sleep(INTERVAL).await;
            health.well().await
        };
        while let Some(well) = stop.run_until_cancelled(asked(self)).await {
            self.say(well, false).await;
        }
        self.say(false, true).await;
        drain.cancelled().await;
        for name in &self.names {
            self.reporter.clear_service_status(name).await;
        }
    }

    async fn well(&self) -> bool {
        matches!(tokio::time::timeout(INTERVAL, self.store.ping()).await, Ok(Ok(())))
    }

    async fn say(&mut self, serving: bool, stopping: bool) {
        if self.serving == Some(serving) {
            return;
        }
        self.serving = Some(serving);
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in &self.names {
            self.reporter.set_service_status(*name, status).await;
        }
        match (serving, stopping) {
            (true, _) => tracing::info!("serving"),
            (false, true) => tracing::info!("not serving: draining"),
            (false, false) => tracing::error!("not serving: the database does not answer"),
        }
    }
}
