//! The event feed over gRPC, the same in every service.

use std::pin::Pin;

use futures::Stream;
use rogatory_proto::rogatory::events::v1::{Event, StreamEventsRequest, event_service_server::EventService};
use rogatory_store::{
    Store, StoreError,
    feed::{self, Follower, StoredEvent},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{convert, failure::Failure};

/// Events read from the database at once.
const PAGE: u64 = 200;
/// Kinds that one caller may ask for.
const MOST_KINDS: usize = 100;

/// Serves the feed of one store.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    pub(crate) store: Store,
    pub(crate) drain: CancellationToken,
}

#[tonic::async_trait]
impl EventService for Events {
    type StreamEventsStream = Pin<Box<dyn Stream<Item = Result<Event, Status>> + Send>>;

    async fn stream_events(
        &self,
        request: Request<StreamEventsRequest>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let StreamEventsRequest { cursor, kinds, until_now } = request.into_inner();
        if kinds.len() > MOST_KINDS {
            return Err(Failure::field("kinds", format!("at most {MOST_KINDS}")).into());
        }
        let follower = Follower::new(&self.store, cursor, kinds).await.map_err(failure)?;
        if until_now {
            feed::settle(&self.store).await.map_err(failure)?;
        }
        // A small buffer: a reader that does not keep up holds the reading back, and no memory is spent on it.
        let (sender, receiver) = mpsc::channel(16);
        let drain = self.drain.clone();
        tokio::spawn(async move {
            if drain.run_until_cancelled(pump(follower, until_now, sender.clone())).await.is_none() {
                // A feed that was cut short must not look like one that has no more.
                let _ = sender.send(Err(Failure::DependencyDown { dependency: "server".to_owned() }.into())).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// Sends what the feed has until the reader leaves; with `until_now`, until there is no more.
async fn pump(mut follower: Follower, until_now: bool, sender: mpsc::Sender<Result<Event, Status>>) {
    loop {
        let page = tokio::select! {
            () = sender.closed() => return,
            page = async { if until_now { follower.ready(PAGE).await } else { follower.next(PAGE).await } } => page,
        };
        match page {
            Ok(page) if page.is_empty() && until_now => return,
            Ok(page) => {
                for event in page {
                    if sender.send(Ok(wire(event))).await.is_err() {
                        return;
                    }
                }
            }
            Err(error) => {
                // The reader resumes from its cursor; nothing is lost.
                let _ = sender.send(Err(failure(error).into())).await;
                return;
            }
        }
    }
}

fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::TokenMismatch(_) => Failure::TokenMismatch { field: "cursor".to_owned() },
        other => other.into(),
    }
}

fn wire(event: StoredEvent) -> Event {
    Event {
        name: event.id.name(),
        cursor: event.cursor,
        kind: event.kind,
        subject: event.subject,
        request: event.request.unwrap_or_default(),
        event_time: Some(convert::timestamp(event.time)),
        correlation_id: event.correlation_id,
        actor: event.actor,
        facts: event.facts.into_iter().collect(),
    }
}
