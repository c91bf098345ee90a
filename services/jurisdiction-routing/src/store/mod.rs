//! Where plans are kept.

pub mod migrations;
mod plan;

pub use plan::insert;
