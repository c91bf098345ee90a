//! The binary as a person starts it.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::cases_dir;

fn rogatory() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rogatory"))
}

#[test]
fn every_case_comes_out_as_it_says() {
    let demo = rogatory().args(["demo", "--cases"]).arg(cases_dir()).output().unwrap();
    let report = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success(), "{report}\n{}", String::from_utf8_lossy(&demo.stderr));
    assert!(report.contains("all as expected"), "{report}");
    assert!(!report.contains('\u{1b}'), "colour is for terminals");
    assert!(demo.stderr.is_empty(), "{}", String::from_utf8_lossy(&demo.stderr));
}

#[test]
fn a_case_that_comes_out_otherwise_fails_the_demo() {
    let dir = TempDir::new().unwrap();
    let name = "07-mainland-agency-refused.toml";
    let text = std::fs::read_to_string(cases_dir().join(name)).unwrap();
    std::fs::write(dir.path().join(name), text.replacen("outcome = \"out-of-scope\"", "outcome = \"rejected\"", 1))
        .unwrap();
    std::fs::create_dir(dir.path().join("operator")).unwrap();
    std::fs::copy(cases_dir().join("operator/storage.toml"), dir.path().join("operator/storage.toml")).unwrap();
    let demo = rogatory().args(["demo", "--cases"]).arg(dir.path()).output().unwrap();
    let report = String::from_utf8(demo.stdout).unwrap();
    assert_eq!(demo.status.code(), Some(1), "{report}");
    assert!(report.contains("✗ outcome: expected rejected, found out-of-scope"), "{report}");
}

#[test]
fn a_demo_without_cases_says_where_it_looked() {
    let demo = rogatory().args(["demo", "--cases", "/nonexistent/cases"]).output().unwrap();
    assert!(!demo.status.success());
    let said = String::from_utf8(demo.stderr).unwrap();
    assert!(said.contains("/nonexistent/cases") && said.contains("--cases DIR"), "{said}");
}

#[test]
fn a_demo_is_played_with_a_new_suite_only() {
    let data = TempDir::new().unwrap();
    std::fs::write(data.path().join("intake.sqlite3"), "").unwrap();
    let demo = rogatory().args(["demo", "--cases"]).arg(cases_dir()).arg("--data").arg(data.path()).output().unwrap();
    assert!(!demo.status.success());
    let said = String::from_utf8(demo.stderr).unwrap();
    assert!(said.contains(&data.path().display().to_string()) && said.contains("another directory"), "{said}");
}

/// A suite that is up; killed when the test ends before it was stopped.
struct Up(Child);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[test]
fn a_suite_that_is_up_stops_when_it_is_told_to() {
    let data = TempDir::new().unwrap();
    let started = rogatory().args(["up", "--free-ports", "--data"]).arg(data.path()).stdout(Stdio::piped()).spawn();
    let mut up = Up(started.unwrap());
    let mut lines = BufReader::new(up.0.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    assert!(first.starts_with("Rogatory is up"), "{first}");
    let kill = Command::new("kill").args(["-TERM", &up.0.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("grpcurl -cacert") && rest.contains(&format!("--data {}", data.path().display())), "{rest}");
    assert!(up.0.wait().unwrap().success());
}
