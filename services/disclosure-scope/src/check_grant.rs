//! `rogatory-disclosure check-grant`: may a record leave under a grant's token? Without a call and without a database.

use std::{fs, path::PathBuf, process::ExitCode};

use chrono::{DateTime, Utc};
use clap::{Arg, ArgMatches, Command, value_parser};
use rogatory_rulebook::Country;

use crate::domain::{
    grant::{Answer, Record},
    token::{KeySet, Refusal},
};

/// Exit code of a record that may not leave.
const REFUSED: u8 = 1;
/// Exit code where there is no answer: a file cannot be used.
const UNUSABLE: u8 = 2;

/// How the command is called.
pub(crate) fn command(name: &'static str) -> Command {
    let required = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value).required(true);
    let file = |name: &'static str| required(name, "FILE").value_parser(value_parser!(PathBuf));
    let time = |name: &'static str| Arg::new(name).long(name).value_name("RFC3339").value_parser(time);
    Command::new(name)
        .about("Check offline whether a record may leave under a grant's token")
        .long_about(
            "Check offline whether a record may leave under a grant's token. Exit code 0: it may. 1: it may not. 2: it cannot \
             be told, because a file cannot be used. A token cannot tell that its grant was revoked since: CheckDisclosure can.",
        )
        .arg(file("jwks").help("The key set, as GetKeySet gives it"))
        .arg(file("token").help("The grant's token, as GetGrant gives it"))
        .arg(required("target", "KEY").help("Key of the target in the request"))
        .arg(required("element", "KEY").help("Key of the data element"))
        .arg(time("time").help("Time of the record; needed where the permission has a window"))
        .arg(
            required("storage", "COUNTRY")
                .value_parser(|text: &str| text.parse::<Country>())
                .help("Where the record is stored, ISO 3166-1 alpha-2"),
        )
        .arg(time("at").help("When it shall leave; now unless stated"))
}

/// Runs it.
pub(crate) fn run(arguments: &ArgMatches) -> ExitCode {
    match checked(arguments) {
        Ok(answer) => {
            println!("{}: {}", answer.finding.code(), answer.finding.sentence());
            for citation in answer.finding.citations() {
                let of = citation.revision.as_deref().unwrap_or_default();
                println!("  {} {of}, {}", citation.document, citation.section);
            }
            if answer.permitted { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
        }
        Err(Trouble::Token(refusal)) => {
            println!("{}: {refusal}", refusal.code());
            ExitCode::from(REFUSED)
        }
        Err(Trouble::File(what)) => {
            eprintln!("{what}");
            ExitCode::from(UNUSABLE)
        }
    }
}

enum Trouble {
    Token(Refusal),
    File(String),
}

fn checked(arguments: &ArgMatches) -> Result<Answer, Trouble> {
    let (path, text) = read(arguments, "jwks")?;
    let keys = KeySet::read(&text).map_err(|error| Trouble::File(format!("--jwks {}: {error}", path.display())))?;
    let (_, token) = read(arguments, "token")?;
    let now = given::<DateTime<Utc>>(arguments, "at").unwrap_or_else(|_| Utc::now());
    let record = Record {
        target_id: given(arguments, "target")?,
        element: given(arguments, "element")?,
        time: given(arguments, "time").ok(),
        storage: given(arguments, "storage")?,
    };
    let grant = keys.grant(token.trim(), now).map_err(Trouble::Token)?;
    Ok(grant.check(&record, now))
}

fn read(arguments: &ArgMatches, name: &str) -> Result<(PathBuf, String), Trouble> {
    let path: PathBuf = given(arguments, name)?;
    let text =
        fs::read_to_string(&path).map_err(|error| Trouble::File(format!("--{name} {}: {error}", path.display())))?;
    Ok((path, text))
}

fn given<T: Clone + Send + Sync + 'static>(arguments: &ArgMatches, name: &str) -> Result<T, Trouble> {
    arguments.get_one::<T>(name).cloned().ok_or_else(|| Trouble::File(format!("--{name} is not given")))
}

fn time(text: &str) -> Result<DateTime<Utc>, chrono::ParseError> {
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc())
}
