//! What every server of the suite shares at run time: settings, telemetry, TLS, the ordered stack of a call, access,
//! failures, health, reflection, drain, calls to peers, the command line.
//!
//! A service implements [`program::Program`]; its binary is [`command::run`]. A handler takes a
//! [`CallContext`], collects bad fields in [`FieldFaults`], calls its app room, which returns [`Failure`], and converts.

pub mod access;
pub mod call_key;
pub mod caller;
pub mod clock;
pub mod command;
pub mod convert;
pub mod development;
mod duration;
mod events;
pub mod failure;
pub mod faults;
mod health;
pub mod identity;
mod listener;
pub mod loader;
pub mod peers;
pub mod program;
mod reflection;
mod resolver;
pub mod revision_desk;
pub mod server;
pub mod service;
pub mod settings;
mod stack;
pub mod telemetry;

pub use call_key::CallKey;
pub use caller::{CallContext, Caller, Peer, Role};
pub use clock::{Clock, FakeClock, SystemClock};
pub use failure::{Failure, Violation};
pub use faults::FieldFaults;
pub use listener::TlsError;
pub use peers::{PeerChannel, PeerSettings};
pub use program::{Program, Runtime, StartError};
pub use service::Service;
pub use settings::{ServerSettings, Settings};
