//! The event feed of a peer.

use std::collections::BTreeMap;

use rogatory_chassis::{CallContext, Failure, PeerChannel};
use rogatory_proto::rogatory::events::v1::{self as wire, event_service_client::EventServiceClient};
use tonic::Streaming;

/// The feed of one peer.
#[derive(Debug, Clone)]
pub struct Feed {
    peer: &'static str,
    channel: PeerChannel,
    kinds: &'static [&'static str],
}

/// What a peer told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Cursor after it.
    pub cursor: String,
    /// What happened.
    pub kind: String,
    /// Resource name of what it happened to.
    pub subject: String,
    /// Resource name of the request; empty where there is none.
    pub request: String,
    /// Who did it.
    pub actor: String,
    /// Correlation id of the call that did it.
    pub correlation_id: String,
    /// Short facts.
    pub facts: BTreeMap<String, String>,
}

/// Events as they come.
#[derive(Debug)]
pub struct Events {
    feed: Feed,
    stream: Streaming<wire::Event>,
}

impl Feed {
    /// The feed of `peer`, cut down to these kinds.
    #[must_use]
    pub const fn new(peer: &'static str, channel: PeerChannel, kinds: &'static [&'static str]) -> Self {
        Self { peer, channel, kinds }
    }

    /// Name of the peer.
    #[must_use]
    pub const fn peer(&self) -> &'static str {
        self.peer
    }

    /// Opens the feed after a cursor; it stays open.
    ///
    /// # Errors
    /// What the peer answers, or that it does not.
    pub async fn open(&self, context: &CallContext, cursor: &str) -> Result<Events, Failure> {
        let kinds = self.kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let message = wire::StreamEventsRequest { cursor: cursor.to_owned(), kinds, until_now: false };
        let request = self.channel.open_request(context, message);
        let opened = EventServiceClient::new(self.channel.channel()).stream_events(request).await;
        let stream = opened.map_err(|status| self.channel.failure(&status))?.into_inner();
        Ok(Events { feed: self.clone(), stream })
    }
}

impl Events {
    /// The next event; none when the peer ended the feed.
    ///
    /// # Errors
    /// What the peer answers, or that it is gone.
    pub async fn next(&mut self) -> Result<Option<Event>, Failure> {
        let event = self.stream.message().await.map_err(|status| self.feed.channel.failure(&status))?;
        Ok(event.map(|event| Event {
            cursor: event.cursor,
            kind: event.kind,
            subject: event.subject,
            request: event.request,
            actor: event.actor,
            correlation_id: event.correlation_id,
            facts: event.facts.into_iter().collect(),
        }))
    }
}
