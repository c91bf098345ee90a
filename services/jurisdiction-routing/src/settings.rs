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
        Self { server: ServerSettings::on_port(50_052), store: StoreSettings::for_url("sqlite://routing.sqlite") }
    }
}

impl ChassisSettings for Settings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }
}
