//! The settings of the service.

use std::{fs, path::PathBuf};

use rogatory_chassis::settings::{ServerSettings, Settings as ChassisSettings};
use rogatory_rulebook::Rules as _;
use rogatory_store::StoreSettings;
use serde::{Deserialize, Serialize};

use crate::domain::{rules::VerificationRules, seed};

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
    /// The rules, TOML, instead of those that ship.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_file: Option<PathBuf>,
    /// The registry that a new database starts with, CSV, instead of the one that ships.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_file: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: ServerSettings::on_port(50_053),
            store: StoreSettings::for_url("sqlite://rogatory-verification.sqlite"),
            rules_file: None,
            registry_file: None,
        }
    }
}

impl ChassisSettings for Settings {
    fn server(&self) -> &ServerSettings {
        &self.server
    }

    fn check(&self, faults: &mut Vec<String>) {
        faults.extend(self.rules().err().into_iter().flatten());
        let registry = self.registry().and_then(|text| seed::read(&text).map_err(|fault| fault.to_string()));
        faults.extend(registry.err().map(|fault| format!("registry_file: {fault}")));
    }
}

impl Settings {
    /// The rules that decide.
    ///
    /// # Errors
    /// Every fault of the file.
    pub(crate) fn rules(&self) -> Result<VerificationRules, Vec<String>> {
        let text =
            read(self.rules_file.as_ref(), SHIPPED_RULES).map_err(|fault| vec![format!("rules_file: {fault}")])?;
        let told = |faults: Vec<rogatory_rulebook::Fault>| {
            faults.iter().map(|fault| format!("rules_file: {fault}")).collect::<Vec<_>>()
        };
        VerificationRules::parse(&text).map_err(told)
    }

    /// The registry that a new database starts with.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn registry(&self) -> Result<String, String> {
        read(self.registry_file.as_ref(), SHIPPED_REGISTRY)
    }
}

fn read(file: Option<&PathBuf>, shipped: &str) -> Result<String, String> {
    match file {
        Some(path) => fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display())),
        None => Ok(shipped.to_owned()),
    }
}
