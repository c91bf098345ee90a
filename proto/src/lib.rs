//! The schema of Rogatory as Rust: messages, clients, servers and the descriptors that carry comments and options.
//!
//! No logic lives here. A message with a sensitive field (`debug_redact`) prints `[redacted]` in its place.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "the code is generated; the schema carries the docs"
)]

/// The encoded descriptor set, with comments and custom options as the `.proto` files have them.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// Stands in `Debug` output where a sensitive value would stand.
struct Redacted;

impl core::fmt::Debug for Redacted {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("[redacted]")
    }
}

pub mod google {
    pub mod r#type {
        include!(concat!(env!("OUT_DIR"), "/google.r#type.rs"));
    }
}

pub mod rogatory {
    pub mod access {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.access.v1.rs"));
        }
    }
    pub mod rulebook {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.rulebook.v1.rs"));
        }
    }
    pub mod events {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.events.v1.rs"));
        }
    }
    pub mod routing {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.routing.v1.rs"));
        }
    }
    pub mod verification {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.verification.v1.rs"));
        }
    }
    pub mod disclosure {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.disclosure.v1.rs"));
        }
    }
    pub mod billing {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.billing.v1.rs"));
        }
    }
    pub mod intake {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/rogatory.intake.v1.rs"));
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/redacted_debug.rs"));
