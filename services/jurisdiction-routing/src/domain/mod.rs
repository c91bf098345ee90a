//! The rules of routing. Pure: no transport, no storage, no clock; `now` and the time whose rules apply are arguments.

pub mod channel;
pub mod channels;
pub mod compare;
pub mod guide;
mod guide_entries;
mod guide_file;
pub mod plan;
pub mod residence;
pub mod route;
pub mod treaties;
mod treaty_file;

#[cfg(test)]
#[allow(clippy::panic, reason = "a test may fail loudly")]
pub(crate) mod test_guide;
