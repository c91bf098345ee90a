//! Plays a case against the five services over gRPC: the agency, the verifier, the approvers, the data platform and the
//! biller, each with a token of their own.

mod act;
mod bill;
pub(crate) mod expectations;
mod operator;
mod people;
mod report;
mod runner;

pub use self::{
    operator::{publish_schedule, publish_storage},
    people::{Channels, Issuer, Offices, People, Person, TokenRefused},
    report::{Answered, Attempt, Check, Report},
    runner::{Progress, play},
};
