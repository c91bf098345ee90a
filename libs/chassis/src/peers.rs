//! Calls to another service of the suite.
//!
//! A channel spreads its calls over the addresses that the peer's name stands for and asks DNS again from time to time,
//! for HTTP/2 would otherwise stay with the first replica it met. A call carries what its caller's call had: the trace,
//! the correlation id and what is left of the deadline.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use http::Uri;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tonic::{
    Code, Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, channel::Change},
};
use tonic_types::StatusExt as _;

use crate::{
    caller::CallContext,
    failure::{DOMAIN, Failure, Violation},
};

/// How often DNS is asked again.
const RESOLVE: Duration = Duration::from_secs(5);
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
    hop_margin: Duration,
    min_deadline: Duration,
}

impl PeerChannel {
    /// A channel to the peer `name`. Connects when it is first used, so that services may start in any order.
    ///
    /// # Errors
    /// When the settings do not make a channel.
    pub fn new(name: &'static str, settings: &PeerSettings) -> Result<Self, PeerError> {
        let failed = |what: &dyn std::fmt::Display| PeerError { peer: name, what: what.to_string() };
        let uri: Uri = settings.endpoint.parse().map_err(|error| failed(&error))?;
        let host = uri.host().ok_or_else(|| failed(&"the endpoint has no host"))?.to_owned();
        let port = uri.port_u16().unwrap_or(443);
        let tls = tls(settings, &host).map_err(|error| failed(&error))?;
        let (channel, changes) = Channel::balance_channel(16);
        let resolver = Resolver { host, port, tls, changes, known: BTreeSet::new() };
        tokio::spawn(resolver.follow());
        Ok(Self { name, channel, hop_margin: settings.hop_margin, min_deadline: settings.min_deadline })
    }

    /// The channel, for a generated client.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Makes a call that may be repeated: one that reads, or a mutation that carries a `request_id`. A peer that does not
    /// answer is asked again, with growing pauses and never past the deadline of `context`.
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
            let status = match call(self.channel.clone(), request).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) => status,
            };
            let again = status.code() == Code::Unavailable && attempt < ATTEMPTS;
            if !again || context.remaining() <= pause + self.min_deadline {
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
            (Code::NotFound, _) => Failure::NotFound { name: fact("name") },
            (Code::AlreadyExists, _) => Failure::AlreadyExists { name: fact("name") },
            (Code::FailedPrecondition, Some("NO_REVISION_IN_FORCE")) => {
                Failure::NoRevisionInForce { document: fact("document") }
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
            (Code::Unavailable | Code::ResourceExhausted | Code::Unknown, _) => {
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

fn tls(settings: &PeerSettings, host: &str) -> std::io::Result<ClientTlsConfig> {
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

/// Keeps a channel's addresses what DNS says they are.
struct Resolver {
    host: String,
    port: u16,
    tls: ClientTlsConfig,
    changes: mpsc::Sender<Change<SocketAddr, Endpoint>>,
    known: BTreeSet<SocketAddr>,
}

impl Resolver {
    /// Until the channel is gone.
    async fn follow(mut self) {
        loop {
            let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map(Iterator::collect);
            match found {
                Ok(found) => {
                    if self.change(found).await.is_err() {
                        return;
                    }
                }
                // What was known stays: a DNS server that is down must not cut connections that work.
                Err(error) => tracing::warn!(host = self.host, %error, "the name of a peer cannot be resolved"),
            }
            tokio::select! {
                () = self.changes.closed() => return,
                () = tokio::time::sleep(if self.known.is_empty() { RESOLVE / 20 } else { RESOLVE }) => {}
            }
        }
    }

    async fn change(&mut self, found: BTreeSet<SocketAddr>) -> Result<(), ()> {
        if found.is_empty() {
            return Ok(());
        }
        for gone in self.known.difference(&found) {
            self.changes.send(Change::Remove(*gone)).await.map_err(|_| ())?;
        }
        for new in found.difference(&self.known) {
            if let Some(endpoint) = self.endpoint(*new) {
                self.changes.send(Change::Insert(*new, endpoint)).await.map_err(|_| ())?;
            }
        }
        self.known = found;
        Ok(())
    }

    fn endpoint(&self, address: SocketAddr) -> Option<Endpoint> {
        let endpoint = Endpoint::from_shared(format!("https://{address}")).ok()?;
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(3))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true);
        match endpoint.tls_config(self.tls.clone()) {
            Ok(endpoint) => Some(endpoint),
            Err(error) => {
                tracing::error!(%error, "the certificates for a peer cannot be used");
                None
            }
        }
    }
}
