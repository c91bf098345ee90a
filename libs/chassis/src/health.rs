//! Health that follows the database for the life of the process.

use std::time::Duration;

use rogatory_store::Store;
use tokio_util::sync::CancellationToken;
use tonic_health::{ServingStatus, server::HealthReporter};

/// How often the database is asked, and how long it may take to answer.
const INTERVAL: Duration = Duration::from_secs(1);

/// Reports SERVING while the database answers, under the name of each mounted service and under the empty name; and
/// NOT_SERVING from the moment at which `drain` begins.
pub(crate) async fn follow(reporter: HealthReporter, names: Vec<&'static str>, store: Store, drain: CancellationToken) {
    let mut before = None;
    loop {
        let well = matches!(tokio::time::timeout(INTERVAL, store.ping()).await, Ok(Ok(())));
        let serving = well && !drain.is_cancelled();
        if before != Some(serving) {
            let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
            for name in names.iter().chain([&""]) {
                reporter.set_service_status(*name, status).await;
            }
            match (before, serving) {
                (_, true) => tracing::info!("serving"),
                (_, false) if drain.is_cancelled() => tracing::info!("not serving: draining"),
                (_, false) => tracing::error!("not serving: the database does not answer"),
            }
            before = Some(serving);
        }
        if drain.is_cancelled() {
            return;
        }
        drain.run_until_cancelled(tokio::time::sleep(INTERVAL)).await;
    }
}
