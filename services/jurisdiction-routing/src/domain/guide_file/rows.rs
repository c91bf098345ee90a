//! The rows of a guide file: those that go by residence, and those that go by paper.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rogatory_rulebook::{Citation, Country, InstrumentKind, Spanned};

use super::{
    Check,
    values::{NAME, SENTENCE, shown},
};
use crate::domain::{
    guide::{Contact, InstrumentRow, Row, Territory, Treatment},
    guide_entries::{CitationEntry, InstrumentRowEntry, List, RowEntry},
};

/// The rows that go by residence.
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// The row of each residence that one names.
    pub(super) taken: HashMap<Country, String>,
    has_default: bool,
}

impl Check<'_> {
    pub(super) fn rows(
        &mut self,
        entries: &List<RowEntry>,
        contacts: &[Arc<Contact>],
        keys: &mut HashSet<String>,
    ) -> Rows {
        let mut found = Rows { rows: Vec::new(), taken: HashMap::new(), has_default: false };
        for (index, spanned) in entries.get_ref().iter().enumerate() {
            let (entry, path) = (spanned.get_ref(), format!("row[{index}]"));
            let name = shown(&entry.key);
            let key = self.key(&entry.key, &format!("{path}.key"), keys);
            let residences = self.residences(spanned, &path, &mut found);
            let at = format!("{path}.contact");
            let contact = match &entry.contact {
                Some(contact) if !contact.get_ref().trim().is_empty() => self.contact(contact, &at, contacts),
                nobody => {
                    let span = nobody.as_ref().map_or(spanned.span(), Spanned::span);
                    self.fault(span, at, format!("row `{name}` has no contact"));
                    None
                }
            };
            let at = format!("{path}.section");
            let section = match &entry.section {
                Some(section) => self.section(section, &at),
                None => {
                    self.fault(spanned.span(), at, format!("row `{name}` cites no section of the guide"));
                    None
                }
            };
            if let (Some(key), Some(contact), Some(section)) = (key, contact, section) {
                found.rows.push(Row { key, section, residences, contact });
            }
        }
        found
    }

    fn residences(&mut self, row: &Spanned<RowEntry>, path: &str, found: &mut Rows) -> Vec<Country> {
        let (entry, name) = (row.get_ref(), shown(&row.get_ref().key));
        let mut residences = Vec::new();
        let codes = entry.residences.as_ref();
        for (place, code) in codes.into_iter().flat_map(|codes| codes.get_ref()).enumerate() {
            let path = format!("{path}.residences[{place}]");
            let Some(country) = self.country(code, &path) else { continue };
            if let Some(other) = found.taken.get(&country) {
                let description = format!("{country} is in row `{other}` already: a residence has one contact");
                self.fault(code.span(), path, description);
            } else {
                found.taken.insert(country, name.clone());
                residences.push(country);
            }
        }
        let names_some = codes.is_some_and(|codes| !codes.get_ref().is_empty());
        match entry.default.as_ref().filter(|default| *default.get_ref()) {
            Some(default) => {
                let at = format!("{path}.default");
                if names_some {
                    self.fault(default.span(), &at, format!("row `{name}` is default and names residences"));
                }
                if found.has_default {
                    self.fault(default.span(), &at, "there are two default rows");
                }
                found.has_default = true;
            }
            None if !names_some => {
                let span = codes.map_or(row.span(), Spanned::span);
                let description = format!("row `{name}` names no residence and is not default");
                self.fault(span, format!("{path}.residences"), description);
            }
            None => {}
        }
        residences
    }

    /// Without a default the file must say itself what becomes of every residence.
    pub(super) fn nobody_left_over(&mut self, entries: &List<RowEntry>, found: &Rows, territories: &[Territory]) {
        const FIRST: usize = 10;
        if found.has_default {
            return;
        }
        let decided = |country: &Country| match territories.iter().find(|held| held.places.contains(country)) {
            Some(territory) => match territory.treated {
                Treatment::Hold => true,
                Treatment::State => territory.of.is_some_and(|state| found.taken.contains_key(&state)),
                Treatment::Own => found.taken.contains_key(country),
            },
            None => found.taken.contains_key(country),
        };
        let left: Vec<&str> = Country::all().filter(|country| !decided(country)).map(Country::alpha2).collect();
        if left.is_empty() {
            return;
        }
        let first = left.iter().take(FIRST).copied().collect::<Vec<_>>().join(", ");
        let dots = if left.len() > FIRST { ", …" } else { "" };
        let description =
            format!("no row has `default = true`, and no other is for {} residences: {first}{dots}", left.len());
        let span = entries.get_ref().last().map_or(entries.span(), Spanned::span);
        self.fault(span, "row", description);
    }

    pub(super) fn instrument_rows(
        &mut self,
        entries: &[Spanned<InstrumentRowEntry>],
        contacts: &[Arc<Contact>],
        keys: &mut HashSet<String>,
    ) -> Vec<InstrumentRow> {
        let mut rows = Vec::new();
        let mut seen: Vec<InstrumentKind> = Vec::new();
        for (index, spanned) in entries.iter().enumerate() {
            let (entry, path) = (spanned.get_ref(), format!("instrument_row[{index}]"));
            let key = self.key(&entry.key, &format!("{path}.key"), keys);
            let at = format!("{path}.instruments");
            if entry.instruments.get_ref().is_empty() {
                self.fault(entry.instruments.span(), &at, "names no paper");
            }
            let instruments = self.new_words(entry.instruments.get_ref(), &at, &mut seen);
            let role = self.key(&entry.role, &format!("{path}.role"), &mut HashSet::new());
            let named = entry.contact.as_ref().filter(|contact| !contact.get_ref().is_empty());
            let contact = named.and_then(|contact| self.contact(contact, &format!("{path}.contact"), contacts));
            if entry.citation.is_empty() {
                let description = format!("row `{}` cites nothing", shown(&entry.key));
                self.fault(spanned.span(), format!("{path}.citation"), description);
            }
            let mut citations = Vec::new();
            for (place, citation) in entry.citation.iter().enumerate() {
                citations.extend(self.citation(citation, &format!("{path}.citation[{place}]")));
            }
            if let (Some(key), Some(role)) = (key, role) {
                let row = InstrumentRow { key, instruments, role, contact, citations };
                // Only authorities of certain States may issue a European order: its row holds whatever it names.
                if row.is_european() && !row.instruments.iter().all(|kind| InstrumentRow::EUROPEAN.contains(kind)) {
                    self.fault(entry.instruments.span(), at, "European orders need a row of their own");
                }
                rows.push(row);
            }
        }
        rows
    }

    fn citation(&mut self, entry: &CitationEntry, path: &str) -> Option<Citation> {
        let document = self.line(&entry.document, &format!("{path}.document"), NAME);
        let section = self.line(&entry.section, &format!("{path}.section"), NAME);
        let confirmation = self.word(&entry.confirmation, &format!("{path}.confirmation"));
        let source = self.line(&entry.source, &format!("{path}.source"), SENTENCE);
        Some(Citation {
            document: document?,
            revision: None,
            section: section?,
            confirmation: confirmation?,
            source: Some(source?),
        })
    }
}
