//! One file per RPC: load, decide with the domain, store in one transaction.

mod approve_decision;
mod check_disclosure;
mod compare_policy_revisions;
mod evaluate_scope;
mod get_decision;
mod get_grant;
mod get_key_set;
mod get_production;
mod grant_book;
mod list_decisions;
mod list_grants;
mod policy_revisions;
mod propose_decision;
mod prover;
mod publish_policy_revision;
mod record_authority_approval;
mod record_production;
mod reject_decision;
mod replay_decision;
mod revoke_grant;
mod validate_policy_revision;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rogatory_chassis::{Failure, FieldFaults, Violation};
use rogatory_names::{DecisionId, RequestId};
use rogatory_rulebook::{Provenance, Published};
use rogatory_store::{FilterDigest, PageToken, Store, Tx, revisions::LiveHistory};

pub use self::prover::{Equivalence, Prover};
pub(crate) use self::{
    approve_decision::ApproveDecision,
    compare_policy_revisions::{ChangedDecision, ComparePolicyRevisions, Comparison, PolicyDifference},
    evaluate_scope::EvaluatedScope,
    grant_book::GrantBook,
    policy_revisions::{Policies, PolicyRevisions},
    propose_decision::ProposeDecision,
    publish_policy_revision::PublishPolicyRevision,
    record_authority_approval::RecordAuthorityApproval,
    record_production::RecordProduction,
    reject_decision::RejectDecision,
    replay_decision::Replay,
    revoke_grant::RevokeGrant,
};
use crate::{
    domain::{
        decision::{Decision, Refusal},
        evaluate::{Evaluation, count, evaluate},
        facts::Facts,
        policy::Policy,
        token::Signer,
    },
    store::{Listing, Versioned, decisions},
};

/// Version of the program, for the provenance of what it decides.
const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The most results of a request: what an answer can carry.
const MOST_RESULTS: usize = 1500;

/// What the use cases work on. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Disclosure {
    store: Store,
    policies: LiveHistory<Policy>,
    signer: Arc<Signer>,
    book: GrantBook,
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
    /// Over this database and what is published; grants are signed by `signer` and checked in `book`.
    pub(crate) fn new(store: Store, policies: LiveHistory<Policy>, signer: Signer, book: GrantBook) -> Self {
        Self { store, policies, signer: Arc::new(signer), book }
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
        decided(&policy, facts, rules_time, now)
    }

    /// Evaluates facts under the revision that decided before, whatever is in force now.
    async fn again(
        &self,
        facts: &Facts,
        before: &Provenance,
        now: DateTime<Utc>,
    ) -> Result<(Evaluation, Provenance), Failure> {
        let policy = self.policies.get(&before.revision).await?;
        let policy = policy.ok_or_else(|| Failure::bug("a decision rests on a revision that is not published"))?;
        decided(&policy, facts, before.rules_time, now)
    }
}

fn decided(
    policy: &Published<Policy>,
    facts: &Facts,
    rules_time: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(Evaluation, Provenance), Failure> {
    let results = count(policy.rules(), &facts.items);
    if results > MOST_RESULTS {
        let broad = &policy.rules().everything;
        return Err(Failure::field(
            "facts.items",
            format!(
                "ask for {results} elements in all, with `{broad}` counted for each; at most {MOST_RESULTS} in a request"
            ),
        ));
    }
    let provenance = policy.provenance(ENGINE_VERSION, now, rules_time);
    Ok((evaluate(policy.rules(), &provenance.revision, facts), provenance))
}

/// A decision that is about to change, as the caller read it.
async fn read(tx: &Tx, id: DecisionId, version: i64) -> Result<Decision, Failure> {
    let found = decisions::get(tx, id).await?.ok_or_else(|| Failure::not_found(id.name()))?;
    if found.version == version { Ok(found.value) } else { Err(Failure::EtagMismatch { name: id.name() }) }
}

/// Stores a changed decision. Of two who change at once, both have read the same version; one of them has to read again.
async fn keep(tx: &Tx, decision: &Decision, version: i64) -> Result<Versioned<Decision>, Failure> {
    decisions::update(tx, decision, version).await?.ok_or_else(|| Failure::EtagMismatch { name: decision.id.name() })
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
        Refusal::NothingHeld => violation(
            "NOTHING_HELD",
            name.clone(),
            "no item of it is held that the approval covers; name the elements and targets that are held",
        ),
        Refusal::Widens(positions) => {
            let mut faults = FieldFaults::new();
            for (index, fault) in positions {
                faults.add(format!("narrowings[{index}]"), fault);
            }
            faults.into()
        }
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
