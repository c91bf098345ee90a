//! `check-guide FILE`: what is wrong with a guide, before it is drafted.

use std::{path::PathBuf, process::ExitCode};

use clap::{Arg, ArgMatches, Command, value_parser};
use rogatory_rulebook::{Digest, Rules as _};

use crate::domain::guide::Guide;

/// Name of the command.
pub(crate) const NAME: &str = "check-guide";

/// The command, for the command line.
pub(crate) fn command() -> Command {
    let file = Arg::new("file").value_name("FILE").required(true).value_parser(value_parser!(PathBuf));
    Command::new(NAME)
        .about("Print every fault of a guide with line and column; exit with 1 when there is one")
        .arg(file.help("The guide, TOML"))
}

/// Runs the command.
pub(crate) fn run(arguments: &ArgMatches) -> ExitCode {
    let Some(file) = arguments.get_one::<PathBuf>("file") else { return ExitCode::FAILURE };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    };
    match Guide::parse(&text) {
        Ok(guide) => {
            println!("{}: {} is good, {}", file.display(), guide.document(), Digest::of(&text));
            ExitCode::SUCCESS
        }
        Err(faults) => {
            for fault in faults {
                // The form that editors follow to the place; a fault of no one place has none.
                let gap = if fault.line == 0 { " " } else { "" };
                println!("{}:{gap}{fault}", file.display());
            }
            ExitCode::FAILURE
        }
    }
}
