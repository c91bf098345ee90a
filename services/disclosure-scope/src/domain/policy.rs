//! A disclosure policy: the packs, the catalogue of data elements, and what the operator states.

use std::collections::BTreeMap;

use cedar_policy::Entity;
use rogatory_rulebook::{Citation, Confirmation, Country, Fault, Rules};

use super::{
    catalogue::Catalogue,
    ladder::{Countries, Ladder},
    pack::Packs,
    policy_file,
};

/// What may be disclosed of the users of one platform. Read from a rule file, never changed after.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(super) document: String,
    pub(super) title: String,
    /// The word of a request that asks for every element.
    pub everything: String,
    /// The data elements.
    pub catalogue: Catalogue,
    pub(super) packs: Packs,
    /// The elements as the packs see them.
    pub(super) entities: Vec<Entity>,
    /// The papers in rising order of process.
    pub ladders: Vec<Ladder>,
    /// How far back a request may reach.
    pub windows: Vec<LongestWindow>,
    /// Where each element is stored, as the operator states it.
    pub storage: BTreeMap<String, Vec<Country>>,
    /// How many days each element is kept, as the operator states it.
    pub retention: BTreeMap<String, u32>,
    /// Where the staff is that handles the data, as the operator states it.
    pub staff: Option<Vec<Country>>,
    /// What is owed after an emergency.
    pub emergency: Passage,
    /// How many days a grant lasts.
    pub grant_valid_days: u32,
}

/// How long a window may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongestWindow {
    /// For whom.
    pub countries: Countries,
    /// Days; a longer window is cut to its latest part.
    pub longest_days: u32,
    /// How far it has been checked.
    pub status: Confirmation,
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
    /// The policies that decide.
    #[must_use]
    pub const fn packs(&self) -> &Packs {
        &self.packs
    }

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
