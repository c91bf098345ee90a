//! What the vocabulary and the history promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod countries;
mod effective_dating;
mod rule_file;
mod vocabulary;
