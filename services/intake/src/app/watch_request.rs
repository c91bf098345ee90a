//! A request as it is, and again after every change.

use rogatory_chassis::{CallContext, Failure};
use rogatory_names::RequestId;
use tokio::sync::{broadcast::error::RecvError, mpsc};

use super::{App, Record};
use crate::{domain::state::State, store::requests};

/// Changes that wait for a slow caller. It gets the newest when it has caught up, so few are enough.
const WAITING: usize = 4;

impl App {
    /// Sends the request, and again after every change, until it is closed or the caller leaves. A change that another
    /// replica commits is found by looking, so it may come as late as the poll.
    ///
    /// # Errors
    /// [`Failure::NotFound`], also when the caller may not know of it; the store's. Once the first was sent, a failure
    /// ends the stream.
    pub async fn watch_request(
        &self,
        context: &CallContext,
        id: RequestId,
    ) -> Result<mpsc::Receiver<Result<Record, Failure>>, Failure> {
        // Before the first look, so that nothing falls between the two.
        let mut changes = self.changes.subscribe();
        let first = self.visible_request(context, id).await?;
        let (sender, receiver) = mpsc::channel(WAITING);
        let app = self.clone();
        tokio::spawn(async move {
            let mut seen = first.version;
            let mut next = Some(first);
            loop {
                if let Some(stored) = next.take() {
                    let record = Record::read(&app.store, stored).await.map_err(Failure::from);
                    seen = record.as_ref().map_or(seen, |record| record.version);
                    let last = record.as_ref().map_or(true, |record| record.request.state == State::Closed);
                    if sender.send(record).await.is_err() || last {
                        return;
                    }
                }
                tokio::select! {
                    () = sender.closed() => return,
                    () = app.watching.cancelled() => {
                        // The request may go on; whoever watches must ask another replica.
                        let _ = sender.send(Err(Failure::DependencyDown { dependency: "intake".to_owned() })).await;
                        return;
                    }
                    () = told_of(&mut changes, id) => {}
                    () = tokio::time::sleep(app.watch_poll) => {}
                }
                match app.newer(id, seen).await {
                    Ok(newer) => next = newer,
                    Err(failure) => {
                        let _ = sender.send(Err(failure)).await;
                        return;
                    }
                }
            }
        });
        Ok(receiver)
    }

    async fn newer(&self, id: RequestId, seen: i64) -> Result<Option<requests::Stored>, Failure> {
        match requests::version(self.store.read(), id).await? {
            Some(version) if version > seen => Ok(requests::get(self.store.read(), id).await?),
            _ => Ok(None),
        }
    }
}

/// Waits until this request changed, or until so much happened that it has to be looked at.
async fn told_of(changes: &mut tokio::sync::broadcast::Receiver<RequestId>, id: RequestId) {
    loop {
        match changes.recv().await {
            Ok(changed) if changed == id => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            // The sender lives as long as the app; should it go, the poll is still there.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
