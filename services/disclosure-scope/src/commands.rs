//! `prove`, `assemble` and `check-grant`: what is done without a server.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Arg, ArgMatches, Command, value_parser};
use rogatory_chassis::command::SettingsArgs;
use rogatory_rulebook::Rules as _;

use crate::{
    Settings,
    app::Prover,
    check_grant,
    domain::{
        bundle,
        invariant::{Proof, Verdict},
        policy::Policy,
    },
    shipped_policy,
};

const PROVE: &str = "prove";
const ASSEMBLE: &str = "assemble";
const CHECK_GRANT: &str = "check-grant";
/// The catalogue in the folder of a policy.
const CATALOGUE: &str = "catalogue.toml";
/// How the files of packs end.
const PACK: &str = "cedar";
/// Exit code when an invariant is broken.
const BROKEN: u8 = 1;
/// Exit code when nothing can be told: a file that cannot be read, no solver, no answer.
const UNKNOWN: u8 = 2;

/// The commands, for the command line.
pub(crate) fn commands() -> Vec<Command> {
    let policies = Arg::new("policies").value_name("FILE|DIR").num_args(0..).value_parser(value_parser!(PathBuf));
    let prove = Command::new(PROVE)
        .about("Prove the invariants of policies for all possible facts, with the solver cvc5")
        .long_about(
            "Prove the invariants of policies for all possible facts, with the solver cvc5. Exits with 0 when all are \
             proven, with 1 when one is broken, and with 2 when it cannot be told.",
        )
        .arg(policies.help("A policy, or a folder that `assemble` joins into one; by default the policy that ships"));
    let folder = Arg::new("folder").value_name("DIR").required(true).value_parser(value_parser!(PathBuf));
    let assemble = Command::new(ASSEMBLE)
        .about("Print a folder with a catalogue.toml and packs in *.cedar as the one text of a revision")
        .arg(folder.help("The folder; the packs are joined in the order of their names"));
    vec![prove, assemble, check_grant::command(CHECK_GRANT)]
}

/// Runs a command.
pub(crate) async fn run(name: &str, arguments: &ArgMatches, settings: SettingsArgs) -> ExitCode {
    match name {
        PROVE => prove(arguments, settings).await,
        ASSEMBLE => assemble(arguments),
        _ => check_grant::run(arguments),
    }
}

fn assemble(arguments: &ArgMatches) -> ExitCode {
    let Some(folder) = arguments.get_one::<PathBuf>("folder") else { return ExitCode::FAILURE };
    match assembled(folder) {
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

async fn prove(arguments: &ArgMatches, settings: SettingsArgs) -> ExitCode {
    let prover = settings.load::<Settings>("disclosure").and_then(|settings| Prover::new(&settings.proof));
    let prover = match prover {
        Ok(prover) => prover,
        Err(faults) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            return ExitCode::from(UNKNOWN);
        }
    };
    let paths: Vec<&PathBuf> = arguments.get_many("policies").unwrap_or_default().collect();
    let texts = match paths.as_slice() {
        [] => vec![("the policy that ships".to_owned(), Ok(shipped_policy().to_owned()))],
        paths => paths.iter().map(|path| (path.display().to_string(), read(path))).collect(),
    };
    let mut code = 0;
    for (name, text) in texts {
        let found = match text {
            Ok(text) => proven(&prover, &name, &text).await,
            Err(error) => {
                eprintln!("{error}");
                UNKNOWN
            }
        };
        // Of several policies a broken one is what matters most.
        code = match (code, found) {
            (BROKEN, _) | (_, BROKEN) => BROKEN,
            (one, other) => one.max(other),
        };
    }
    ExitCode::from(code)
}

/// Proves one policy and prints what came of it.
async fn proven(prover: &Prover, name: &str, text: &str) -> u8 {
    let policy = match Policy::parse(text) {
        Ok(policy) => policy,
        Err(faults) => {
            for fault in faults {
                // The form that editors follow to the place; a fault of no one place has none.
                let gap = if fault.line == 0 { " " } else { "" };
                eprintln!("{name}:{gap}{fault}");
            }
            return UNKNOWN;
        }
    };
    println!("{name}: {}, {} policies", policy.document(), policy.packs().rules().len());
    let proofs = prover.prove(policy.packs().all(), Duration::MAX).await;
    proofs.iter().for_each(|proof| println!("{}", line(proof)));
    let worst = |proof: &Proof| match proof.verdict {
        Verdict::Proven => 0,
        Verdict::Unknown(_) => 1,
        Verdict::Broken(_) => 2,
    };
    match proofs.iter().map(worst).max() {
        Some(0) => 0,
        Some(2) => BROKEN,
        Some(_) | None => UNKNOWN,
    }
}

fn line(proof: &Proof) -> String {
    let Proof { invariant, sentence, verdict } = proof;
    match verdict {
        Verdict::Proven => format!("  proven   {invariant}: {sentence}"),
        Verdict::Broken(words) => format!("  BROKEN   {invariant}: {sentence}\n           {words}"),
        Verdict::Unknown(why) => format!("  unknown  {invariant}: {sentence}\n           {why}"),
    }
}

/// The text of a policy: of a file as it is, of a folder joined.
fn read(path: &Path) -> Result<String, String> {
    if path.is_dir() { assembled(path) } else { text(path) }
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A folder as the one text of a revision.
fn assembled(folder: &Path) -> Result<String, String> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == PACK));
    files.sort();
    let packs: Vec<(String, String)> = files
        .iter()
        .map(|path| {
            let key = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Ok((key, text(path)?))
        })
        .collect::<Result<_, String>>()?;
    let catalogue = text(&folder.join(CATALOGUE))?;
    Ok(bundle::assemble(&catalogue, packs.iter().map(|(key, text)| (key.as_str(), text.as_str()))))
}
