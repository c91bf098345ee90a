//! The load harness: what a call costs, as a ratio against a baseline measured in the same run on the same machine.

pub mod bare_rows;
pub mod driver;
pub mod echo;
pub mod process;
