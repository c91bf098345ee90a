//! The rules of billing, pure: `now` is an argument, and nothing here reads, writes or waits.

pub mod estimate;
pub mod invoice;
pub mod money;
pub mod quote;
pub mod schedule;
mod schedule_file;
pub mod work;

#[cfg(test)]
mod tests;
