//! A guide: who may ask, what a Request may rest on, and which contact is served for which residence.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rogatory_rulebook::{AuthorityKind, Citation, Confirmation, Country, Fault, InstrumentKind, Rules};

use super::{channel::ChannelKind, residence::Ranking};

mod answers;
mod contact;
mod territory;

pub use answers::Answer;
pub(super) use answers::TERRITORY_UNDECIDED;
pub use contact::Contact;
pub(super) use contact::plain;
pub use territory::{Territory, Treatment};

/// A guide of a platform, read and checked.
#[derive(Debug)]
pub struct Guide {
    pub(super) document: String,
    pub(super) title: String,
    /// Where the operator has the guide from.
    pub(super) source: String,
    /// Digest of the file, as citations and answers write it.
    pub(super) digest: String,
    pub(super) sections: Vec<Section>,
    pub(super) audience: Audience,
    pub(super) instruments: Instruments,
    pub(super) contact_note: Passage,
    pub(super) contacts: Vec<Arc<Contact>>,
    pub(super) rows: Vec<Row>,
    pub(super) instrument_rows: Vec<InstrumentRow>,
    pub(super) residence: Ranking,
    pub(super) territories: Vec<Territory>,
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
    /// The papers under Regulation (EU) 2023/1543.
    pub(super) const EUROPEAN: [InstrumentKind; 2] =
        [InstrumentKind::EuProductionOrder, InstrumentKind::EuPreservationOrder];

    /// Whether it is for orders under Regulation (EU) 2023/1543, which only authorities of States bound by it may issue.
    #[must_use]
    pub fn is_european(&self) -> bool {
        self.instruments.iter().any(|kind| Self::EUROPEAN.contains(kind))
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

    /// The contacts, in the order of the file.
    #[must_use]
    pub fn contacts(&self) -> &[Arc<Contact>] {
        &self.contacts
    }

    /// The place of a contact in the order of the file, counted from 0.
    #[must_use]
    pub fn place_of(&self, contact: &Contact) -> Option<usize> {
        self.contacts.iter().position(|other| other.key == contact.key)
    }

    /// The note that every answer with a contact carries.
    #[must_use]
    pub const fn contact_note(&self) -> &Passage {
        &self.contact_note
    }

    /// How evidence of a residence ranks.
    #[must_use]
    pub const fn residence(&self) -> &Ranking {
        &self.residence
    }

    /// How disputed places and overseas territories are treated, in the order of the file.
    #[must_use]
    pub fn territories(&self) -> &[Territory] {
        &self.territories
    }

    /// Where the operator has the guide from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
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

    /// A citation of a rule by which a section is applied and that does not stand in its words: `§2, as applied`.
    #[must_use]
    pub fn cite_as(&self, section: &str, confirmation: Confirmation) -> Citation {
        Citation { confirmation, ..self.cite(&format!("{section}, as applied")) }
    }
}

#[cfg(test)]
#[path = "guide_tests.rs"]
mod tests;
