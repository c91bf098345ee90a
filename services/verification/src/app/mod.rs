//! One file per use case.

mod answer_challenge;
mod approve_verification;
mod challenge_codes;
mod challenge_mail;
mod conclude_verification;
mod create_agency;
mod examine;
mod get_agency;
mod get_compromise;
mod get_verification;
mod import_registry;
mod list_agencies;
mod list_compromised_productions;
mod list_verifications;
mod lookalikes;
pub mod message_check;
mod open_verification;
mod record_evidence;
mod record_reliance;
mod report_compromise;
mod send_challenge;
mod sweep;
mod update_agency;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rogatory_chassis::{Failure, Violation, revision_desk::RevisionDesk};
use rogatory_names::VerificationId;
use rogatory_rulebook::{Finding, Published};
use rogatory_store::{Changed, FilterDigest, NewEvent, PageToken, Store, StoreError, Tx, revisions::LiveHistory};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

pub use crate::store::{Stored, agencies::Filter as AgencyFilter, verifications::Filter as VerificationFilter};
pub use challenge_codes::CodeKey;
pub use challenge_mail::{Mailer, Transport};
pub use examine::{Copy, Examiner, Message};
pub use get_compromise::CompromiseView;
pub use import_registry::{ImportError, Imported, import_registry};
pub use open_verification::Opening;
pub use report_compromise::CompromiseReport;
pub use sweep::Sweeper;

use crate::{
    domain::{
        agency::Agency,
        compromise::Compromise,
        debt::DebtOverdue,
        domain_match::domain_of,
        gather::{Gathered, Held, Past, gather, recognised},
        known::KnownAgency,
        rules::VerificationRules,
        verification::{Facts, Refusal, State, Verification},
    },
    store,
};
use lookalikes::Lookalikes;

/// Version of the program, for the provenance of what it decides.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The document of the rules. There is one.
pub const DOCUMENT: &str = "verification";

/// The desk at which rules are drafted and published.
pub type Desk = RevisionDesk<VerificationRules>;

/// What the use cases work on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Verifying {
    store: Store,
    rules: LiveHistory<VerificationRules>,
    examiner: Examiner,
    lookalikes: Arc<Lookalikes>,
    codes: Option<CodeKey>,
    /// Tells the workers that there is something to mail, or to sweep.
    work: Arc<Notify>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Token of the next page; empty on the last.
    pub next_page_token: String,
}

impl<T> Page<T> {
    /// The first `size` of what was found, which is one more where there is another page. `place` tells where an item stands
    /// in the list.
    fn cut(mut found: Vec<T>, size: u64, filter: FilterDigest, place: impl Fn(&T) -> String) -> Self {
        let more = u64::try_from(found.len()).is_ok_and(|found| found > size);
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let last = found.last().filter(|_| more);
        let token = last.map(|last| PageToken::after(place(last)).encode(filter));
        Self { items: found, next_page_token: token.unwrap_or_default() }
    }
}

/// An agency with what is known of it beside its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyView {
    /// The agency.
    pub agency: Stored<Agency>,
    /// The reports about it or about its domains.
    pub reports: Vec<Compromise>,
    /// The emergencies whose formal Request is overdue.
    pub overdue: Vec<(String, DateTime<Utc>)>,
}

impl Verifying {
    /// Over a database, the rules published in it, what examines mail and papers, and, where challenges can be mailed, the
    /// key of their codes.
    #[must_use]
    pub fn new(
        store: Store,
        rules: LiveHistory<VerificationRules>,
        examiner: Examiner,
        codes: Option<CodeKey>,
    ) -> Self {
        Self { store, rules, examiner, lookalikes: Arc::default(), codes, work: Arc::default() }
    }

    /// Reads the registered domains into memory, so that the first search for look-alikes need not.
    ///
    /// # Errors
    /// The store's.
    pub async fn read_domains(&self) -> Result<(), StoreError> {
        self.lookalikes.read(self.store.read()).await
    }

    /// The rules that were in force at a time. Reads memory.
    ///
    /// # Errors
    /// [`Failure::NoRevisionInForce`] when there were none; [`Failure::RevisionUnusable`] when this version cannot use them.
    pub async fn rules_at(&self, at: DateTime<Utc>) -> Result<Arc<Published<VerificationRules>>, Failure> {
        let found = self.rules.in_force(DOCUMENT, at).await?;
        found.ok_or_else(|| Failure::NoRevisionInForce { document: DOCUMENT.to_owned() })
    }

    /// What the registry holds that concerns a request now.
    async fn held(&self, tx: &Tx, facts: &Facts, rules: &VerificationRules) -> Result<Held, Failure> {
        let sender = facts.officer.email.as_deref().and_then(domain_of);
        let mut held = store::agencies::held(tx, facts.country, &facts.agency_name, sender.as_deref()).await?;
        if let Some(sender) = sender.filter(|_| held.owners.is_empty()) {
            held.domains = self.lookalikes.resembled_by(tx, &sender, rules.lookalike()).await?.into_iter().collect();
        }
        Ok(held)
    }

    /// What the registry and the ledger say of a request now, and the agency that is recognised. `of` is its verification,
    /// none before that is stored.
    async fn gather(
        &self,
        tx: &Tx,
        facts: &Facts,
        of: Option<VerificationId>,
        rules: &VerificationRules,
        now: DateTime<Utc>,
    ) -> Result<(Gathered, Option<KnownAgency>), Failure> {
        let held = self.held(tx, facts, rules).await?;
        let agency = recognised(facts, &held);
        let id = agency.map(|agency| agency.id);
        let signals = store::past::signals(tx, facts, id, of, rules.signal_windows()).await?;
        let debts: Vec<DebtOverdue> =
            store::past::debts(tx, id.into_iter()).await?.into_iter().map(|(_, debt)| debt).collect();
        // The Request that an emergency owes is not held up by the debt that it settles.
        let debts = debts.into_iter().filter(|debt| Some(debt.request) != facts.settles()).collect();
        let gathered = gather(facts, &held, &Past { signals, debts }, rules, now);
        Ok((gathered, agency.cloned()))
    }

    /// Takes an open verification in hand. Whoever comes with `version` must have read it as it is.
    async fn take_up(
        &self,
        tx: &Tx,
        id: VerificationId,
        version: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<InHand, Failure> {
        let before = self.stored(tx, id).await?;
        if before.value.state != State::Open {
            // Whoever comes too late need not read it again to learn that it is over.
            return Err(failure(&Refusal::NotOpen(before.value.state), id));
        }
        if version.is_some_and(|version| version != before.version) {
            return Err(Failure::EtagMismatch { name: id.name() });
        }
        let mut after = before.value.clone();
        let rules = self.rules_at(after.facts.receive_time).await?;
        let (gathered, agency) = self.gather(tx, &after.facts, Some(id), rules.rules(), now).await?;
        after.refresh(&gathered, rules.rules(), now).map_err(|refusal| failure(&refusal, id))?;
        Ok(InHand { before, after, rules, agency })
    }

    async fn stored(&self, tx: &Tx, id: VerificationId) -> Result<Stored<Verification>, Failure> {
        store::verifications::get(tx, id).await?.ok_or_else(|| Failure::not_found(id.name()))
    }
}

/// An open verification that somebody is about to change: as it is stored, and as it is with what the registry and the ledger
/// say now, so that it is known for which agency a person speaks.
struct InHand {
    before: Stored<Verification>,
    after: Verification,
    rules: Arc<Published<VerificationRules>>,
    agency: Option<KnownAgency>,
}

/// The provenance of what a revision decides on a request received at a time.
fn provenance(
    rules: &Published<VerificationRules>,
    received: DateTime<Utc>,
    now: DateTime<Utc>,
) -> rogatory_rulebook::Provenance {
    rules.provenance(ENGINE_VERSION, now, received)
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

fn failure(refusal: &Refusal, id: VerificationId) -> Failure {
    let name = id.name();
    let violation = |code: &str, description: &str| Violation {
        code: code.to_owned(),
        subject: name.clone(),
        description: description.to_owned(),
    };
    let of_need = |need: &Finding| violation(need.code(), need.sentence());
    let violations = match refusal {
        Refusal::NotOpen(state) => return Failure::state(name, state.code()),
        Refusal::SecondPersonNeeded => return Failure::SecondPersonNeeded { name },
        Refusal::Needs(needs) => needs.iter().map(of_need).collect(),
        Refusal::NumberNotHeld => {
            let said = "call back a number that the registry held for the recognised agency before the request was \
                        received, never one that the request gives";
            vec![violation(refusal.code(), said)]
        }
        other => vec![violation(other.code(), &other.to_string())],
    };
    Failure::StateForbids { name, state: "OPEN".to_owned(), violations }
}
