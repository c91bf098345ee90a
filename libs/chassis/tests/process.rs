//! Runs a part of these tests as a process of its own: where it reads an environment, ends with a code, or owns the
//! logging of its process.

use std::process::Command;

/// Set for a child, so that what it runs does nothing in an ordinary run.
const CHILD: &str = "ROGATORY_TEST_CHILD";

/// This binary, set to run the one test of that name.
pub(crate) fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored", "--nocapture", "--quiet"]).env(CHILD, test);
    command
}

pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}
