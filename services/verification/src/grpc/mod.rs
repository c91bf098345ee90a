//! The services on the wire: convert, call the use case, convert.

mod agency_service;
mod convert;
mod verification_service;

pub use agency_service::AgencyHandler;
pub use verification_service::VerificationHandler;
