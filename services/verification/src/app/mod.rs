//! One file per use case.

mod conclude_verification;
mod create_agency;
mod get_agency;
mod get_verification;
mod list_agencies;
mod list_verifications;
mod open_verification;
mod record_evidence;
mod seed_registry;
mod update_agency;

use std::sync::Arc;

use rogatory_chassis::{Failure, Violation};
use rogatory_names::VerificationId;
use rogatory_rulebook::Finding;
use rogatory_store::{Changed, NewEvent, Store, StoreError, Tx};

pub use crate::store::{Stored, agencies::Filter as AgencyFilter, verifications::Filter as VerificationFilter};
pub use seed_registry::{SeedError, seed_registry};

use crate::{
    domain::{
        domain_match::domain_of,
        gather::{Gathered, gather},
        rules::VerificationRules,
        verification::{Facts, Refusal, Verification},
    },
    store,
};

/// Version of the program, for the provenance of what it decides.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the use cases work on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Verifying {
    store: Store,
    rules: Arc<VerificationRules>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<Stored<T>>,
    /// Token of the next page; empty on the last.
    pub next_page_token: String,
}

impl Verifying {
    /// Over a database and the rules.
    #[must_use]
    pub fn new(store: Store, rules: VerificationRules) -> Self {
        Self { store, rules: Arc::new(rules) }
    }

    /// The rules that decide.
    #[must_use]
    pub fn rules(&self) -> &VerificationRules {
        &self.rules
    }

    /// What the registry says of a request now.
    async fn gather(&self, tx: &Tx, facts: &Facts) -> Result<Gathered, StoreError> {
        let sender = facts.officer.email.as_deref().and_then(domain_of);
        let held = store::agencies::held(tx, facts.country, &facts.agency_name, sender.as_deref()).await?;
        Ok(gather(facts, &held, &self.rules))
    }

    async fn stored(&self, tx: &Tx, id: VerificationId) -> Result<Stored<Verification>, Failure> {
        store::verifications::get(tx, id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}

/// What the feed and the ledger say of a change to a verification: names and codes. `facts` are told by both.
fn trace(kind: &str, of: &Verification, facts: &[(&str, &str)]) -> Changed {
    let (name, request) = (of.id.name(), of.facts.request.name());
    let mut event = NewEvent::new(kind, &name).of_request(&request);
    let mut changed = Changed::new(name).fact("request", request);
    for (key, value) in facts {
        event = event.fact(*key, *value);
        changed = changed.fact(*key, *value);
    }
    changed.event(event)
}

fn failure(refusal: Refusal, id: VerificationId) -> Failure {
    let violation = |code: &str, description: &str| Violation {
        code: code.to_owned(),
        subject: id.name(),
        description: description.to_owned(),
    };
    let of_need = |need: &Finding| violation(need.code(), need.sentence());
    let (state, violations) = match refusal {
        Refusal::NotOpen(state) => (state.code(), Vec::new()),
        Refusal::NumberNotHeld => {
            let said = "call back a number that the registry held for the recognised agency before the request was \
                        received, never one that the request gives";
            ("OPEN", vec![violation("NUMBER_NOT_HELD_BEFORE", said)])
        }
        Refusal::Needs(needs) => ("OPEN", needs.iter().map(of_need).collect()),
    };
    Failure::StateForbids { name: id.name(), state: state.to_owned(), violations }
}
