//! Which database, and how to connect to it.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize, Serializer};

/// Which database a service uses, and how it connects to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite://<path>` for the embedded engine, or `postgres://…`. Sensitive: it may carry a password.
    #[serde(serialize_with = "shown")]
    pub url: String,
    /// A file whose content is the URL, for a secret that is mounted; set this or `url`.
    pub url_file: Option<PathBuf>,
    /// The most connections; of SQLite, the most that read: there is one that writes.
    pub max_connections: u32,
    /// How long a call waits for a free connection, in milliseconds.
    pub acquire_timeout_ms: u64,
    /// How long SQLite waits for another process that writes, in milliseconds.
    pub busy_timeout_ms: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            url_file: None,
            max_connections: 8,
            acquire_timeout_ms: 5_000,
            busy_timeout_ms: 5_000,
        }
    }
}

/// The URL without what may be a secret in it. A path to a SQLite file is none.
fn hidden(url: &str) -> &str {
    if url.is_empty() || url.starts_with("sqlite:") { url } else { "postgres://(hidden)" }
}

fn shown<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(hidden(url))
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings")
            .field("url", &hidden(&self.url))
            .field("url_file", &self.url_file)
            .field("max_connections", &self.max_connections)
            .field("acquire_timeout_ms", &self.acquire_timeout_ms)
            .field("busy_timeout_ms", &self.busy_timeout_ms)
            .finish()
    }
}

/// The settings do not name a database.
#[derive(Debug, thiserror::Error)]
pub enum StoreSettingsError {
    /// Neither or both of the two ways to name it are set.
    #[error("set exactly one of `url` and `url_file`")]
    NotOne,
    /// The file cannot be read.
    #[error("cannot read `url_file` {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The scheme is not one of an engine that is known.
    #[error("the database URL must start with `sqlite:` or `postgres:`")]
    Scheme,
    /// The engine is known but the rest of the URL is not understood.
    #[error("the database URL is not valid")]
    Malformed,
    /// At least one connection is needed.
    #[error("`max_connections` must be at least 1")]
    NoConnections,
}

impl StoreSettings {
    /// Settings for this URL, the rest as by default.
    pub fn for_url(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The URL, read from its file if it is in one.
    ///
    /// # Errors
    /// When not exactly one of the two is set or the file cannot be read.
    pub fn resolved_url(&self) -> Result<String, StoreSettingsError> {
        match (&self.url_file, self.url.is_empty()) {
            (None, false) => Ok(self.url.clone()),
            (Some(path), true) => std::fs::read_to_string(path)
                .map(|text| text.trim().to_owned())
                .map_err(|source| StoreSettingsError::File { path: path.clone(), source }),
            (None, true) | (Some(_), false) => Err(StoreSettingsError::NotOne),
        }
    }
}
