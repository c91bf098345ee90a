//! Plays a case against the five services over gRPC: the agency, the verifier, the approvers, the data platform and the
//! biller, each with a token of their own.

mod act;
mod authorise;
mod bill;
mod burn;
pub(crate) mod expectations;
mod operator;
mod people;
mod postbox;
mod report;
mod runner;
mod verify;

pub use self::{
    operator::{Proof, publish_schedule, publish_storage},
    people::{Channels, Issuer, Offices, People, Person, TokenRefused},
    postbox::{NoCode, Postbox},
    report::{Answered, Attempt, Authorised, Burned, Check, Report},
    runner::{Progress, play},
};
