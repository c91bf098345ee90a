//! What the tests of the whole suite share: the schema as they enumerate it, and five real processes to call.
#![allow(clippy::expect_used, clippy::panic, reason = "used by tests and the load harness only, which may fail loudly")]

pub mod load;
pub mod schema;
pub mod suite;
pub mod wire;
