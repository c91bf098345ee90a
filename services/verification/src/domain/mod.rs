//! The rules of verification. Pure: no transport, no storage, no clock; `now` is an argument.

pub mod agency;
pub mod approval;
#[cfg(test)]
mod case_tests;
pub mod challenge;
pub mod compromise;
pub mod conclude;
#[cfg(test)]
mod conclude_tests;
pub mod debt;
pub mod domain_match;
pub mod evidence;
pub mod facts;
pub mod gather;
#[cfg(test)]
mod gather_tests;
pub mod known;
#[cfg(test)]
mod life_tests;
pub mod lookalike;
pub mod message;
pub mod message_verdict;
#[cfg(test)]
mod message_verdict_tests;
#[cfg(test)]
mod model_tests;
pub mod record;
pub mod registry_csv;
pub mod registry_file;
pub mod reopening;
pub mod rules;
mod rules_entries;
mod rules_file;
mod rules_limits;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod samples;
pub mod signals;
pub mod signature;
pub mod verification;
