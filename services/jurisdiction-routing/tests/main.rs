//! The routing service against its real stack, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod guides;
mod harness;
mod plan_route;
mod resolve_contact;
