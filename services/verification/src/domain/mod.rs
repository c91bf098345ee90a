//! The rules of verification. Pure: no transport, no storage, no clock; `now` is an argument.

pub mod agency;
pub mod conclude;
#[cfg(test)]
mod conclude_tests;
pub mod domain_match;
pub mod evidence;
pub mod gather;
#[cfg(test)]
mod gather_tests;
#[cfg(test)]
mod model_tests;
pub mod rules;
mod rules_file;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod samples;
pub mod seed;
pub mod verification;
