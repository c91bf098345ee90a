//! The settings of the service.

use rogatory_chassis::settings::{ServerSettings, Settings as ChassisSettings};
use rogatory_store::StoreSettings;
use serde::{Deserialize, Serialize};

/// The settings of the service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What every server has.
    pub server: ServerSettings,
    /// The database.
    pub store: StoreSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self { server: ServerSettings::on_port(50_055), store: StoreSettings::default() }
    }
}

impl ChassisSettings for Settings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn check(&self, faults: &mut Vec<String>) {
        if self.store.url.is_empty() && self.store.url_file.is_none() {
            faults.push("store.url: name a database, for example sqlite://billing.sqlite".to_owned());
        }
    }
}
