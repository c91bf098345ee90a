//! The command line that the five binaries share: `serve`, `migrate`, `check-config`, `--print-config`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::SystemClock,
    loader::{self, Layers},
    program::{Program, Runtime},
    server,
    settings::{self, Settings},
    telemetry::Telemetry,
};

/// Exit code of a command that was called wrongly (`EX_USAGE`).
const USAGE: u8 = 64;
/// Exit code of settings that do not work (`EX_CONFIG`).
const CONFIG: u8 = 78;

/// Where settings come from, for every command.
#[derive(Debug, Clone, Args)]
pub struct SettingsArgs {
    /// TOML file with settings over the defaults.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One setting over the file and the environment: `server.listen=127.0.0.1:50051`. Repeatable.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl SettingsArgs {
    /// Defaults, file, environment and flags together. They are read but not checked: whoever migrates a database needs
    /// neither certificates nor an issuer.
    ///
    /// # Errors
    /// Every fault of the layers.
    pub fn load<S: Settings>(self, service: &str) -> Result<S, Vec<String>> {
        let layers = Layers { file: self.config, environment: std::env::vars().collect(), flags: self.set };
        loader::load::<S>(service, &layers)
    }
}

#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct CommandLine {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Print the settings as they would be used, as TOML, and end.
    #[arg(long)]
    print_config: bool,
    #[command(subcommand)]
    command: Option<Shared>,
}

/// The commands that every service has.
#[derive(Debug, Subcommand)]
enum Shared {
    /// Serve until SIGTERM or SIGINT, then drain.
    Serve,
    /// Bring the database up to this version and publish the rule files that ship, where none is published.
    Migrate,
    /// Check the settings and end: nothing is opened but the files that they name.
    CheckConfig,
}

/// Runs the command line of a service: the whole of its `main`.
#[must_use]
pub fn run<P: Program>() -> ExitCode {
    run_with::<P>(std::env::args_os().collect())
}

/// As [`run`], with the arguments given; the first is the name of the program.
#[must_use]
pub fn run_with<P: Program>(arguments: Vec<OsString>) -> ExitCode {
    let mut command = CommandLine::command().name(P::BINARY).about(P::ABOUT);
    for own in P::commands() {
        command = command.subcommand(own);
    }
    let matches = match command.try_get_matches_from_mut(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let own = matches.subcommand().filter(|(name, _)| P::commands().iter().any(|own| own.get_name() == *name));
    let settings = match SettingsArgs::from_arg_matches(&matches) {
        Ok(settings) => settings,
        Err(error) => error.exit(),
    };
    if let Some((name, matches)) = own {
        return runtime(async { P::command(name, matches, settings).await });
    }
    let print = matches.get_flag("print_config");
    let loaded = match settings.load::<P::Settings>(P::NAME) {
        Ok(loaded) => loaded,
        Err(faults) => {
            refuse(&faults);
            return ExitCode::from(CONFIG);
        }
    };
    if print {
        return match toml::to_string(&loaded) {
            Ok(text) => {
                print!("{text}");
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error.to_string()),
        };
    }
    let subcommand = matches.subcommand_name();
    if matches!(subcommand, Some("serve" | "check-config")) {
        let faults = settings::faults(&loaded);
        if !faults.is_empty() {
            refuse(&faults);
            return ExitCode::from(CONFIG);
        }
    }
    match subcommand {
        Some("serve") => runtime(serve::<P>(loaded)),
        Some("migrate") => runtime(migrate::<P>(loaded)),
        Some("check-config") => {
            println!("the settings are good");
            ExitCode::SUCCESS
        }
        _ => {
            let _ = command.print_help();
            ExitCode::from(USAGE)
        }
    }
}

async fn serve<P: Program>(settings: P::Settings) -> ExitCode {
    let server = settings.server().clone();
    let telemetry = match Telemetry::install(&server.telemetry, P::BINARY) {
        Ok(telemetry) => telemetry,
        Err(error) => return fail(&error.to_string()),
    };
    let clock = SystemClock::shared();
    let stop = CancellationToken::new();
    tokio::spawn(cancel_on_signal(stop.clone()));
    let code = match P::build(settings, Runtime { clock: clock.clone() }).await {
        Err(error) => fail(&error.to_string()),
        Ok(service) => match server::start(service, &server, clock, stop).await {
            Ok(running) => {
                running.finished().await;
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error.to_string()),
        },
    };
    telemetry.shutdown().await;
    code
}

async fn migrate<P: Program>(settings: P::Settings) -> ExitCode {
    match P::migrate(&settings, Runtime { clock: SystemClock::shared() }).await {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}

/// Cancels `stop` at the first SIGTERM or SIGINT. The signals are caught from the moment at which this is called, not only
/// when the future is first polled: one that comes while a service starts must drain it and not kill it.
pub fn cancel_on_signal(stop: CancellationToken) -> impl Future<Output = ()> {
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    async move {
        let [terminate, interrupt] = signals.map(|caught| async move {
            match caught {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(error) => {
                    tracing::error!(%error, "a signal cannot be caught");
                    std::future::pending::<()>().await;
                }
            }
        });
        tokio::select! {
            () = terminate => {}
            () = interrupt => {}
        }
        stop.cancel();
    }
}

fn runtime(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => fail(&error.to_string()),
    }
}

fn refuse(faults: &[String]) {
    for fault in faults {
        eprintln!("{fault}");
    }
}

fn fail(what: &str) -> ExitCode {
    eprintln!("{what}");
    ExitCode::FAILURE
}
