//! `docket list [--parked]` and `docket retry STEP`: what an operator looks at when a request does not go on.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use rogatory_chassis::{Clock as _, SystemClock, command::SettingsArgs, program::StartError};
use rogatory_names::StepId;
use rogatory_store::{Store, pending};

use crate::{
    app::App,
    domain::{enquiry::Links, shipped::Rules},
    settings::Settings,
    store::{docket::Listed, migrations},
};

/// Name of the command.
pub(crate) const NAME: &str = "docket";
/// As many steps as a table shows.
const MOST: u64 = 1_000;

/// The command, for the command line.
pub(crate) fn command() -> Command {
    let parked = Arg::new("parked").long("parked").action(ArgAction::SetTrue);
    let list = Command::new("list")
        .about("Print the steps that are to be done, the oldest first")
        .arg(parked.help("Only those that wait for a person"));
    let step = Arg::new("step").value_name("STEP").required(true);
    let retry = Command::new("retry")
        .about("Take a parked step up again, with all its tries before it")
        .arg(step.help("Id of the step, as `docket list` prints it: stp_..."));
    Command::new(NAME)
        .about("What is still to be done for requests, and what waits for a person")
        .subcommand_required(true)
        .subcommand(list)
        .subcommand(retry)
}

/// Runs the command.
pub(crate) async fn run(arguments: &ArgMatches, settings: SettingsArgs) -> ExitCode {
    let settings = match settings.load::<Settings>("intake") {
        Ok(settings) => settings,
        Err(faults) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            return ExitCode::FAILURE;
        }
    };
    let done = match arguments.subcommand() {
        Some(("list", arguments)) => list(&settings, arguments.get_flag("parked")).await,
        Some(("retry", arguments)) => {
            let step = arguments.get_one::<String>("step").map(String::as_str).unwrap_or_default();
            retry(&settings, step).await
        }
        _ => Err("name a command: list, retry".into()),
    };
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn app(settings: &Settings) -> Result<(App, Store), StartError> {
    let store = Store::connect(&settings.store).await?;
    pending(&store, migrations).await?;
    let rules = Rules::shipped().map_err(|faults| crate::told(&faults))?;
    Ok((App::new(store.clone(), rules, Links::default(), std::time::Duration::from_secs(1)), store))
}

async fn list(settings: &Settings, parked: bool) -> Result<String, StartError> {
    let (app, store) = app(settings).await?;
    let steps = app.list_docket(parked, MOST).await?;
    store.close().await?;
    Ok(table(&steps))
}

async fn retry(settings: &Settings, step: &str) -> Result<String, StartError> {
    let id: StepId = step.parse().map_err(|error| format!("{error}"))?;
    let (app, store) = app(settings).await?;
    let taken = app.retry_step(id, SystemClock.now()).await.map_err(|failure| failure.for_operator())?;
    store.close().await?;
    Ok(format!("{id} ({} for {}) is due again", taken.work.kind(), taken.request))
}

/// The steps as a table.
pub(crate) fn table(steps: &[Listed]) -> String {
    if steps.is_empty() {
        return "nothing is to be done".to_owned();
    }
    let head = ["STEP", "REQUEST", "WORK", "TRIES", "STANDING", "LAST FAILURE"].map(str::to_owned);
    let rows = steps.iter().map(|listed| {
        let standing = match (listed.due_time, listed.leased) {
            (None, _) => "parked".to_owned(),
            (Some(until), true) => format!("in hand until {}", until.format("%F %TZ")),
            (Some(due), false) => format!("due {}", due.format("%F %TZ")),
        };
        let step = &listed.step;
        [
            step.id.to_string(),
            step.request.to_string(),
            step.work.kind().to_owned(),
            step.attempts.to_string(),
            standing,
            listed.failure.clone().unwrap_or_default(),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
