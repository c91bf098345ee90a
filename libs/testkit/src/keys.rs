//! Development keys in a folder that goes with the test, and credentials that must not work.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rogatory_chassis::{Role, development::DevelopmentKeys};
use tempfile::TempDir;

/// The names for which there are certificates.
pub const SERVICES: &[&str] = &["intake", "routing", "verification", "disclosure", "billing"];

/// Keys of one test.
#[derive(Debug)]
pub struct TestKeys {
    folder: TempDir,
    keys: DevelopmentKeys,
}

impl TestKeys {
    /// Fresh keys: another authority and another issuer than those of any other test.
    ///
    /// # Panics
    /// When they cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let keys = DevelopmentKeys::open(folder.path(), SERVICES).expect("development keys");
        Self { folder, keys }
    }

    /// The keys themselves.
    #[must_use]
    pub fn development(&self) -> &DevelopmentKeys {
        &self.keys
    }

    /// The folder that they are in.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A token that is good for an hour.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn token(&self, subject: &str, roles: &[Role]) -> String {
        self.token_at(subject, roles, Utc::now())
    }

    /// A token that expired an hour ago.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn expired_token(&self, subject: &str, roles: &[Role]) -> String {
        self.token_at(subject, roles, Utc::now() - chrono::Duration::hours(2))
    }

    fn token_at(&self, subject: &str, roles: &[Role], now: DateTime<Utc>) -> String {
        self.keys.token(subject, roles, now, Duration::from_secs(3600)).expect("a token")
    }
}

impl Default for TestKeys {
    fn default() -> Self {
        Self::new()
    }
}
