//! The services on the wire: convert, call the use case, convert.

mod convert;
mod guide_service;
mod routing_service;

pub use guide_service::GuideDesk;
pub use routing_service::RoutingHandler;
