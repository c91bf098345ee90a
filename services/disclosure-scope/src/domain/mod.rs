//! The rules of disclosure. Pure: no transport, no storage, no clock; `now` is an argument.

pub mod bundle;
mod case_words;
pub mod catalogue;
pub mod compare;
pub mod counterexample;
pub mod decision;
pub mod evaluate;
pub mod facts;
pub mod grant;
pub mod invariant;
mod judge;
pub mod ladder;
pub mod pack;
pub mod policy;
mod policy_file;
pub mod production;
mod reach;
pub mod replay;
pub mod token;
mod window;
