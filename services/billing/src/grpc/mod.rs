//! The services on the wire: convert, call the use case, convert.

mod billing_service;
mod convert;
mod schedule_service;

pub use billing_service::BillingHandler;
pub use schedule_service::ScheduleDesk;
