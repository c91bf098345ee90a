//! One rule of a policy, and whether it applies.

use rogatory_rulebook::{AuthorityKind, Citation, Confirmation, Country, DataClass, InstrumentKind, MatterType};
use serde::Deserialize;

use super::{
    catalogue::{Element, UsClass},
    facts::{Facts, Item},
};

/// What a rule does to the items that it applies to. The strongest that applies decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleEffect {
    /// The item may leave.
    Permit,
    /// The item may leave under another instrument.
    Needs,
    /// The item may leave once a competent authority has approved.
    Hold,
    /// The item may not leave.
    Forbid,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Key in the policy: `us-content-needs-warrant`.
    pub id: String,
    /// What it does.
    pub effect: RuleEffect,
    /// How far the rule itself, not only its sources, has been checked.
    pub status: Confirmation,
    /// It applies when all of these hold.
    pub when: Conditions,
    /// It does not apply when any of these holds.
    pub unless: Conditions,
    /// The instruments under which the item could leave; for `needs` only.
    pub unlocked_by: Vec<InstrumentKind>,
    /// A sentence that a lawyer can read.
    pub reason: String,
    /// Where it stands written.
    pub cite: Vec<Citation>,
}

/// What a condition may ask about. A list that is empty asks nothing; one that is not holds when it has the fact in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Country of the authority.
    pub authority_countries: Vec<Country>,
    /// Kind of the authority.
    pub authority_kinds: Vec<AuthorityKind>,
    /// The paper.
    pub instruments: Vec<InstrumentKind>,
    /// The kind of proceedings.
    pub matters: Vec<MatterType>,
    /// Class of the element.
    pub classes: Vec<DataClass>,
    /// Class of the element under US law.
    pub us_classes: Vec<UsClass>,
    /// Key of the element.
    pub elements: Vec<String>,
    /// Whether it is an emergency.
    pub emergency: Option<bool>,
    /// Where the target resides.
    pub residence_countries: Vec<Country>,
    /// Where a copy of the element is stored.
    pub storage_countries: Vec<Country>,
    /// Where the staff is that handles the data.
    pub staff_countries: Vec<Country>,
}

/// A fact that nobody has stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unstated {
    /// Where the element is stored.
    Storage,
    /// Where the staff is.
    Staff,
    /// Where the target resides.
    Residence,
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It cannot be told without this fact. What cannot be told is never taken for a no.
    Unknown(Unstated),
}

/// What a rule is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The request.
    pub facts: &'a Facts,
    /// The item.
    pub item: &'a Item,
    /// Its element.
    pub element: &'a Element,
    /// Where the element is stored, as the operator states it.
    pub storage: Option<&'a [Country]>,
    /// Where the operator's staff is, as the operator states it.
    pub staff: Option<&'a [Country]>,
}

impl Rule {
    /// Whether it applies.
    #[must_use]
    pub fn applies(&self, subject: &Subject<'_>) -> Answer {
        let when = self.when.all(subject);
        let exempt = self.unless.any(subject);
        match (when, exempt) {
            (Answer::No, _) | (_, Answer::Yes) => Answer::No,
            (Answer::Unknown(fact), _) | (Answer::Yes, Answer::Unknown(fact)) => Answer::Unknown(fact),
            (Answer::Yes, Answer::No) => Answer::Yes,
        }
    }

    /// Code of its findings: the id in upper case with underscores.
    #[must_use]
    pub fn code(&self) -> String {
        self.id.to_ascii_uppercase().replace('-', "_")
    }
}

impl Conditions {
    /// Whether they ask nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all that is asked holds; yes when nothing is asked.
    fn all(&self, subject: &Subject<'_>) -> Answer {
        let mut unknown = Answer::Yes;
        for answer in self.answers(subject) {
            match answer {
                Answer::No => return Answer::No,
                Answer::Unknown(_) => unknown = answer,
                Answer::Yes => {}
            }
        }
        unknown
    }

    /// Whether any of what is asked holds; no when nothing is asked.
    fn any(&self, subject: &Subject<'_>) -> Answer {
        let mut unknown = Answer::No;
        for answer in self.answers(subject) {
            match answer {
                Answer::Yes => return Answer::Yes,
                Answer::Unknown(_) => unknown = answer,
                Answer::No => {}
            }
        }
        unknown
    }

    /// The answer to each thing that is asked.
    fn answers(&self, subject: &Subject<'_>) -> impl Iterator<Item = Answer> {
        let Subject { facts, item, element, storage, staff } = subject;
        [
            one_of(&self.authority_countries, &facts.authority_country),
            one_of(&self.authority_kinds, &facts.authority_kind),
            one_of(&self.instruments, &facts.instrument),
            one_of(&self.matters, &facts.matter),
            one_of(&self.classes, &element.class),
            one_of(&self.us_classes, &element.us_class),
            one_of(&self.elements, &element.key),
            self.emergency.map(|asked| told(asked == facts.emergency)),
            any_of(&self.residence_countries, item.residence.as_ref().map(std::slice::from_ref), Unstated::Residence),
            any_of(&self.storage_countries, *storage, Unstated::Storage),
            any_of(&self.staff_countries, *staff, Unstated::Staff),
        ]
        .into_iter()
        .flatten()
    }
}

const fn told(holds: bool) -> Answer {
    if holds { Answer::Yes } else { Answer::No }
}

fn one_of<T: PartialEq>(asked: &[T], fact: &T) -> Option<Answer> {
    (!asked.is_empty()).then(|| told(asked.contains(fact)))
}

fn any_of(asked: &[Country], facts: Option<&[Country]>, missing: Unstated) -> Option<Answer> {
    (!asked.is_empty()).then(|| match facts {
        Some(facts) => told(facts.iter().any(|fact| asked.contains(fact))),
        None => Answer::Unknown(missing),
    })
}
