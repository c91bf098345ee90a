//! The disclosure service: its rules, and its real stack over a real database.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod domain;
mod prove;
mod server;
