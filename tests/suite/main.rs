//! The suite as a whole: what the schema promises, what the tree forbids, and five real processes end to end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod architecture;
mod cases;
mod commands;
mod compromise;
mod drain;
mod fuzz;
mod hostile;
mod kill;
mod mutations;
mod readme_lines;
mod redaction;
mod refusals;
mod scenario;
mod schema;
