//! Intake, from its pure rules to its real stack: on both engines, and with the real other four services beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod access;
mod authority;
mod bad_input;
mod command;
mod completeness;
mod docket;
mod docket_rules;
mod documents;
mod enquiries;
mod enquiry_rules;
mod fake_verification;
mod feeds;
mod filing;
mod freeze;
mod isolation;
mod letters;
mod life;
mod lifecycle;
mod outcomes;
mod random_calls;
mod random_lives;
mod reopening;
mod residence;
mod sample;
mod secrets;
mod signed_copies;
mod suite;
mod supplements;
mod target_keys;
mod whole_life;
mod wire;

/// Runs each test on both engines.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::suite::Kind::Sqlite).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::suite::Kind::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both_engines;
