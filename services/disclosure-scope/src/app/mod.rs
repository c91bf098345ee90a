//! One file per RPC: load, decide with the domain, store in one transaction.

mod approve_decision;
mod check_disclosure;
mod evaluate_scope;
mod get_decision;
mod get_grant;
mod list_decisions;
mod list_grants;
mod propose_decision;
mod record_production;
mod reject_decision;
mod revoke_grant;

use chrono::{DateTime, Utc};
use rogatory_chassis::{Failure, Violation, revision_desk::RevisionDesk};
use rogatory_names::RequestId;
use rogatory_rulebook::Provenance;
use rogatory_store::{FilterDigest, PageToken, Store, revisions::LiveHistory};

pub(crate) use self::{
    approve_decision::ApproveDecision, evaluate_scope::EvaluatedScope, propose_decision::ProposeDecision,
    record_production::RecordProduction, reject_decision::RejectDecision, revoke_grant::RevokeGrant,
};
use crate::{
    domain::{
        decision::{Decision, Refusal},
        evaluate::{Evaluation, evaluate},
        facts::Facts,
        policy::Policy,
    },
    store::{Listing, Versioned},
};

/// Version of the program, for the provenance of what it decides.
const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The desk at which policies are drafted and published.
pub(crate) type Policies = RevisionDesk<Policy>;

/// What the use cases work on. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Disclosure {
    store: Store,
    policies: LiveHistory<Policy>,
}

/// Which page of a list is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Paging {
    /// At most so many.
    pub(crate) size: u64,
    /// Token of the page before's answer; empty for the first.
    pub(crate) token: String,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub(crate) struct Page<T> {
    /// Newest first.
    pub(crate) rows: Vec<Versioned<T>>,
    /// Token of the next page; empty on the last.
    pub(crate) next_page_token: String,
}

impl Disclosure {
    /// Over this database and what is published.
    pub(crate) fn new(store: Store, policies: LiveHistory<Policy>) -> Self {
        Self { store, policies }
    }

    /// Evaluates facts under the policy of their platform that is in force at `rules_time`.
    async fn evaluated(
        &self,
        facts: &Facts,
        rules_time: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(Evaluation, Provenance), Failure> {
        let policy = self
            .policies
            .in_force(&facts.platform, rules_time)
            .await?
            .ok_or_else(|| Failure::NoRevisionInForce { document: facts.platform.clone() })?;
        let provenance = policy.provenance(ENGINE_VERSION, now, rules_time);
        Ok((evaluate(policy.rules(), &provenance.revision, facts), provenance))
    }
}

/// Why a decision does not allow a change, as a failure.
fn refused(decision: &Decision, refusal: Refusal) -> Failure {
    let name = decision.id.name();
    let state = decision.state.as_str().to_owned();
    let violation = |code: &str, subject: String, description: &str| Failure::StateForbids {
        name: name.clone(),
        state: state.clone(),
        violations: vec![Violation { code: code.to_owned(), subject, description: description.to_owned() }],
    };
    match refusal {
        Refusal::NotProposed => Failure::state(name, state),
        Refusal::NothingAllowed => violation(
            "NOTHING_ALLOWED",
            name.clone(),
            "no item of it may leave; reject it, and propose again when that has changed",
        ),
        Refusal::VerificationExpired => violation(
            "VERIFICATION_EXPIRED",
            decision.verification.name(),
            "the verification may no longer be relied on; verify again and propose again",
        ),
        Refusal::AnotherPersonNeeded => Failure::SecondPersonNeeded { name },
    }
}

/// The store's listing for a page, asking for one row more than the page to know whether there is another.
fn listing(
    request: Option<RequestId>,
    state: Option<&'static str>,
    paging: &Paging,
    filter: FilterDigest,
) -> Result<Listing, Failure> {
    let token = PageToken::decode(&paging.token, filter)
        .map_err(|_| Failure::TokenMismatch { field: "page_token".to_owned() })?;
    Ok(Listing { request, state, after: token.map(|token| token.after), limit: paging.size + 1 })
}

/// The page out of the rows that were found for [`listing`].
fn page<T>(
    mut rows: Vec<Versioned<T>>,
    paging: &Paging,
    filter: FilterDigest,
    id: impl FnOnce(&T) -> String,
) -> Page<T> {
    let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| more);
    let next_page_token = last.map(|last| PageToken::after(id(&last.value)).encode(filter)).unwrap_or_default();
    Page { rows, next_page_token }
}
