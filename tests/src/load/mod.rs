//! The load harness: what a call costs, as a ratio against a baseline measured in the same run on the same machine.

pub mod all_in_one;
pub mod bare_rows;
pub mod batch;
pub mod clones;
pub mod codec;
pub mod disclosure;
pub mod driver;
pub mod echo;
pub mod effort;
pub mod history;
pub mod intake;
pub mod papers;
pub mod process;
pub mod routing;
pub mod serving;
pub mod table;
pub mod verification;
