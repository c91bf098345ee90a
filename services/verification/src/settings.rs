//! The settings of the service.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
};

use lettre::{AsyncSmtpTransport, Tokio1Executor, message::Mailbox, transport::smtp::authentication::Credentials};
use rogatory_chassis::settings::{ServerSettings, Settings as ChassisSettings};
use rogatory_store::StoreSettings;
use serde::{Deserialize, Serialize};

use crate::{
    app::{CodeKey, Transport, message_check::MessageSettings},
    domain::{agency::Stated, registry_csv, registry_file, signature::TrustAnchors},
};

/// The rules that ship.
pub const SHIPPED_RULES: &str = include_str!("../rules/verification.toml");
/// The registry that ships.
pub const SHIPPED_REGISTRY: &str = include_str!("../agencies/registry.csv");

/// The settings of the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What every server has.
    pub server: ServerSettings,
    /// The database.
    pub store: StoreSettings,
    /// How much of a message is read, and which name servers are asked.
    pub message: MessageSettings,
    /// Whose signatures are trusted.
    pub signatures: SignatureSettings,
    /// How challenges are mailed.
    pub challenge: ChallengeSettings,
    /// The registry that a new database starts with, CSV or TOML, instead of the one that ships.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_file: Option<PathBuf>,
}

/// Whose signatures of papers are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignatureSettings {
    /// Certificates, PEM; without it only certificates that the registry lists for an agency are trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_anchors_file: Option<PathBuf>,
}

/// By what challenges are mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChallengeTransport {
    /// By nothing: no challenge can be sent.
    #[default]
    None,
    /// Into a directory, one file each: for development.
    File,
    /// By a mail server.
    Smtp,
}

/// How challenges are mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChallengeSettings {
    /// By what.
    pub transport: ChallengeTransport,
    /// The address that the mails are from.
    pub sender: String,
    /// File with at least 32 random bytes, the same for all replicas: the key of the codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// For `file`: the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// For `smtp`: the mail server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// For `smtp`: its port. 465 speaks TLS from the start; on every other one TLS is demanded before anything else.
    pub port: u16,
    /// For `smtp`: whom to log in as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// For `smtp`: file with the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

impl Default for ChallengeSettings {
    fn default() -> Self {
        Self {
            transport: ChallengeTransport::None,
            sender: "Law Enforcement Response <no-reply@localhost>".to_owned(),
            key_file: None,
            directory: None,
            host: None,
            port: 465,
            user: None,
            password_file: None,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: ServerSettings::on_port(50_053),
            store: StoreSettings::for_url("sqlite://rogatory-verification.sqlite"),
            message: MessageSettings::default(),
            signatures: SignatureSettings::default(),
            challenge: ChallengeSettings::default(),
            registry_file: None,
        }
    }
}

impl ChassisSettings for Settings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn check(&self, faults: &mut Vec<String>) {
        self.message.check("message", faults);
        faults.extend(self.signatures.anchors().err().into_iter().flatten());
        faults.extend(self.challenge.mailing().err());
        faults.extend(self.registry().err());
    }
}

/// What mails challenges.
pub(crate) struct Mailing {
    pub(crate) codes: CodeKey,
    pub(crate) transport: Transport,
    pub(crate) sender: Mailbox,
}

impl Settings {
    /// The registry that a new database starts with.
    ///
    /// # Errors
    /// When the file cannot be read; every fault in it.
    pub(crate) fn registry(&self) -> Result<Vec<Stated>, String> {
        let Some(path) = &self.registry_file else { return read_registry("shipped.csv", SHIPPED_REGISTRY) };
        let text = fs::read_to_string(path).map_err(|error| format!("registry_file: {}: {error}", path.display()))?;
        read_registry(&path.display().to_string(), &text)
    }
}

/// Reads a registry in the form that its file's name tells.
///
/// # Errors
/// Every fault, a line each.
pub(crate) fn read_registry(name: &str, text: &str) -> Result<Vec<Stated>, String> {
    let read = if name.ends_with(".toml") { registry_file::read(text) } else { registry_csv::read(text) };
    read.map_err(|faults| faults.iter().map(|fault| format!("{name}: {fault}")).collect::<Vec<_>>().join("\n"))
}

impl SignatureSettings {
    /// The certificates that are trusted.
    ///
    /// # Errors
    /// Every fault of the file.
    pub(crate) fn anchors(&self) -> Result<TrustAnchors, Vec<String>> {
        let Some(path) = &self.trust_anchors_file else { return Ok(TrustAnchors::default()) };
        let told = |fault: String| format!("signatures.trust_anchors_file: {}: {fault}", path.display());
        let text = fs::read_to_string(path).map_err(|error| vec![told(error.to_string())])?;
        TrustAnchors::read_pem(&text).map_err(|faults| faults.iter().map(|fault| told(fault.to_string())).collect())
    }
}

impl ChallengeSettings {
    /// What mails challenges; none when nothing does.
    ///
    /// # Errors
    /// What is missing or cannot be read.
    pub(crate) fn mailing(&self) -> Result<Option<Mailing>, String> {
        if self.transport == ChallengeTransport::None {
            return Ok(None);
        }
        let wanted = |name: &str| format!("challenge.{name}: is needed for this transport");
        let key_file = self.key_file.as_ref().ok_or_else(|| wanted("key_file"))?;
        let key = fs::read(key_file).map_err(|error| format!("challenge.key_file: {}: {error}", key_file.display()))?;
        let codes = CodeKey::new(&key).ok_or("challenge.key_file: has fewer than 32 bytes")?;
        let sender = self.sender.parse().map_err(|_| "challenge.sender: is not a mail address".to_owned())?;
        let transport = match self.transport {
            ChallengeTransport::File => {
                let directory = self.directory.clone().ok_or_else(|| wanted("directory"))?;
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&directory)
                    .map_err(|error| format!("challenge.directory: {}: {error}", directory.display()))?;
                Transport::into_directory(directory)
            }
            _ => Transport::Smtp(self.smtp(self.host.as_deref().ok_or_else(|| wanted("host"))?)?),
        };
        Ok(Some(Mailing { codes, transport, sender }))
    }

    fn smtp(&self, host: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let relay = match self.port {
            465 => AsyncSmtpTransport::<Tokio1Executor>::relay(host),
            _ => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host),
        };
        let relay = relay.map_err(|error| format!("challenge.host: {error}"))?.port(self.port);
        let relay = match (&self.user, &self.password_file) {
            (None, None) => relay,
            (Some(user), Some(file)) => {
                let password = fs::read_to_string(file)
                    .map_err(|error| format!("challenge.password_file: {}: {error}", file.display()))?;
                relay.credentials(Credentials::new(user.clone(), password.trim_end().to_owned()))
            }
            _ => return Err("challenge.user: is set together with challenge.password_file, or not at all".to_owned()),
        };
        Ok(relay.build())
    }
}
