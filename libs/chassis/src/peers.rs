//! Calls to another service of the suite.
//!
//! A channel spreads its calls over the addresses that the peer's name stands for and asks DNS again from time to time,
//! for HTTP/2 would otherwise stay with the first replica it met. An address that takes no connections gets no calls; a
//! call that fails makes the channel look at once which are left. A call carries what its caller's call had: the trace,
//! the correlation id and what is left of the deadline.

use std::{
    collections::BTreeSet,
    error::Error,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use http::Uri;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tonic::{
    Code, Request, Response, Status, TimeoutExpired,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Identity},
};
use tonic_types::StatusExt as _;

use crate::{
    caller::CallContext,
    failure::{DOMAIN, Failure, Violation},
    resolver::Resolver,
};

/// Pause before the first repetition; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// No call is made more often than this.
const ATTEMPTS: u32 = 4;

/// Where a peer is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeerSettings {
    /// `https://routing.rogatory.svc:50052`; a name that stands for several addresses gets its calls spread over them.
    pub endpoint: String,
    /// The CA of the peer's certificate, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The certificate that this service shows, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_file: Option<PathBuf>,
    /// Its private key, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The name that the peer's certificate must have; by default the host of `endpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Taken off what is left of the deadline, so that the answer still travels in time.
    #[serde(with = "crate::duration")]
    pub hop_margin: Duration,
    /// A call that would have less time than this is not made: nothing useful could be done.
    #[serde(with = "crate::duration")]
    pub min_deadline: Duration,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self {
            endpoint: String::new(),
            ca_file: None,
            cert_file: None,
            key_file: None,
            server_name: None,
            hop_margin: Duration::from_millis(20),
            min_deadline: Duration::from_millis(100),
        }
    }
}

impl PeerSettings {
    /// Adds what is wrong with the settings of the peer `name`.
    pub fn check(&self, name: &str, faults: &mut Vec<String>) {
        let setting = format!("peers.{name}");
        match self.endpoint.parse::<Uri>() {
            Ok(uri) if uri.scheme_str() == Some("https") && uri.host().is_some() => {
                // The peer tells this service by its certificate: without one every call would be refused.
                let files = [("ca_file", &self.ca_file), ("cert_file", &self.cert_file), ("key_file", &self.key_file)];
                for (key, file) in files {
                    match file {
                        None => faults
                            .push(format!("{setting}.{key}: is required: services know each other by certificate")),
                        Some(path) => {
                            if let Err(error) = std::fs::File::open(path) {
                                faults.push(format!("{setting}.{key}: {}: {error}", path.display()));
                            }
                        }
                    }
                }
            }
            _ => faults.push(format!("{setting}.endpoint: write it as https://host:port")),
        }
    }
}

/// A peer that cannot be called as configured.
#[derive(Debug, thiserror::Error)]
#[error("peers.{peer}: {what}")]
pub struct PeerError {
    peer: &'static str,
    what: String,
}

/// Calls to one peer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PeerChannel {
    name: &'static str,
    channel: Channel,
    /// Told when a call found nobody.
    nobody: Arc<Notify>,
    hop_margin: Duration,
    min_deadline: Duration,
}

impl PeerChannel {
    /// A channel to the peer `name`. Connects when it is first used, so that services may start in any order.
    ///
    /// # Errors
    /// When the settings do not make a channel.
    pub fn new(name: &'static str, settings: &PeerSettings) -> Result<Self, PeerError> {
        let (host, port) = place(name, settings)?;
        let lookup = move || {
            let host = host.clone();
            async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) }
        };
        Self::resolving(name, settings, lookup)
    }

    /// A channel to the peer `name`, whose addresses `lookup` tells instead of DNS. It is asked again every few seconds.
    ///
    /// # Errors
    /// When the settings do not make a channel.
    pub fn resolving<F>(
        name: &'static str,
        settings: &PeerSettings,
        lookup: impl Fn() -> F + Send + 'static,
    ) -> Result<Self, PeerError>
    where
        F: Future<Output = io::Result<BTreeSet<SocketAddr>>> + Send + 'static,
    {
        let (host, _) = place(name, settings)?;
        let tls = tls(settings, &host).map_err(|error| PeerError { peer: name, what: error.to_string() })?;
        let (channel, changes) = Channel::balance_channel(16);
        let nobody = Arc::new(Notify::new());
        let resolver = Resolver { host, tls, changes, nobody: Arc::clone(&nobody), known: BTreeSet::new() };
        tokio::spawn(resolver.follow(lookup));
        Ok(Self { name, channel, nobody, hop_margin: settings.hop_margin, min_deadline: settings.min_deadline })
    }

    /// The channel, for a generated client.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Makes a call that may be repeated: one that reads, or a mutation that carries a `request_id`. A peer that does not
    /// answer, or whose connection is lost before it does, is asked again, with growing pauses and never past the deadline of `context`.
    ///
    /// # Errors
    /// What the peer said, kept in its kind; [`Failure::DependencyDown`] when it does not answer.
    pub async fn call<M: Clone, R>(
        &self,
        context: &CallContext,
        message: M,
        call: impl AsyncFn(Channel, Request<M>) -> Result<Response<R>, Status>,
    ) -> Result<R, Failure> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let request = self.request(context, message.clone())?;
            // The channel has a deadline for an answer, but none for a replica to send the call to: when the peer's name
            // cannot be resolved, it waits.
            let called = tokio::time::timeout_at(context.deadline.into(), call(self.channel.clone(), request));
            let status = match called.await {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(status)) => status,
                Err(_) => return Err(Failure::Deadline),
            };
            let unanswered = unanswered(&status);
            if unanswered {
                self.nobody.notify_one();
            }
            if !unanswered || attempt == ATTEMPTS || context.remaining() <= pause + self.min_deadline {
                return Err(self.failure(&status));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }

    /// A request that carries the trace, the correlation id and what is left of the deadline.
    ///
    /// # Errors
    /// [`Failure::Deadline`] when too little is left.
    fn request<M>(&self, context: &CallContext, message: M) -> Result<Request<M>, Failure> {
        let left = context.deadline.saturating_duration_since(Instant::now()).saturating_sub(self.hop_margin);
        if left < self.min_deadline {
            return Err(Failure::Deadline);
        }
        let mut request = self.open_request(context, message);
        request.set_timeout(left);
        Ok(request)
    }

    /// A request without a deadline, for a stream that stays open.
    pub fn open_request<M>(&self, context: &CallContext, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        if let Ok(id) = MetadataValue::<Ascii>::try_from(context.correlation_id.as_str()) {
            metadata.insert("x-request-id", id);
        }
        if let Some(trace) = context.traceparent().and_then(|text| MetadataValue::<Ascii>::try_from(text).ok()) {
            metadata.insert("traceparent", trace);
        }
        request
    }

    /// What a peer's status means here.
    #[must_use]
    pub fn failure(&self, status: &Status) -> Failure {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == DOMAIN);
        let fact = |key: &str| info.and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default();
        match (status.code(), info.map(|info| info.reason.as_str())) {
            _ if unanswered(status) => Failure::DependencyDown { dependency: self.name.to_owned() },
            (Code::NotFound, _) => Failure::NotFound { name: fact("name") },
            (Code::AlreadyExists, _) => Failure::AlreadyExists { name: fact("name") },
            (Code::FailedPrecondition, Some("NO_REVISION_IN_FORCE")) => {
                Failure::NoRevisionInForce { document: fact("document") }
            }
            (Code::FailedPrecondition, Some("REVISION_UNUSABLE")) => {
                Failure::RevisionUnusable { revision: fact("revision"), document: fact("document") }
            }
            (Code::FailedPrecondition, Some("SECOND_PERSON_NEEDED")) => {
                Failure::SecondPersonNeeded { name: fact("name") }
            }
            (Code::FailedPrecondition, _) => Failure::StateForbids {
                name: fact("name"),
                state: fact("state"),
                violations: details
                    .precondition_failure()
                    .into_iter()
                    .flat_map(|failure| &failure.violations)
                    .map(|violation| Violation {
                        code: violation.r#type.clone(),
                        subject: violation.subject.clone(),
                        description: violation.description.clone(),
                    })
                    .collect(),
            },
            (Code::Aborted, Some("ETAG_MISMATCH")) => Failure::EtagMismatch { name: fact("name") },
            (Code::Aborted, _) => Failure::Contention,
            (Code::DeadlineExceeded | Code::Cancelled, _) => Failure::Deadline,
            (Code::ResourceExhausted | Code::Unknown, _) => {
                Failure::DependencyDown { dependency: self.name.to_owned() }
            }
            // Everything else is a fault between two services of the suite and not the caller's.
            (code, reason) => {
                let reason = reason.unwrap_or("none").to_owned();
                Failure::internal(format!("{} refused a call of this service: {code:?}, {reason}", self.name))
            }
        }
    }
}

/// Whether the peer said that it cannot answer now, or said nothing: nobody was there, or the connection was lost, as when
/// a replica ends. A status that came over the wire has no source; a timer that ran out here is not meant.
fn unanswered(status: &Status) -> bool {
    status.code() == Code::Unavailable || status.source().is_some_and(|cause| !ran_out(cause))
}

/// Whether an error is the timer of this side, or came of it.
fn ran_out(error: &(dyn Error + 'static)) -> bool {
    error.is::<TimeoutExpired>() || error.source().is_some_and(ran_out)
}

/// Host and port of the peer. An IPv6 address comes without its brackets.
fn place(peer: &'static str, settings: &PeerSettings) -> Result<(String, u16), PeerError> {
    let uri: Uri = settings
        .endpoint
        .parse()
        .map_err(|error: http::uri::InvalidUri| PeerError { peer, what: error.to_string() })?;
    let host = uri.host().ok_or_else(|| PeerError { peer, what: "the endpoint has no host".to_owned() })?;
    Ok((host.trim_matches(['[', ']']).to_owned(), uri.port_u16().unwrap_or(443)))
}

fn tls(settings: &PeerSettings, host: &str) -> io::Result<ClientTlsConfig> {
    let name = settings.server_name.clone().unwrap_or_else(|| host.to_owned());
    let mut tls = ClientTlsConfig::new().domain_name(name);
    if let Some(ca) = &settings.ca_file {
        tls = tls.ca_certificate(Certificate::from_pem(std::fs::read(ca)?));
    }
    if let (Some(cert), Some(key)) = (&settings.cert_file, &settings.key_file) {
        tls = tls.identity(Identity::from_pem(std::fs::read(cert)?, std::fs::read(key)?));
    }
    Ok(tls)
}
