//! What a service's library gives so that its binary and the all-in-one can run it.

use std::{error::Error, sync::Arc};

use clap::{ArgMatches, Command};

use crate::{clock::Clock, command::SettingsArgs, service::Service, settings::Settings};

/// Why a service could not be built or migrated. For the person who starts it.
pub type StartError = Box<dyn Error + Send + Sync>;

/// What the process gives to a service beside its settings.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// The source of the present time.
    pub clock: Arc<dyn Clock>,
}

/// A service of the suite.
pub trait Program: 'static {
    /// Its area, as in the schema's packages and the environment's prefix: `intake`.
    const NAME: &'static str;
    /// Its binary: `rogatory-intake`.
    const BINARY: &'static str;
    /// One line for `--help`.
    const ABOUT: &'static str;
    /// Its settings.
    type Settings: Settings;

    /// Brings the database up to this version and publishes the rule files that ship, where none is published. Says what
    /// was done.
    ///
    /// # Errors
    /// When the database cannot be reached or changed.
    fn migrate(settings: &Self::Settings, runtime: Runtime) -> impl Future<Output = Result<String, StartError>> + Send;

    /// Connects and puts the service together. Does not change the database.
    ///
    /// # Errors
    /// When the database cannot be reached or is not migrated, or a rule file cannot be read.
    fn build(settings: Self::Settings, runtime: Runtime) -> impl Future<Output = Result<Service, StartError>> + Send;

    /// The service's own commands; by default none.
    fn commands() -> Vec<Command> {
        Vec::new()
    }

    /// Runs one of [`Program::commands`].
    fn command(
        name: &str,
        arguments: &ArgMatches,
        settings: SettingsArgs,
    ) -> impl Future<Output = std::process::ExitCode> {
        let _ = (name, arguments, settings);
        async { std::process::ExitCode::FAILURE }
    }
}
