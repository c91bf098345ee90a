//! The command line that the binaries share, in a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, ExitCode, Output, Stdio},
};

use rogatory_chassis::{Program, Runtime, Service, StartError, command};
use rogatory_store::Store;
use rogatory_testkit::TestKeys;

use crate::{
    process::{child, is_child},
    sample::Sample,
    settings::SampleSettings,
};

/// The sample as a program.
struct SampleProgram;

impl Program for SampleProgram {
    const NAME: &'static str = "sample";
    const BINARY: &'static str = "rogatory-sample";
    const ABOUT: &'static str = "Does what its callers say";
    type Settings = SampleSettings;

    async fn migrate(settings: &SampleSettings, _: Runtime) -> Result<String, StartError> {
        let store = Store::connect(&settings.store).await?;
        let applied = rogatory_store::migrate(&store, Vec::new).await?;
        Ok(format!("{applied} migrations"))
    }

    async fn build(settings: SampleSettings, _: Runtime) -> Result<Service, StartError> {
        let store = Store::connect(&settings.store).await?;
        rogatory_store::pending(&store, Vec::new).await?;
        Ok(Sample::new().service(store))
    }

    fn commands() -> Vec<clap::Command> {
        vec![clap::Command::new("greet").about("Greets").arg(clap::Arg::new("whom").required(true))]
    }

    async fn command(name: &str, arguments: &clap::ArgMatches, settings: command::SettingsArgs) -> ExitCode {
        let loaded = settings.load::<SampleSettings>(Self::NAME).unwrap();
        println!("{name}: {} {}", loaded.greeting, arguments.get_one::<String>("whom").unwrap());
        ExitCode::from(3)
    }
}

/// Between the arguments of the child.
const SEPARATOR: &str = "\u{1f}";
const ARGUMENTS: &str = "ROGATORY_TEST_ARGUMENTS";

#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn program_child() {
    if !is_child() {
        return;
    }
    let arguments = std::env::var(ARGUMENTS).unwrap();
    let code = command::run_with::<SampleProgram>(arguments.split(SEPARATOR).map(Into::into).collect());
    let number = (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap();
    std::process::exit(number.into());
}

/// The program with these arguments, in `folder`.
fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = child("command::program_child");
    let arguments: Vec<&str> = std::iter::once("rogatory-sample").chain(arguments.iter().copied()).collect();
    command.env(ARGUMENTS, arguments.join(SEPARATOR)).current_dir(folder);
    command
}

/// Exit code, standard output without the test harness's own line, and standard error.
fn run(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    let said = said.trim_start().strip_prefix("running 1 test\n").unwrap_or(&said).to_owned();
    (status.code().unwrap(), said, String::from_utf8(stderr).unwrap())
}

/// Flags that give the program keys.
fn with_keys(keys: &TestKeys) -> Vec<String> {
    let tls = keys.development().tls("routing");
    let identity = keys.development().identity();
    [
        ("server.tls.cert_file", tls.cert_file.display().to_string()),
        ("server.tls.key_file", tls.key_file.display().to_string()),
        ("server.tls.client_ca_file", tls.client_ca_file.unwrap().display().to_string()),
        ("server.identity.issuer", identity.issuer),
        ("server.identity.audience", identity.audience),
        ("server.identity.jwks_file", identity.jwks_file.unwrap().display().to_string()),
        ("server.lame_duck", "0ms".to_owned()),
    ]
    .into_iter()
    .flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")])
    .collect()
}

#[test]
fn how_it_ends_tells_what_was_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let code = |arguments: &[&str]| run(program(folder.path(), arguments));
    for usage in [&[][..], &["no-such-command"], &["serve", "--no-such-flag"], &["greet"]] {
        assert_eq!(code(usage).0, 64, "{usage:?}");
    }
    for asked in [&["--help"][..], &["--version"], &["serve", "--help"]] {
        assert_eq!(code(asked).0, 0, "{asked:?}");
    }
    let (status, said, _) = code(&["--help"]);
    assert_eq!(status, 0);
    for part in ["rogatory-sample", "Does what its callers say", "serve", "migrate", "check-config", "greet"] {
        assert!(said.contains(part), "{said}");
    }
    let (status, _, failed) = code(&["serve", "--set", "server.listen=0.0.0.0:0", "--set", "count=0"]);
    assert_eq!(status, 78);
    for part in ["server.tls", "server.identity", "count is 0"] {
        assert!(failed.lines().any(|line| line.contains(part)), "{failed}");
    }
    assert_eq!(code(&["migrate", "--set", "nonsense=1"]).0, 78);
    // Settings that are fine, and a world that is not.
    let nowhere = "store.url=postgres://nobody@127.0.0.1:1/none";
    let (status, _, failed) = code(&["migrate", "--set", nowhere, "--set", "store.acquire_timeout_ms=100"]);
    assert_eq!(status, 1, "{failed}");
}

#[test]
fn settings_come_from_everywhere_and_go_to_own_commands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "greeting = 'from the file'\n").unwrap();
    let file = file.to_str().unwrap();
    let ran = run(program(folder.path(), &["greet", "ann"]));
    assert_eq!((ran.0, ran.1.trim()), (3, "greet: default ann"));
    // A flag of the whole program may stand before the command or after it.
    for arguments in [["--config", file, "greet", "ann"], ["greet", "ann", "--config", file]] {
        assert_eq!(run(program(folder.path(), &arguments)).1.trim(), "greet: from the file ann");
    }
    let mut command = program(folder.path(), &["greet", "ann", "--config", file]);
    command.env("ROGATORY_SAMPLE__GREETING", "from the environment");
    assert_eq!(run(command).1.trim(), "greet: from the environment ann");
    let mut command = program(folder.path(), &["greet", "ann", "--set", "greeting=from the flag"]);
    command.env("ROGATORY_SAMPLE__GREETING", "from the environment");
    assert_eq!(run(command).1.trim(), "greet: from the flag ann");
}

#[test]
fn what_print_config_says_can_be_read_back_and_has_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let keys = TestKeys::new();
    let flags = with_keys(&keys);
    let mut arguments: Vec<&str> = flags.iter().map(String::as_str).collect();
    arguments.extend(["--set", "greeting=with \"quotes\"", "--set", "server.drain_timeout=90s", "--print-config"]);
    let (status, said, failed) = run(program(folder.path(), &arguments));
    assert_eq!(status, 0, "{failed}");
    assert!(said.contains("drain_timeout = \"90s\""), "{said}");
    let file = folder.path().join("printed.toml");
    std::fs::write(&file, &said).unwrap();
    let again = ["--config", file.to_str().unwrap(), "--print-config"];
    assert_eq!(run(program(folder.path(), &again)).1, said);
    let check = ["check-config", "--config", file.to_str().unwrap()];
    let (status, said, failed) = run(program(folder.path(), &check));
    assert_eq!((status, said.trim()), (0, "the settings are good"), "{failed}");

    let secret = ["--set", "store.url=postgres://ann:hunter2@db.example/rogatory", "--print-config"];
    let (status, said, failed) = run(program(folder.path(), &secret));
    assert_eq!(status, 0);
    assert!(!said.contains("hunter2") && !failed.contains("hunter2"), "{said}");
}

#[test]
fn it_serves_once_it_is_migrated_and_drains_at_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let keys = TestKeys::new();
    let flags = with_keys(&keys);
    let mut arguments: Vec<&str> = flags.iter().map(String::as_str).collect();
    arguments.push("serve");
    let (status, _, failed) = run(program(folder.path(), &arguments));
    assert_eq!(status, 1);
    assert!(failed.contains("migrat"), "{failed}");

    // Whoever migrates needs no keys, and may do so again.
    for _ in 0..2 {
        let (status, said, failed) = run(program(folder.path(), &["migrate"]));
        assert_eq!(status, 0, "{failed}");
        assert!(said.contains("migrations"), "{said}");
    }
    let mut command = program(folder.path(), &arguments);
    let mut serving = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut log = BufReader::new(serving.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(log.any(|line| line.contains("listening")));
    let killed = Command::new("kill").args(["-TERM", &serving.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let rest: Vec<String> = log.collect();
    assert_eq!(serving.wait().unwrap().code(), Some(0), "{rest:#?}");
    let place = |part: &str| rest.iter().position(|line| line.contains(part));
    assert!(place("not serving").expect("health") < place("stopped").expect("the end"), "{rest:#?}");
}
