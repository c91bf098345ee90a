//! What tests share: a private database for each test on either engine, keys and credentials, services in this process
//! over their real stack. Used by tests and by nothing else.
#![allow(clippy::expect_used, clippy::panic, reason = "used by tests only, which may fail loudly")]

pub mod database;
pub mod keys;
pub mod server;

pub use database::TestDatabase;
pub use keys::TestKeys;
pub use server::{Credential, Signed, TestServer};
