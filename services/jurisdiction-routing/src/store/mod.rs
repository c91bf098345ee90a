//! Where plans are kept.

pub mod migrations;
pub mod plan;
