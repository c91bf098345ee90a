//! The routing service against its real stack, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod bad_guides;
mod batch_resolve_contacts;
mod compare_guide_revisions;
mod guides;
mod harness;
mod plan_route;
mod replicas;
mod resolve_contact;
mod stored_plans;
