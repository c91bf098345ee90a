//! The verification service against its real stack, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod agencies;
mod bad_input;
mod conclusion;
mod evidence;
mod harness;
mod lists;
mod opening;
mod seed;
mod traces;
