//! The only place that calls other services, and that knows their messages. A peer's answer that is not what its schema
//! promises is a failure, never a guess.

pub mod billing;
pub mod disclosure;
pub mod feed;
pub mod routing;
pub mod verification;

use rogatory_chassis::{Failure, convert};
use rogatory_proto::rogatory::rulebook::v1 as wire;
use rogatory_rulebook::Finding;

use self::{billing::Billing, disclosure::Disclosure, routing::Routing, verification::Verification};
use crate::domain::request::{Essentials, LegalRequest};

/// The four services that intake drives.
#[derive(Debug, Clone)]
pub struct Peers {
    /// Whom to serve.
    pub routing: Routing,
    /// Who asks.
    pub verification: Verification,
    /// What may leave.
    pub disclosure: Disclosure,
    /// What it costs.
    pub billing: Billing,
}

/// The essentials of a request that was filed.
fn essentials(request: &LegalRequest) -> Result<Essentials<'_>, Failure> {
    request.particulars.essentials().ok_or_else(|| Failure::bug("a request was filed without its essentials"))
}

/// An answer that is not what the schema promises.
fn malformed(peer: &'static str) -> Failure {
    Failure::internal(format!("{peer} answered something that its schema does not allow"))
}

/// The id of what is there already; any other failure stays what it is.
fn existing<T, E>(failure: Failure, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, Failure> {
    match failure {
        Failure::AlreadyExists { name } => parse(&name).map_err(|_| Failure::AlreadyExists { name }),
        other => Err(other),
    }
}

fn findings(answer: Vec<wire::Finding>) -> Option<Vec<Finding>> {
    answer.into_iter().map(convert::read_finding).collect()
}
