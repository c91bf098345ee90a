//! The settings that every server has, and where they may be wrong.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The settings of a service: its own, with the server's among them.
///
/// Derive `Serialize`, `Deserialize` and `Debug` with `#[serde(deny_unknown_fields, default)]`. Every secret is a path to
/// a file, so that settings can be printed.
pub trait Settings: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {
    /// The part that the chassis reads.
    fn server(&self) -> &ServerSettings;

    /// Adds every fault of the service's own part.
    fn check(&self, faults: &mut Vec<String>) {
        let _ = faults;
    }
}

/// What every server has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Address of the main port. Off loopback it needs `tls` with a client CA, and `identity`.
    pub listen: SocketAddr,
    /// Address of the plaintext admin port, which answers `grpc.health.v1` and nothing else.
    pub admin_listen: SocketAddr,
    /// Certificate and key of the main port; without them it speaks plaintext, on loopback only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSettings>,
    /// Whose tokens are accepted. Without it only peers with a certificate can call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentitySettings>,
    /// Logs, traces and metrics.
    pub telemetry: TelemetrySettings,
    /// How much the server takes on.
    pub limits: LimitSettings,
    /// Whether reflection (`grpc.reflection.v1` and `v1alpha`) is served, to any caller with a valid credential.
    pub reflection: bool,
    /// After the signal to stop: how long the server still takes calls while health says NOT_SERVING, so that balancers
    /// have turned away before connections close.
    #[serde(with = "crate::duration")]
    pub lame_duck: Duration,
    /// After that: how long calls in hand may take to finish before they are cut.
    #[serde(with = "crate::duration")]
    pub drain_timeout: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self {
            listen: loopback(50_050),
            admin_listen: loopback(51_050),
            tls: None,
            identity: None,
            telemetry: TelemetrySettings::default(),
            limits: LimitSettings::default(),
            reflection: true,
            lame_duck: Duration::from_millis(500),
            drain_timeout: Duration::from_secs(20),
        }
    }
}

impl ServerSettings {
    /// Loopback on the suite's port `main`, admin on `main + 1000`.
    #[must_use]
    pub fn on_port(main: u16) -> Self {
        let mut settings = Self::default();
        settings.listen.set_port(main);
        settings.admin_listen.set_port(main.saturating_add(1000));
        settings
    }
}

/// Certificate and key of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// The server's certificate chain, PEM.
    pub cert_file: PathBuf,
    /// Its private key, PEM.
    pub key_file: PathBuf,
    /// The CA whose client certificates name peers. People need no certificate; a peer is only a peer with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ca_file: Option<PathBuf>,
}

/// Whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentitySettings {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// The issuer's key set as a file; read again when it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// The issuer's key set as a URL; `https` off loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// The CA of the URL's certificate, PEM, where it is not a public one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Logs, traces and metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySettings {
    /// OTLP endpoint for traces, metrics and logs, for example `http://collector:4317`. Without it nothing is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp_endpoint: Option<String>,
    /// Share of the calls without a trace of their own that are traced, 0 to 1. A caller's own decision wins.
    pub sample_ratio: f64,
    /// `text` for people, `json` for machines.
    pub log_format: LogFormat,
    /// What is logged, as `tracing` filter directives: `info`, `info,rogatory_store=debug`.
    pub log_filter: String,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 0.1, log_format: LogFormat::Text, log_filter: "info".to_owned() }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// How much the server takes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Calls in hand at once, streams not counted; more are turned away.
    pub max_in_flight: usize,
    /// Streams open at once; more are turned away.
    pub max_streams: usize,
    /// Streams that one connection may have open at once.
    pub max_concurrent_streams: u32,
    /// Deadline of a call whose caller set none. Streams without one have none.
    #[serde(with = "crate::duration")]
    pub default_deadline: Duration,
    /// The longest deadline of a call; a caller who asks for more gets this.
    #[serde(with = "crate::duration")]
    pub max_deadline: Duration,
    /// A call that has less time than this when it arrives is refused at once: nothing useful could be done.
    #[serde(with = "crate::duration")]
    pub min_deadline: Duration,
    /// Taken off the caller's deadline, so that the answer still travels in time.
    #[serde(with = "crate::duration")]
    pub hop_margin: Duration,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            max_in_flight: 1024,
            max_streams: 256,
            max_concurrent_streams: 256,
            default_deadline: Duration::from_secs(10),
            max_deadline: Duration::from_secs(60),
            min_deadline: Duration::from_millis(50),
            hop_margin: Duration::from_millis(20),
        }
    }
}

/// Every fault of `settings`, each naming the setting and what to do.
#[must_use]
pub fn faults(settings: &impl Settings) -> Vec<String> {
    let mut faults = Vec::new();
    server_faults(settings.server(), &mut faults);
    settings.check(&mut faults);
    faults
}

fn server_faults(server: &ServerSettings, faults: &mut Vec<String>) {
    let mut file = |setting: &str, path: &PathBuf| {
        if let Err(error) = std::fs::File::open(path) {
            faults.push(format!("{setting}: {}: {error}", path.display()));
        }
    };
    if let Some(tls) = &server.tls {
        file("server.tls.cert_file", &tls.cert_file);
        file("server.tls.key_file", &tls.key_file);
        tls.client_ca_file.iter().for_each(|path| file("server.tls.client_ca_file", path));
    }
    if let Some(identity) = &server.identity {
        identity.jwks_file.iter().for_each(|path| file("server.identity.jwks_file", path));
        identity.ca_file.iter().for_each(|path| file("server.identity.ca_file", path));
        identity_faults(identity, faults);
    }
    if !server.listen.ip().is_loopback() {
        let off = format!("server.listen is {}, off loopback", server.listen);
        match &server.tls {
            None => faults.push(format!("{off}: set server.tls with cert_file, key_file and client_ca_file")),
            Some(tls) if tls.client_ca_file.is_none() => {
                faults.push(format!("{off}: set server.tls.client_ca_file, so that peers can be told"));
            }
            Some(_) => {}
        }
        if server.identity.is_none() {
            faults.push(format!("{off}: set server.identity, so that people can be told"));
        }
    }
    if server.identity.is_none() && server.tls.as_ref().is_none_or(|tls| tls.client_ca_file.is_none()) {
        faults.push("server.identity is not set and there is no client CA: nobody could call".to_owned());
    }
    if server.admin_listen == server.listen && server.listen.port() != 0 {
        faults.push("server.admin_listen is the same as server.listen".to_owned());
    }
    if !(0.0..=1.0).contains(&server.telemetry.sample_ratio) {
        faults.push("server.telemetry.sample_ratio is not between 0 and 1".to_owned());
    }
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&server.telemetry.log_filter) {
        faults.push(format!("server.telemetry.log_filter: {error}"));
    }
    limit_faults(&server.limits, faults);
}

fn identity_faults(identity: &IdentitySettings, faults: &mut Vec<String>) {
    for (name, value) in [("issuer", &identity.issuer), ("audience", &identity.audience)] {
        if value.is_empty() {
            faults.push(format!("server.identity.{name} is empty"));
        }
    }
    match (&identity.jwks_file, &identity.jwks_url) {
        (Some(_), Some(_)) => faults.push("server.identity has both jwks_file and jwks_url; keep one".to_owned()),
        (None, None) => faults.push("server.identity has neither jwks_file nor jwks_url".to_owned()),
        (None, Some(url)) => {
            let parsed = url.parse::<http::Uri>().ok();
            let host = parsed.as_ref().and_then(http::Uri::host).unwrap_or_default();
            let secure = url.starts_with("https://");
            let local = url.starts_with("http://") && matches!(host, "localhost" | "127.0.0.1" | "[::1]");
            if !secure && !local {
                faults.push("server.identity.jwks_url is not https: whoever answers it could issue tokens".to_owned());
            }
        }
        (Some(_), None) => {}
    }
}

fn limit_faults(limits: &LimitSettings, faults: &mut Vec<String>) {
    let zero = [
        ("max_in_flight", limits.max_in_flight == 0),
        ("max_streams", limits.max_streams == 0),
        ("max_concurrent_streams", limits.max_concurrent_streams == 0),
        ("default_deadline", limits.default_deadline.is_zero()),
    ];
    for (name, _) in zero.iter().filter(|(_, zero)| *zero) {
        faults.push(format!("server.limits.{name} is 0: no call could be answered"));
    }
    if limits.default_deadline > limits.max_deadline {
        faults.push("server.limits.default_deadline is longer than max_deadline".to_owned());
    }
    if limits.min_deadline + limits.hop_margin >= limits.default_deadline {
        faults.push("server.limits.min_deadline and hop_margin leave nothing of default_deadline".to_owned());
    }
}
