//! A disclosure policy with its catalogue of data elements.

use std::collections::BTreeMap;

use rogatory_rulebook::{Citation, Confirmation, Country, Fault, Rules};

use super::{catalogue::Catalogue, policy_file, rule::Rule};

/// What may be disclosed of the users of one platform. Read from a rule file, never changed after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(super) document: String,
    pub(super) title: String,
    /// The data elements.
    pub catalogue: Catalogue,
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// Where each element is stored, as the operator states it.
    pub storage: BTreeMap<String, Vec<Country>>,
    /// Where the staff is that handles the data, as the operator states it.
    pub staff: Option<Vec<Country>>,
    /// How many people approve.
    pub approvals: Approvals,
    /// How far back a request may reach.
    pub windows: Windows,
    /// What is owed after an emergency.
    pub emergency: Passage,
    /// How many days a grant lasts.
    pub grant_valid_days: u32,
}

/// How many different people approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// Where nothing else is said.
    pub default: u32,
    /// Where content may leave.
    pub content: u32,
    /// In an emergency.
    pub emergency: u32,
    /// Why.
    pub reason: String,
}

/// How long a window may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// Days; a longer window is cut to its latest part.
    pub longest_days: u32,
    /// Why.
    pub passage: Passage,
}

/// A reason with the places where it stands written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// A sentence that a lawyer can read.
    pub reason: String,
    /// Where it stands written.
    pub cite: Vec<Citation>,
}

impl Policy {
    /// A citation of a part of this policy itself: the operator's own word.
    #[must_use]
    pub fn cite(&self, revision: &str, part: &str) -> Citation {
        Citation {
            document: self.title.clone(),
            revision: Some(revision.to_owned()),
            section: part.to_owned(),
            confirmation: Confirmation::Confirmed,
            source: None,
        }
    }
}

impl Rules for Policy {
    const KIND: &'static str = "policyRevisions";

    fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        policy_file::read(text)
    }

    fn document(&self) -> &str {
        &self.document
    }

    fn title(&self) -> &str {
        &self.title
    }
}
