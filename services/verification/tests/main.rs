//! The verification service against its real stack, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod agencies;
mod approval;
mod bad_input;
mod challenge;
mod compromise;
mod conclusion;
mod copies;
mod evidence;
mod harness;
mod history;
mod limits;
mod lists;
mod logs;
mod message_check;
mod messages;
mod model;
mod opening;
mod papers;
mod reliances;
mod rules;
mod samples;
mod seed;
mod senders;
mod signals;
mod sweep;
mod traces;
