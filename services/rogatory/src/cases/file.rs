//! The form of a case file.

use std::collections::BTreeMap;

use rogatory_proto::rogatory::access::v1::Role;
use serde::Deserialize;

/// The file as it is written. The tables that are messages of the schema are read by [`super::message`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub title: String,
    pub letter: String,
    #[serde(default)]
    pub agency: Vec<toml::Table>,
    pub request: toml::Table,
    #[serde(default)]
    pub document: Vec<toml::Table>,
    pub correction: Option<CorrectionFile>,
    #[serde(default)]
    pub evidence: Vec<toml::Table>,
    pub challenge: Option<Challenge>,
    #[serde(default)]
    pub seconding: Vec<Seconding>,
    #[serde(default)]
    pub approval: Vec<Approval>,
    pub production: Option<ProductionFile>,
    pub authority: Option<toml::Table>,
    pub costs: Option<Costs>,
    pub compromise: Option<CompromiseFile>,
    pub expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectionFile {
    #[serde(default)]
    pub request: toml::Table,
    #[serde(default)]
    pub document: Vec<toml::Table>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductionFile {
    #[serde(default)]
    pub file: Vec<FileEntry>,
    pub close_outcome: Option<String>,
    pub close_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompromiseFile {
    pub mail_domain: String,
    pub from: toml::value::Datetime,
    pub until: Option<toml::value::Datetime>,
    pub reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileEntry {
    pub file_name: String,
    pub element: String,
    pub target_id: String,
    pub storage_country: String,
    pub record_time: Option<toml::value::Datetime>,
    pub last_record_time: Option<toml::value::Datetime>,
    pub content: String,
}

/// A one-time code that the agency gives back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// The mailbox of the registry at which the agency finds it.
    pub mailbox: String,
}

/// One of the people who vouch for an emergency.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seconding {
    /// Subject of the token: `approver-1`.
    pub approver: String,
    /// In which role.
    #[serde(default)]
    pub role: SecondingRole,
    /// Why.
    pub reason: String,
    /// The reason with which it is expected to be refused.
    pub refused: Option<String>,
}

/// In which role somebody vouches for an emergency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondingRole {
    /// As an approver.
    #[default]
    Approver,
    /// As counsel.
    Counsel,
}

impl SecondingRole {
    /// The role of the token.
    #[must_use]
    pub const fn of_token(self) -> Role {
        match self {
            Self::Approver => Role::Approver,
            Self::Counsel => Role::Counsel,
        }
    }
}

/// One person's word on the decision.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Subject of the approver's token: `approver-1`.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// The reason with which it is expected to be refused.
    pub refused: Option<String>,
}

/// What is done about the cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// What the agency says to each quote.
    pub answer: Answer,
    /// The work that is recorded once the data has left.
    #[serde(default)]
    pub work: Vec<Work>,
}

/// What the agency says to a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It pays.
    Accept,
    /// It does not.
    Decline,
}

/// A piece of work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Key of the row of the schedule.
    pub fee: String,
    /// How many units; minutes where the unit is a quarter of an hour.
    pub quantity: i64,
    /// What was done.
    pub description: String,
    /// What proves it.
    pub evidence: String,
}

/// What is expected of the suite. What does not stand here is not looked at, except that nothing is expected to fail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The state in which the request ends: `closed`, `held`.
    pub state: String,
    /// How it ended: `complied-in-part`.
    pub outcome: Option<String>,
    /// The state in which it waited for the correction.
    pub state_before_correction: Option<String>,
    /// Codes of what was missing at first.
    #[serde(default)]
    pub deficiencies: Vec<String>,
    /// What the plan says of the whole: `routed`.
    pub verdict: Option<String>,
    /// The legs of the plan; every leg must be listed when one is.
    #[serde(default)]
    pub leg: Vec<ExpectLeg>,
    /// `verified, basic`, `verified, enhanced`, `denied`, or `none` when no verification was opened.
    pub verification: Option<String>,
    /// Codes that must be among the findings of the verification.
    #[serde(default)]
    pub verification_findings: Vec<String>,
    /// The result of each item, by its key, or by `item/target` where the targets of one item are to be told apart.
    #[serde(default)]
    pub items: BTreeMap<String, String>,
    /// How many people must have approved.
    pub approvals: Option<usize>,
    /// How many people must have vouched for the emergency.
    pub secondings: Option<usize>,
    /// What is decided and leaves beside the rest, once a competent authority has approved.
    pub authority: Option<ExpectAuthority>,
    /// What is found after it turned out that a mail domain was in the hands of others.
    pub burned: Option<ExpectBurned>,
    /// The state of the quote of each contact, by the contact's key.
    #[serde(default)]
    pub quotes: BTreeMap<String, String>,
    /// The total of each contact's invoice, by the contact's key: `USD 150.00`.
    #[serde(default)]
    pub invoices: BTreeMap<String, String>,
    /// Codes of what the agency still owes.
    #[serde(default)]
    pub obligations: Vec<String>,
    /// Templates of the letters, in the order in which they were written.
    #[serde(default)]
    pub letters: Vec<String>,
    /// Names of the files that left, in the order of the case.
    #[serde(default)]
    pub produced: Vec<String>,
}

/// What is expected to be decided and to leave beside the rest, once a competent authority has approved.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectAuthority {
    /// The result of each item that was held and is decided anew, by its key.
    pub items: BTreeMap<String, String>,
    /// How many people must have approved it.
    pub approvals: usize,
    /// Names of the files that left then, in the order of the case.
    pub produced: Vec<String>,
}

/// What is expected after it turned out that a mail domain was in the hands of others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectBurned {
    /// How many verifications were reopened.
    pub reopened: i64,
    /// The state of the grant: `revoked`.
    pub grant: String,
    /// The users concerned by what had left, by their platform ids, in the order of the list.
    pub users: Vec<String>,
}

/// What is expected of one leg of the plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectLeg {
    /// Keys of the targets.
    pub targets: Vec<String>,
    /// How it came out; `routed` when left out.
    pub status: Option<String>,
    /// Full name of the contact; none is expected when left out.
    pub contact: Option<String>,
    /// Key of the guide's row.
    pub guide_row: Option<String>,
    /// Codes that must be among the findings of the leg and of its targets.
    #[serde(default)]
    pub findings: Vec<String>,
    /// The standing of channels, by their names.
    #[serde(default)]
    pub channels: BTreeMap<String, String>,
}
