//! A request of a law-enforcement agency for user information.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rogatory_names::{GrantId, RequestId};
use rogatory_rulebook::{AuthorityKind, Country, Finding, InstrumentKind, MatterType};
use serde::{Deserialize, Serialize};

use super::{
    completeness::Deficiency,
    conditions::Conditions,
    cost::Quote,
    document::Attachment,
    follow_up::Obligation,
    opaque,
    route::RoutePlan,
    scope::Decision,
    state::{Outcome, State},
    verification::Verification,
};

/// Most targets, and most items, of one request.
pub const MOST_LISTED: usize = 1_000;

/// The request as it stands.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LegalRequest {
    /// Its id.
    pub id: RequestId,
    /// Where it is in its life.
    pub state: State,
    /// How it ended; none until it is closed.
    pub outcome: Option<Outcome>,
    /// What the agency wrote.
    pub particulars: Particulars,
    /// What stands beside the state.
    pub conditions: Conditions,
    /// What is missing.
    pub deficiencies: Vec<Deficiency>,
    /// Whom to serve, and how; none until routed.
    pub plan: Option<RoutePlan>,
    /// Whether the requester was believed; none until a verification was opened.
    pub verification: Option<Verification>,
    /// What may leave; none until proposed.
    pub decision: Option<Decision>,
    /// The cost, one for each contact.
    pub quotes: Vec<Quote>,
    /// The permission to let data leave; none until approved.
    pub grant: Option<Grant>,
    /// What left.
    pub production: Production,
    /// Reasons of what was decided of the request as a whole.
    pub findings: Vec<Finding>,
    /// What the agency still owes.
    pub obligations: Vec<Obligation>,
    /// Why it was withdrawn or closed, in the words of who did it. Sensitive.
    pub closing_reason: Option<String>,
    /// Who filed it.
    pub submitter: String,
    /// Everyone who wrote on it and so may not approve what leaves.
    pub preparers: BTreeSet<String>,
    /// When it was stored.
    pub create_time: DateTime<Utc>,
    /// When it was filed; none for a draft.
    pub receive_time: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub update_time: DateTime<Utc>,
}

/// What the agency wrote. In a draft anything may be missing.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Particulars {
    /// The platform: `aliexpress.com`.
    pub platform: Option<String>,
    /// Who asks.
    pub requester: Requester,
    /// The paper on which it rests.
    pub instrument: Instrument,
    /// The kind of proceedings.
    pub matter_type: Option<MatterType>,
    /// About whom.
    pub targets: Vec<Target>,
    /// What is asked for.
    pub items: Vec<DataItem>,
    /// The nature of the investigation or proceedings. Sensitive.
    pub nature_of_investigation: Option<String>,
    /// The applicable legal grounds.
    pub legal_grounds: Option<String>,
    /// Key or name of the contact on which it was or will be served.
    pub served_contact: Option<String>,
    /// Present when it is an emergency.
    pub emergency: Option<Emergency>,
    /// The documents that it names.
    pub documents: Vec<Attachment>,
    /// The emergency that it follows.
    pub follows_up: Option<RequestId>,
}

/// Who asks.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Name of the agency.
    pub agency_name: Option<String>,
    /// Kind of the agency.
    pub authority_kind: Option<AuthorityKind>,
    /// Country of the agency.
    pub country: Option<Country>,
    /// The officer.
    pub officer: Officer,
    /// The agency's own reference.
    pub agency_reference: Option<String>,
}

/// The officer who signed or sent the request. Every field but the title, the kind of credential and its issuer is
/// sensitive.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Full name.
    pub display_name: Option<String>,
    /// Rank or office.
    pub title: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number as the request gives it.
    pub phone: Option<String>,
    /// Postal address.
    pub postal_address: Option<String>,
    /// Kind of credential.
    pub credential_kind: Option<String>,
    /// Number of the credential.
    pub credential_number: Option<String>,
    /// Who issued the credential.
    pub credential_issuer: Option<String>,
}

/// The paper on which a request rests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Its kind.
    pub kind: Option<InstrumentKind>,
    /// Title as the paper has it.
    pub title: Option<String>,
    /// Number or docket.
    pub reference: Option<String>,
    /// Date of the paper.
    pub issue_time: Option<DateTime<Utc>>,
    /// Court or authority that issued it.
    pub issuer: Option<String>,
}

/// A person or account about whom information is sought. All but the key and the country is sensitive.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The caller's key, unique in the request.
    pub target_id: String,
    /// Known names.
    pub names: Vec<String>,
    /// Known aliases.
    pub aliases: Vec<String>,
    /// Known street addresses.
    pub street_addresses: Vec<String>,
    /// Known e-mail addresses.
    pub emails: Vec<String>,
    /// Known telephone numbers.
    pub phones: Vec<String>,
    /// Platform ids.
    pub platform_ids: Vec<String>,
    /// Relevant listings.
    pub listings: Vec<String>,
    /// Relevant transactions.
    pub transactions: Vec<String>,
    /// Country of residence; none when it is not known.
    pub residence_country: Option<Country>,
}

impl Target {
    /// Whether there is anything at all by which the target can be found.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        [
            &self.names,
            &self.aliases,
            &self.street_addresses,
            &self.emails,
            &self.phones,
            &self.platform_ids,
            &self.listings,
            &self.transactions,
        ]
        .iter()
        .any(|known| !known.is_empty())
    }
}

/// A period: from the first instant, up to and without the second.
pub type Window = (DateTime<Utc>, DateTime<Utc>);

/// One thing asked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataItem {
    /// The caller's key, unique in the request.
    pub item_id: String,
    /// Key of the data element in the catalogue.
    pub element: String,
    /// Keys of the targets that it concerns; empty means all.
    pub target_ids: Vec<String>,
    /// What the paper says of it. Sensitive.
    pub description: Option<String>,
    /// The timeframe.
    pub window: Option<Window>,
}

/// An emergency, guide §6. Threat and urgency are sensitive.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// The immediate threat.
    pub threat: Option<String>,
    /// Why it cannot wait.
    pub urgency: Option<String>,
    /// Whether the form was completed.
    pub form_completed: bool,
    /// Whether the formal Request is promised.
    pub follow_up_promised: bool,
}

/// The permission to let data leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// What left under the grant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Production {
    /// Files left.
    pub data: bool,
    /// A search found nothing.
    pub no_data: bool,
}

/// What no filed request is without. Everything else that is missing is a deficiency and stops nothing from being filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Essentials<'a> {
    /// The platform.
    pub platform: &'a str,
    /// Name of the agency.
    pub agency_name: &'a str,
    /// Kind of the agency.
    pub authority_kind: AuthorityKind,
    /// Country of the agency.
    pub country: Country,
    /// The paper on which it rests.
    pub instrument_kind: InstrumentKind,
    /// The kind of proceedings.
    pub matter_type: MatterType,
}

opaque!(Particulars, Requester, Officer, Target, DataItem, Emergency);

impl std::fmt::Debug for LegalRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LegalRequest({}, {})", self.id, self.state)
    }
}

impl LegalRequest {
    /// A draft of what the agency wrote.
    #[must_use]
    pub fn draft(id: RequestId, particulars: Particulars, submitter: String, state: State, now: DateTime<Utc>) -> Self {
        Self {
            id,
            state,
            outcome: None,
            particulars,
            conditions: Conditions::default(),
            deficiencies: Vec::new(),
            plan: None,
            verification: None,
            decision: None,
            quotes: Vec::new(),
            grant: None,
            production: Production::default(),
            findings: Vec::new(),
            obligations: Vec::new(),
            closing_reason: None,
            preparers: BTreeSet::from([submitter.clone()]),
            submitter,
            create_time: now,
            receive_time: None,
            update_time: now,
        }
    }

    /// Whether it is an emergency.
    #[must_use]
    pub const fn is_emergency(&self) -> bool {
        self.particulars.emergency.is_some()
    }

    /// Adds reasons, each once.
    pub fn explain(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

impl Particulars {
    /// What no filed request is without; none when some of it is missing.
    #[must_use]
    pub fn essentials(&self) -> Option<Essentials<'_>> {
        if self.targets.is_empty() {
            return None;
        }
        Some(Essentials {
            platform: self.platform.as_deref()?,
            agency_name: self.requester.agency_name.as_deref()?,
            authority_kind: self.requester.authority_kind?,
            country: self.requester.country?,
            instrument_kind: self.instrument.kind?,
            matter_type: self.matter_type?,
        })
    }

    /// Paths of the essentials that are missing, with what is wrong.
    #[must_use]
    pub fn missing_essentials(&self) -> Vec<(&'static str, &'static str)> {
        let country = "is required: two upper-case letters of ISO 3166-1, for example `HK`";
        [
            (self.platform.is_none(), "platform", "is required"),
            (self.requester.agency_name.is_none(), "requester.agency_name", "is required"),
            (self.requester.authority_kind.is_none(), "requester.authority_kind", "is required"),
            (self.requester.country.is_none(), "requester.country", country),
            (self.instrument.kind.is_none(), "instrument.kind", "is required"),
            (self.matter_type.is_none(), "matter_type", "is required"),
            (self.targets.is_empty(), "targets", "needs at least one element"),
        ]
        .into_iter()
        .filter_map(|(missing, path, text)| missing.then_some((path, text)))
        .collect()
    }
}

impl Particulars {
    /// What does not fit together, as paths from the request with what is wrong: keys that stand twice, items about
    /// targets that are not there, and more to decide than one request may ask.
    #[must_use]
    pub fn inconsistencies(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        // An empty key was told as missing already.
        let keys = |keys: Vec<&String>, list: &str, key: &str, found: &mut Vec<(String, String)>| {
            let mut seen = BTreeSet::new();
            for (index, value) in keys.into_iter().enumerate() {
                if !value.is_empty() && !seen.insert(value) {
                    found.push((format!("{list}[{index}].{key}"), "stands twice".to_owned()));
                }
            }
        };
        keys(self.targets.iter().map(|target| &target.target_id).collect(), "targets", "target_id", &mut found);
        keys(self.items.iter().map(|item| &item.item_id).collect(), "items", "item_id", &mut found);

        let known: BTreeSet<&String> = self.targets.iter().map(|target| &target.target_id).collect();
        let mut asked = 0_usize;
        for (index, item) in self.items.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for (at, target) in item.target_ids.iter().enumerate() {
                let path = || format!("items[{index}].target_ids[{at}]");
                if !known.contains(target) {
                    found.push((path(), "is not the key of a target of this request".to_owned()));
                } else if !seen.insert(target) {
                    found.push((path(), "stands twice".to_owned()));
                }
            }
            asked += if item.target_ids.is_empty() { self.targets.len() } else { item.target_ids.len() };
        }
        if asked > MOST_LISTED {
            let text = format!("ask for {asked} elements of targets together, at most {MOST_LISTED} are taken");
            found.push(("items".to_owned(), text));
        }
        found
    }
}
