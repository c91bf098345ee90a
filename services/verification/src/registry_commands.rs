//! `export-registry` and `import-registry`: the registry of agencies as a file.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use rogatory_chassis::{Clock as _, SystemClock, command::SettingsArgs, program::StartError};
use rogatory_store::{Store, pending};

use crate::{
    app::{AgencyFilter, import_registry},
    domain::{registry_csv, registry_file},
    settings::{Settings, read_registry},
    store::{agencies, migrations},
};

const EXPORT: &str = "export-registry";
const IMPORT: &str = "import-registry";
/// Agencies that are read at once.
const PAGE: u64 = 1_000;

/// The commands, for the command line.
pub(crate) fn commands() -> Vec<Command> {
    let format = Arg::new("format").long("format").value_parser(["csv", "toml"]).default_value("csv");
    let out = Arg::new("out").long("out").value_name("FILE").value_parser(value_parser!(PathBuf));
    let export = Command::new(EXPORT)
        .about("Write the registry of agencies as it is now")
        .arg(format.help("A table with one fact a row, or a data file"))
        .arg(out.help("Where to; the standard output otherwise"));
    let file = Arg::new("file").value_name("FILE").required(true).value_parser(value_parser!(PathBuf));
    let check = Arg::new("check").long("check").action(ArgAction::SetTrue);
    let import = Command::new(IMPORT)
        .about("Take agencies into the registry: new ones are added, those of the same country and name replaced")
        .arg(file.help("A file as `export-registry` writes it: .csv or .toml"))
        .arg(check.help("Only print the faults of the file"));
    vec![export, import]
}

/// Runs a command.
pub(crate) async fn run(name: &str, arguments: &ArgMatches, settings: SettingsArgs) -> ExitCode {
    let settings = match settings.load::<Settings>("verification") {
        Ok(settings) => settings,
        Err(faults) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            return ExitCode::FAILURE;
        }
    };
    let done = match name {
        EXPORT => export(&settings, arguments).await,
        IMPORT => import(&settings, arguments).await,
        _ => Err("no such command".into()),
    };
    match done {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn export(settings: &Settings, arguments: &ArgMatches) -> Result<String, StartError> {
    let store = Store::connect(&settings.store).await?;
    pending(&store, migrations::all).await?;
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = agencies::list(store.read(), &AgencyFilter::default(), after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(agencies::place(&last.value));
        all.extend(page.into_iter().map(|stored| stored.value));
    }
    store.close().await?;
    let text = match arguments.get_one::<String>("format").map(String::as_str) {
        Some("toml") => registry_file::write(&all)?,
        _ => registry_csv::write(&all)?,
    };
    match arguments.get_one::<PathBuf>("out") {
        None => Ok(text),
        Some(path) => {
            fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(format!("{} agencies written to {}\n", all.len(), path.display()))
        }
    }
}

async fn import(settings: &Settings, arguments: &ArgMatches) -> Result<String, StartError> {
    let path = arguments.get_one::<PathBuf>("file").ok_or("name a file")?;
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let stated = read_registry(&path.display().to_string(), &text)?;
    if arguments.get_flag("check") {
        return Ok(format!("{}: {} agencies, no fault\n", path.display(), stated.len()));
    }
    let store = Store::connect(&settings.store).await?;
    pending(&store, migrations::all).await?;
    let imported = import_registry(&store, &stated, true, SystemClock.now()).await?;
    store.close().await?;
    Ok(format!("{} agencies added, {} replaced\n", imported.added, imported.replaced))
}
