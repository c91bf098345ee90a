//! The all-in-one from outside: the case files, the printing, the development keys, the demo itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod case_files;
mod development;
mod printing;
mod processes;

use std::path::{Path, PathBuf};

/// The cases that are shipped.
fn cases_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}
