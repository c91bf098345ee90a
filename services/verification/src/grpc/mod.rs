//! The gRPC handlers: convert, call the use case, convert.

mod agency_service;
mod convert;
mod rule_service;
mod verification_service;

pub use agency_service::AgencyHandler;
pub use rule_service::RuleDesk;
pub use verification_service::VerificationHandler;
