//! The command line of the five binaries and of the all-in-one, as an operator types it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Output, Stdio},
};

use rogatory_tests::suite::{Area, Engine, Suite, binary};
use tempfile::TempDir;

/// Exit code of a command that was called wrongly.
const USAGE: i32 = 64;
/// Exit code of settings that do not work.
const CONFIG: i32 = 78;

fn service(area: Area) -> Command {
    Command::new(binary(&format!("rogatory-{}", area.name())))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn prefix(area: Area) -> String {
    format!("ROGATORY_{}__", area.name().to_uppercase())
}

#[test]
fn help_tells_the_commands() {
    for area in Area::ALL {
        let help = service(area).arg("--help").output().unwrap();
        let told = stdout(&help);
        assert!(help.status.success(), "{told}");
        for word in ["serve", "migrate", "check-config", "--print-config", "--config", "--set"] {
            assert!(told.contains(word), "{}: no {word} in {told}", area.name());
        }
        let nothing = service(area).output().unwrap();
        assert_eq!(nothing.status.code(), Some(USAGE), "{}", area.name());
        assert!(stderr(&nothing).contains("Usage:"), "{}: {}", area.name(), stderr(&nothing));
        let wrong = service(area).arg("destroy").output().unwrap();
        assert_eq!(wrong.status.code(), Some(USAGE), "{}", area.name());
        assert!(stderr(&wrong).contains("destroy"), "{}: {}", area.name(), stderr(&wrong));
    }
}

#[test]
fn printed_settings_can_be_read_again() {
    let folder = TempDir::new().unwrap();
    for area in Area::ALL {
        let printed = service(area).args(["--print-config", "--set", "server.drain_timeout=7s"]).output().unwrap();
        assert!(printed.status.success(), "{}: {}", area.name(), stderr(&printed));
        let file = folder.path().join(format!("{}.toml", area.name()));
        fs::write(&file, &printed.stdout).unwrap();
        let again = service(area).arg("--print-config").arg("--config").arg(&file).output().unwrap();
        assert!(again.status.success(), "{}: {}", area.name(), stderr(&again));
        assert_eq!(stdout(&again), stdout(&printed), "{}", area.name());
        assert!(stdout(&again).contains("drain_timeout = \"7s\""), "{}: {}", area.name(), stdout(&again));
    }
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.toml");
    fs::write(&file, "[server]\nlisten = \"127.0.0.1:1001\"\nlame_duck = \"1s\"\ndrain_timeout = \"1s\"\n").unwrap();
    for area in Area::ALL {
        let mut command = service(area);
        command.arg("--print-config").arg("--config").arg(&file).args(["--set", "server.lame_duck=3s"]);
        for (key, value) in
            [("SERVER__LAME_DUCK", "2s"), ("SERVER__DRAIN_TIMEOUT", "2s"), ("STORE__URL", "sqlite://other.sqlite")]
        {
            command.env(format!("{}{key}", prefix(area)), value);
        }
        let output = command.output().unwrap();
        let printed = stdout(&output);
        assert!(output.status.success(), "{}: {}", area.name(), stderr(&output));
        for line in [
            "listen = \"127.0.0.1:1001\"",
            "lame_duck = \"3s\"",
            "drain_timeout = \"2s\"",
            "url = \"sqlite://other.sqlite\"",
        ] {
            assert!(printed.lines().any(|printed| printed == line), "{}: no {line} in {printed}", area.name());
        }
    }
}

#[test]
fn a_setting_that_nobody_knows_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("settings.toml");
    fs::write(&file, "[server]\n\n\nlisen = \"127.0.0.1:1001\"\n").unwrap();
    for area in Area::ALL {
        for command in ["check-config", "serve", "migrate"] {
            let refused = service(area).arg(command).arg("--config").arg(&file).output().unwrap();
            assert_eq!(refused.status.code(), Some(CONFIG), "{} {command}", area.name());
            let told = stderr(&refused);
            assert!(
                told.contains("settings.toml:4: ") && told.contains("`lisen`"),
                "{} {command}: {told}",
                area.name()
            );
        }
        let name = format!("{}SERVER__LISEN", prefix(area));
        let refused =
            service(area).arg("check-config").env(&name, "x").args(["--set", "stoer.url=x"]).output().unwrap();
        let told = stderr(&refused);
        assert_eq!(refused.status.code(), Some(CONFIG), "{}", area.name());
        assert!(told.contains(&name) && told.contains("lisen"), "{}: {told}", area.name());
        assert!(told.contains("--set stoer.url") && told.contains("stoer"), "{}: {told}", area.name());
        let missing = service(area).args(["check-config", "--config", "/nonexistent/settings.toml"]).output().unwrap();
        assert_eq!(missing.status.code(), Some(CONFIG), "{}", area.name());
        assert!(stderr(&missing).contains("/nonexistent/settings.toml"), "{}", stderr(&missing));
    }
}

#[test]
fn off_loopback_needs_keys_and_every_fault_is_told_at_once() {
    for area in Area::ALL {
        for command in ["check-config", "serve"] {
            let mut run = service(area);
            run.args([command, "--set", "server.listen=0.0.0.0:0", "--set", "server.limits.max_in_flight=0"]);
            run.args(["--set", "server.telemetry.sample_ratio=2.0", "--set", "server.telemetry.log_filter=a=b=c"]);
            let refused = run.output().unwrap();
            let told = stderr(&refused);
            assert_eq!(refused.status.code(), Some(CONFIG), "{} {command}: {told}", area.name());
            for fault in [
                "server.listen is 0.0.0.0:0, off loopback: set server.tls",
                "server.listen is 0.0.0.0:0, off loopback: set server.identity",
                "server.limits.max_in_flight is 0",
                "server.telemetry.sample_ratio",
                "server.telemetry.log_filter",
            ] {
                assert!(told.contains(fault), "{} {command}: no {fault} in {told}", area.name());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_migrated_before_it_is_served_on_sqlite() {
    migrated_first(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_migrated_before_it_is_served_on_postgres() {
    migrated_first(Engine::Postgres).await;
}

async fn migrated_first(engine: Engine) {
    let mut suite = Suite::prepare(engine, "", &[]).await;
    for area in Area::ALL {
        let good = suite.command(area, &["check-config"]).output().unwrap();
        assert_eq!(
            (good.status.code(), stdout(&good).as_str()),
            (Some(0), "the settings are good\n"),
            "{}",
            stderr(&good)
        );

        let refused = suite.command(area, &["serve"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{}: {}", area.name(), stderr(&refused));
        let told = stderr(&refused);
        assert!(told.contains("migrat"), "{}: says what to do: {told}", area.name());

        let first = suite.output(area, &["migrate"]);
        assert!(!first.starts_with("0 "), "{}: {first}", area.name());
        let again = suite.output(area, &["migrate"]);
        assert!(again.starts_with("0 migrations"), "{}: {again}", area.name());
        suite.serve(area).await;
        assert_eq!(suite.terminate(area).await, Some(0), "{}", area.name());
        let secret = suite.log(area);
        assert!(!secret.contains("PRIVATE KEY"), "{}", area.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_goes_out_and_comes_back_the_same() {
    let folder = TempDir::new().unwrap();
    let suite = Suite::prepare(Engine::Sqlite, "", &[]).await;
    let _ = suite.output(Area::Verification, &["migrate"]);
    for format in ["csv", "toml"] {
        let file = folder.path().join(format!("registry.{format}"));
        let path = file.display().to_string();
        let written = suite.output(Area::Verification, &["export-registry", "--format", format, "--out", &path]);
        assert!(written.contains(&path), "{written}");
        let checked = suite.output(Area::Verification, &["import-registry", "--check", &path]);
        assert!(checked.contains("no fault"), "{checked}");
        let taken = suite.output(Area::Verification, &["import-registry", &path]);
        assert_eq!(taken, "0 agencies added, 0 replaced\n", "{format}: what it knows already changes nothing");
        let again = suite.output(Area::Verification, &["export-registry", "--format", format]);
        assert_eq!(again, fs::read_to_string(&file).unwrap(), "{format}: the same after it");
    }
}

/// A process that goes with the test.
struct Up(Child);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_all_in_one_starts_gives_tokens_and_ends() {
    let data = TempDir::new().unwrap();
    // Twice in one folder: the second start finds keys and databases.
    for _ in 0..2 {
        let mut command = Command::new(binary("rogatory"));
        command.args(["up", "--free-ports", "--data"]).arg(data.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut up = Up(command.spawn().unwrap());
        let mut lines = BufReader::new(up.0.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        assert!(first.starts_with("Rogatory is up"), "{first}");
        let asked = Command::new("kill").args(["-TERM", &up.0.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert_eq!(
            up.0.wait().unwrap().code(),
            Some(0),
            "a signal that comes right after the start ends it as any other"
        );
    }
    let token = Command::new(binary("rogatory"))
        .args(["token", "--role", "analyst", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(token.status.success(), "{}", stderr(&token));
    assert_eq!(stdout(&token).trim().split('.').count(), 3, "a token and nothing else");
    let nobody =
        Command::new(binary("rogatory")).args(["token", "--role", "king", "--data"]).arg(data.path()).output().unwrap();
    assert!(!nobody.status.success() && stderr(&nobody).contains("analyst"), "{}", stderr(&nobody));
}
