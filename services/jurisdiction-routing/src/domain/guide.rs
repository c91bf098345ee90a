//! A guide: who may ask, what a Request may rest on, and which contact is served for which residence.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rogatory_rulebook::{
    AuthorityKind, Citation, Confirmation, Country, Effect, Fault, Finding, InstrumentKind, Rules,
};
use serde::{Deserialize, Serialize};

use super::channel::ChannelKind;

/// A guide of a platform, read and checked.
#[derive(Debug)]
pub struct Guide {
    pub(super) document: String,
    pub(super) title: String,
    /// Digest of the file, as citations and answers write it.
    pub(super) digest: String,
    pub(super) sections: Vec<Section>,
    pub(super) audience: Audience,
    pub(super) instruments: Instruments,
    pub(super) contact_note: Passage,
    pub(super) contacts: Vec<Arc<Contact>>,
    pub(super) rows: Vec<Row>,
    pub(super) instrument_rows: Vec<InstrumentRow>,
    pub(super) service: Service,
    /// The finished answer for every country, so that answering copies and builds nothing.
    pub(super) answers: HashMap<Country, Arc<Answer>>,
}

/// A section of the guide in its own words.
#[derive(Debug, Clone)]
pub struct Section {
    /// How it is cited: `§2`.
    pub key: String,
    /// Its heading.
    pub title: String,
    /// Its words.
    pub text: String,
}

/// A sentence of the guide and the section that it is taken from.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The section.
    pub section: String,
    /// The sentence.
    pub text: String,
}

/// Who may ask under the guide.
#[derive(Debug, Clone)]
pub struct Audience {
    /// Where the guide says so.
    pub section: String,
    /// Countries whose authorities the guide is not for.
    pub excluded_countries: Vec<Country>,
    /// What an authority of such a country is told.
    pub excluded_answer: String,
    /// Kinds of authority that may ask.
    pub accepted_kinds: Vec<AuthorityKind>,
    /// Kinds that are turned away, with what they are told. A kind that is in neither list is held.
    pub turned_away: Vec<TurnedAway>,
}

/// Kinds of requester that the guide is not for.
#[derive(Debug, Clone)]
pub struct TurnedAway {
    /// The kinds.
    pub kinds: Vec<AuthorityKind>,
    /// Code of the finding: `NOT_A_PUBLIC_AUTHORITY`.
    pub code: String,
    /// What they are told.
    pub answer: String,
}

/// What a Request may rest on.
#[derive(Debug, Clone)]
pub struct Instruments {
    /// Where the guide says so.
    pub section: String,
    /// Papers that bind.
    pub binding: Vec<InstrumentKind>,
    /// Forms of an emergency, for which the formal Request must follow.
    pub emergency: Vec<InstrumentKind>,
    /// Where the guide speaks of emergencies.
    pub emergency_section: String,
}

/// A legal entity that may be served. It is not thereby the operator of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Key in the guide: `singapore-e-commerce`.
    pub key: String,
    /// Full company name.
    pub legal_name: String,
    /// Country of incorporation; none until an operator has confirmed it.
    pub incorporation: Option<Country>,
    /// What the name suggests of its incorporation. It opens nothing for certain.
    pub name_suggests: Option<Country>,
}

impl Contact {
    /// How far the country of incorporation has been checked.
    #[must_use]
    pub fn incorporation_confirmation(&self) -> Confirmation {
        if self.incorporation.is_some() { Confirmation::Confirmed } else { Confirmation::Unconfirmed }
    }

    /// Whether `served` names this contact, by key or legal name; case and spaces do not matter.
    #[must_use]
    pub fn is_named(&self, served: &str) -> bool {
        let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
        let served = plain(served);
        plain(&self.key) == served || plain(&self.legal_name) == served
    }
}

/// A row of the guide's table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its key: `cis`.
    pub key: String,
    /// Where the guide says so.
    pub section: String,
    /// The residences that it names; empty for the row of every other residence.
    pub residences: Vec<Country>,
    /// The contact to serve.
    pub contact: Arc<Contact>,
}

/// A row that goes by the paper and not by the residence.
#[derive(Debug, Clone)]
pub struct InstrumentRow {
    /// Its key: `eu-orders`.
    pub key: String,
    /// The papers.
    pub instruments: Vec<InstrumentKind>,
    /// The role of the entity that is served: `eu-addressee`.
    pub role: String,
    /// The entity that holds the role; none until an operator has named one.
    pub contact: Option<Arc<Contact>>,
    /// Where the rule stands written.
    pub citations: Vec<Citation>,
}

impl InstrumentRow {
    /// Whether it is for orders under Regulation (EU) 2023/1543, which only authorities of States bound by it may issue.
    #[must_use]
    pub fn is_european(&self) -> bool {
        let european = [InstrumentKind::EuProductionOrder, InstrumentKind::EuPreservationOrder];
        self.instruments.iter().any(|kind| european.contains(kind))
    }
}

/// How Requests are served.
#[derive(Debug, Clone)]
pub struct Service {
    /// Where the guide says so.
    pub section: String,
    /// What it says of an agent for receipt.
    pub agent: String,
    /// The country by which the channels are recognized, and with which the diplomatic channel is.
    pub recognized_by: Country,
    /// What the guide calls each channel.
    pub channels: BTreeMap<ChannelKind, String>,
}

/// The contact for a residence, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The contact to serve.
    pub contact: Arc<Contact>,
    /// Key of the row that chose it.
    pub row: String,
    /// Why.
    pub findings: Vec<Finding>,
}

impl Rules for Guide {
    const KIND: &'static str = "guideRevisions";

    fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        super::guide_file::read(text)
    }

    fn document(&self) -> &str {
        &self.document
    }

    fn title(&self) -> &str {
        &self.title
    }
}

impl Guide {
    /// The contact for users who reside in `residence`. None only if the ISO list has grown since the guide was read.
    #[must_use]
    pub fn resolve(&self, residence: Country) -> Option<&Arc<Answer>> {
        self.answers.get(&residence)
    }

    /// The row that goes by this paper, if there is one.
    #[must_use]
    pub fn instrument_row(&self, instrument: InstrumentKind) -> Option<&InstrumentRow> {
        self.instrument_rows.iter().find(|row| row.instruments.contains(&instrument))
    }

    /// The contact that `served` names, by key or legal name.
    #[must_use]
    pub fn contact_named(&self, served: &str) -> Option<&Arc<Contact>> {
        self.contacts.iter().find(|contact| contact.is_named(served))
    }

    /// Who may ask.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// What a Request may rest on.
    #[must_use]
    pub const fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// How Requests are served.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// The sections in the guide's own words.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The rows of the table, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows that go by the paper, in the order of the file.
    #[must_use]
    pub fn instrument_rows(&self) -> &[InstrumentRow] {
        &self.instrument_rows
    }

    /// Digest of the file, as `sha256:<64 hex digits>`.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// A citation of a section of the guide.
    #[must_use]
    pub fn cite(&self, section: &str) -> Citation {
        Citation {
            document: self.title.clone(),
            revision: Some(self.digest.clone()),
            section: section.to_owned(),
            confirmation: Confirmation::Confirmed,
            source: None,
        }
    }

    /// The note that a contact is not thereby the operator.
    #[must_use]
    pub fn not_the_operator(&self) -> Finding {
        let note = &self.contact_note;
        Finding::new("CONTACT_NOT_OPERATOR", Effect::Notes, note.text.clone(), self.cite(&note.section))
    }

    /// What is to be known of the incorporation of a contact; none when it is confirmed.
    #[must_use]
    pub fn incorporation_note(&self, contact: &Contact) -> Option<Finding> {
        contact.incorporation.is_none().then(|| {
            let suggestion = contact.name_suggests.map_or(String::new(), |country| {
                format!(" The name suggests {}, which is not confirmed.", country.in_sentence())
            });
            Finding::new(
                "INCORPORATION_UNCONFIRMED",
                Effect::Notes,
                format!(
                    "The guide does not state where {} is incorporated, and nobody has confirmed it; it decides whose \
                     process binds the contact.{suggestion}",
                    contact.legal_name
                ),
                self.cite(&self.contact_note.section),
            )
        })
    }

    /// Fills in the answer for every country. The rows have been checked: residences are disjoint and one is default.
    pub(super) fn with_answers(mut self) -> Self {
        let default = self.rows.iter().find(|row| row.residences.is_empty());
        let answer = |country: Country| {
            let row = self.rows.iter().find(|row| row.residences.contains(&country)).or(default)?;
            let because = if row.residences.is_empty() {
                format!("a user who resides in {} is in no other row of the table", country.in_sentence())
            } else {
                format!("the user resides in {}", country.in_sentence())
            };
            let mut findings = vec![
                Finding::new(
                    "CONTACT_BY_RESIDENCE",
                    Effect::Permits,
                    format!("The appropriate contact is {}, because {because}.", row.contact.legal_name),
                    self.cite(&row.section),
                ),
                self.not_the_operator(),
            ];
            findings.extend(self.incorporation_note(&row.contact));
            Some((country, Arc::new(Answer { contact: Arc::clone(&row.contact), row: row.key.clone(), findings })))
        };
        self.answers = Country::all().filter_map(answer).collect();
        self
    }
}

#[cfg(test)]
#[path = "guide_tests.rs"]
mod tests;
