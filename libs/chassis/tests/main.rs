//! The chassis at its boundary: a small service over the real stack, called over TLS as any other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod access;
mod command;
mod credentials;
mod deadlines;
mod drain;
mod events;
mod health;
mod keys;
mod load;
mod messages;
mod peers;
mod process;
mod reflection;
mod sample;
mod secrets;
mod settings;
mod telemetry;
mod wire;
