//! The settings of the service.

use std::{path::PathBuf, time::Duration};

use rogatory_chassis::{
    PeerSettings,
    settings::{ServerSettings, Settings as ChassisSettings},
};
use rogatory_store::StoreSettings;
use serde::{Deserialize, Serialize};

use crate::{
    app::docket::Pace,
    domain::{docket::Patience, enquiry::Links, target_key::TargetKey},
};

/// The settings of the service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What every server has.
    pub server: ServerSettings,
    /// The database.
    pub store: StoreSettings,
    /// The services that intake drives.
    pub peers: PeersSettings,
    /// How much is taken.
    pub limits: Limits,
    /// How the docket works.
    pub docket: DocketSettings,
    /// Where answers to enquiries send people.
    pub links: LinksSettings,
    /// How often a watcher looks when nobody tells it of a change, in milliseconds: what another replica commits comes as
    /// late as that.
    pub watch_poll_ms: u64,
    /// A file with a secret of at least 32 bytes, the same for every replica and kept for good: by it verification knows a
    /// target again without learning who it is. Required off loopback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_key_file: Option<PathBuf>,
}

/// Where the peers are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeersSettings {
    /// The routing service.
    pub routing: PeerSettings,
    /// The verification service.
    pub verification: PeerSettings,
    /// The disclosure service.
    pub disclosure: PeerSettings,
    /// The billing service.
    pub billing: PeerSettings,
}

/// How much is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest document, in bytes. All of it is held in memory while it is uploaded.
    pub max_document_bytes: usize,
}

/// How the docket works. Times are in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocketSettings {
    /// Steps in hand at once; 0 leaves the docket to other replicas.
    pub workers: usize,
    /// How long a step may take.
    pub step_timeout_ms: u64,
    /// How long a step is held; must be longer than it may take.
    pub lease_ms: u64,
    /// How often to look for work when nobody tells of any.
    pub poll_ms: u64,
    /// The wait after the first failure of a step; it doubles with each further one.
    pub first_retry_ms: u64,
    /// The longest wait.
    pub longest_retry_ms: u64,
    /// After so many tries a step is parked and a person must look.
    pub attempts: u32,
    /// The pause before a feed that broke off is opened again.
    pub feed_pause_ms: u64,
}

/// Where answers to enquiries send people. The guide's own links are placeholders, so these have no default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinksSettings {
    /// Where infringements of intellectual property rights are reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipr: Option<String>,
    /// The customer-service page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_service: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: ServerSettings::on_port(50_051),
            store: StoreSettings::for_url("sqlite://intake.sqlite"),
            peers: PeersSettings::default(),
            limits: Limits::default(),
            docket: DocketSettings::default(),
            links: LinksSettings::default(),
            watch_poll_ms: 1_000,
            target_key_file: None,
        }
    }
}

impl Default for PeersSettings {
    fn default() -> Self {
        let on = |port| PeerSettings { endpoint: format!("https://localhost:{port}"), ..PeerSettings::default() };
        Self { routing: on(50_052), verification: on(50_053), disclosure: on(50_054), billing: on(50_055) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_document_bytes: 8 * 1024 * 1024 }
    }
}

impl Default for DocketSettings {
    fn default() -> Self {
        Self {
            workers: 8,
            step_timeout_ms: 20_000,
            lease_ms: 60_000,
            poll_ms: 500,
            first_retry_ms: 250,
            longest_retry_ms: 300_000,
            // With these waits about an hour and a half: long enough for a peer that is being mended.
            attempts: 28,
            feed_pause_ms: 500,
        }
    }
}

impl Settings {
    /// The key by which verification knows targets again; none when none is set.
    pub(crate) fn target_key(&self) -> Result<Option<TargetKey>, String> {
        let Some(path) = &self.target_key_file else { return Ok(None) };
        let text = std::fs::read(path).map_err(|error| format!("target_key_file: {}: {error}", path.display()))?;
        match TargetKey::new(text.trim_ascii()) {
            Some(key) => Ok(Some(key)),
            None => Err(format!("target_key_file: {}: has less than {} bytes", path.display(), TargetKey::SHORTEST)),
        }
    }
}

impl DocketSettings {
    pub(crate) fn pace(&self) -> Pace {
        Pace {
            workers: self.workers,
            step_timeout: Duration::from_millis(self.step_timeout_ms),
            lease: Duration::from_millis(self.lease_ms),
            poll: Duration::from_millis(self.poll_ms),
            patience: Patience {
                first: Duration::from_millis(self.first_retry_ms),
                longest: Duration::from_millis(self.longest_retry_ms),
                attempts: self.attempts,
            },
        }
    }
}

impl From<LinksSettings> for Links {
    fn from(settings: LinksSettings) -> Self {
        Self { ipr: settings.ipr, customer_service: settings.customer_service }
    }
}

impl ChassisSettings for Settings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn check(&self, faults: &mut Vec<String>) {
        if self.store.url.is_empty() && self.store.url_file.is_none() {
            faults.push("store.url: name a database, for example sqlite://intake.sqlite".to_owned());
        }
        match self.target_key() {
            Err(fault) => faults.push(fault),
            Ok(None) if !self.server.listen.ip().is_loopback() => faults.push(format!(
                "target_key_file: server.listen is {}, off loopback: name a file with a secret of at least {} bytes, the same \
                 for every replica; without it verification cannot tell that several requests are after one target",
                self.server.listen,
                TargetKey::SHORTEST
            )),
            Ok(_) => {}
        }
        self.peers.routing.check("routing", faults);
        self.peers.verification.check("verification", faults);
        self.peers.disclosure.check("disclosure", faults);
        self.peers.billing.check("billing", faults);
        let docket = &self.docket;
        if docket.lease_ms <= docket.step_timeout_ms {
            faults
                .push("docket.lease_ms is not longer than step_timeout_ms: a step could be taken up twice".to_owned());
        }
        let zero = [
            ("docket.step_timeout_ms", docket.step_timeout_ms == 0),
            ("docket.poll_ms", docket.poll_ms == 0),
            ("docket.first_retry_ms", docket.first_retry_ms == 0),
            ("docket.attempts", docket.attempts == 0),
            ("docket.feed_pause_ms", docket.feed_pause_ms == 0),
            ("limits.max_document_bytes", self.limits.max_document_bytes == 0),
            ("watch_poll_ms", self.watch_poll_ms == 0),
        ];
        faults.extend(zero.iter().filter(|(_, zero)| *zero).map(|(name, _)| format!("{name} is 0")));
    }
}
