//! The rules of disclosure. Pure: no transport, no storage, no clock; `now` is an argument.

pub mod catalogue;
pub mod decision;
pub mod evaluate;
pub mod facts;
pub mod grant;
pub mod policy;
mod policy_file;
pub mod production;
pub mod rule;
