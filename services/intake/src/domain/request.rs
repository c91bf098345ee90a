//! A request of a law-enforcement agency for user information.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rogatory_names::{GrantId, PlanId, RequestId};
use rogatory_rulebook::{AuthorityKind, Country, Finding, InstrumentKind, MatterType, ResidenceEvidence};
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
    supplement::Supplement,
    verification::Verification,
};

/// Most targets, and most items, of one request.
pub const MOST_LISTED: usize = 1_000;
/// Most pieces of evidence of one residence. Routing takes one more: what the agency declares.
pub const MOST_EVIDENCE: usize = 99;

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
    /// Whom to serve, and how; none until routed, and while the route is established again.
    pub plan: Option<RoutePlan>,
    /// The plan that routing stored last; it outlives a change of the request.
    pub latest_plan: Option<PlanId>,
    /// Whether the requester was believed; none until a verification was opened.
    pub verification: Option<Verification>,
    /// What may leave; none until proposed.
    pub decision: Option<Decision>,
    /// The cost, one for each contact.
    pub quotes: Vec<Quote>,
    /// The permission to let data leave; none until approved.
    pub grant: Option<Grant>,
    /// What was decided beside the decision that was approved, each on something that it held.
    #[serde(default)]
    pub supplements: Vec<Supplement>,
    /// Grants that no longer count, or never did: the verification on which they rested was reopened.
    pub former_grants: Vec<Grant>,
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
    /// Until when the credential is valid.
    pub credential_expire_time: Option<DateTime<Utc>>,
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

/// A person or account about whom information is sought. All but the key and the residence is sensitive.
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
    /// Country of residence as the agency declares it; none when it does not know.
    pub residence_country: Option<Country>,
    /// What the platform itself knows of the residence, of any kind but declared. It is user information: see
    /// [`LegalRequest::for_agency`].
    pub residence_evidence: Vec<ResidenceEvidence>,
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

    /// Whether both are the same user by everything that tells who it is.
    #[must_use]
    pub fn is_same_user(&self, other: &Self) -> bool {
        let who = |target: &Self| Self { residence_country: None, residence_evidence: Vec::new(), ..target.clone() };
        who(self) == who(other)
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

/// What left under the grants.
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
            latest_plan: None,
            verification: None,
            decision: None,
            quotes: Vec::new(),
            grant: None,
            supplements: Vec::new(),
            former_grants: Vec::new(),
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
