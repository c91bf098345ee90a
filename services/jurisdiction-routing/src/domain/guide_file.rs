//! Reading a guide from its file, and every fault in it with the place where it stands.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
    str::FromStr,
    sync::Arc,
};

use rogatory_rulebook::{AuthorityKind, Country, Digest, Fault, InstrumentKind, Source, Spanned};

use super::{
    channel::ChannelKind,
    guide::{Audience, Contact, Guide, InstrumentRow, Instruments, Passage, Row, Section, Service, TurnedAway},
    guide_entries::{
        AudienceEntry, ChannelEntry, ContactEntry, File, InstrumentRowEntry, InstrumentsEntry, RowEntry, SectionEntry,
        ServiceEntry, Text,
    },
};

/// Reads and checks a guide.
pub(super) fn read(text: &str) -> Result<Guide, Vec<Fault>> {
    let source = Source::new(text);
    let file: File = source.read()?;
    let mut check = Check { source, faults: Vec::new(), sections: HashSet::new() };
    let guide = check.guide(&file, Digest::of(text).to_string());
    match guide {
        Some(guide) if check.faults.is_empty() => Ok(guide.with_answers()),
        _ => Err(check.faults),
    }
}

/// Collects faults while the file is turned into a guide. A method answers `None` only when it has told a fault.
struct Check<'a> {
    source: Source<'a>,
    faults: Vec<Fault>,
    sections: HashSet<String>,
}

impl Check<'_> {
    fn fault(&mut self, span: Range<usize>, path: impl Into<String>, description: impl Into<String>) {
        self.faults.push(self.source.fault(span, path, description));
    }

    fn guide(&mut self, file: &File, digest: String) -> Option<Guide> {
        let document = self.filled(&file.document, "document");
        let title = self.filled(&file.title, "title");
        let sections = self.sections(&file.section);
        let audience = self.audience(&file.audience);
        let instruments = self.instruments(&file.instruments);
        let note_section = self.section(&file.contact_note.section, "contact_note.section");
        let note_text = self.filled(&file.contact_note.text, "contact_note.text");
        let contacts = self.contacts(&file.contact);
        let rows = self.rows(&file.row, &contacts);
        let instrument_rows = self.instrument_rows(&file.instrument_row, &contacts);
        let service = self.service(&file.service, &file.channel);
        Some(Guide {
            document: document?,
            title: title?,
            digest,
            sections,
            audience: audience?,
            instruments: instruments?,
            contact_note: Passage { section: note_section?, text: note_text? },
            contacts,
            rows,
            instrument_rows,
            service: service?,
            answers: HashMap::new(),
        })
    }

    fn filled(&mut self, text: &Text, path: &str) -> Option<String> {
        if text.get_ref().trim().is_empty() {
            self.fault(text.span(), path, "is empty");
            return None;
        }
        Some(text.get_ref().trim().to_owned())
    }

    fn section(&mut self, key: &Text, path: &str) -> Option<String> {
        if !self.sections.contains(key.get_ref()) {
            self.fault(key.span(), path, format!("there is no section `{}` in this file", key.get_ref()));
            return None;
        }
        Some(key.get_ref().clone())
    }

    fn country(&mut self, code: &Text, path: &str) -> Option<Country> {
        match code.get_ref().parse() {
            Ok(country) => Some(country),
            Err(unknown) => {
                self.fault(code.span(), path, format!("`{}` is {unknown}", code.get_ref()));
                None
            }
        }
    }

    /// A country that may be left out or empty.
    fn optional_country(&mut self, code: Option<&Text>, path: &str) -> Option<Country> {
        let code = code.filter(|code| !code.get_ref().is_empty())?;
        self.country(code, path)
    }

    /// A word that is known and was not `seen` before.
    fn word<T: FromStr<Err: ToString> + Copy + PartialEq>(
        &mut self,
        word: &Text,
        path: String,
        seen: &mut Vec<T>,
    ) -> Option<T> {
        match word.get_ref().parse::<T>() {
            Ok(value) if seen.contains(&value) => {
                self.fault(word.span(), path, format!("`{}` stands twice, here or in another list", word.get_ref()));
                None
            }
            Ok(value) => {
                seen.push(value);
                Some(value)
            }
            Err(unknown) => {
                self.fault(word.span(), path, unknown.to_string());
                None
            }
        }
    }

    fn words<T: FromStr<Err: ToString> + Copy + PartialEq>(
        &mut self,
        words: &[Text],
        path: &str,
        seen: &mut Vec<T>,
    ) -> Vec<T> {
        let word = |(index, word)| self.word(word, format!("{path}[{index}]"), seen);
        words.iter().enumerate().filter_map(word).collect()
    }

    fn sections(&mut self, entries: &[Spanned<SectionEntry>]) -> Vec<Section> {
        for (index, entry) in entries.iter().enumerate() {
            let key = &entry.get_ref().key;
            if !self.sections.insert(key.get_ref().clone()) {
                self.fault(
                    key.span(),
                    format!("section[{index}].key"),
                    format!("section `{}` stands twice", key.get_ref()),
                );
            }
        }
        let section = |entry: &SectionEntry| Section {
            key: entry.key.get_ref().clone(),
            title: entry.title.clone(),
            text: entry.text.clone(),
        };
        entries.iter().map(|entry| section(entry.get_ref())).collect()
    }

    fn audience(&mut self, entry: &AudienceEntry) -> Option<Audience> {
        let section = self.section(&entry.section, "audience.section");
        let mut excluded_countries = Vec::new();
        for (index, code) in entry.excluded_countries.iter().enumerate() {
            excluded_countries.extend(self.country(code, &format!("audience.excluded_countries[{index}]")));
        }
        if !entry.excluded_countries.is_empty() && entry.excluded_answer.trim().is_empty() {
            self.faults.push(Fault::of_file(
                "audience.excluded_answer",
                "say what an authority of an excluded country is told",
            ));
        }
        let mut seen: Vec<AuthorityKind> = Vec::new();
        let accepted_kinds = self.words(&entry.accepted_kinds, "audience.accepted_kinds", &mut seen);
        let mut turned_away = Vec::new();
        for (index, entry) in entry.turned_away.iter().enumerate() {
            let path = format!("audience.turned_away[{index}]");
            let kinds = self.words(&entry.kinds, &format!("{path}.kinds"), &mut seen);
            let code = self.filled(&entry.code, &format!("{path}.code"));
            let answer = self.filled(&entry.answer, &format!("{path}.answer"));
            if let (Some(code), Some(answer)) = (code, answer) {
                turned_away.push(TurnedAway { kinds, code, answer });
            }
        }
        let excluded_answer = entry.excluded_answer.clone();
        Some(Audience { section: section?, excluded_countries, excluded_answer, accepted_kinds, turned_away })
    }

    fn instruments(&mut self, entry: &InstrumentsEntry) -> Option<Instruments> {
        let section = self.section(&entry.section, "instruments.section");
        let emergency_section = self.section(&entry.emergency_section, "instruments.emergency_section");
        let mut seen: Vec<InstrumentKind> = Vec::new();
        let binding = self.words(&entry.binding, "instruments.binding", &mut seen);
        let emergency = self.words(&entry.emergency, "instruments.emergency", &mut seen);
        Some(Instruments { section: section?, binding, emergency, emergency_section: emergency_section? })
    }

    fn contacts(&mut self, entries: &[Spanned<ContactEntry>]) -> Vec<Arc<Contact>> {
        let mut contacts: Vec<Arc<Contact>> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let (span, entry, path) = (entry.span(), entry.get_ref(), format!("contact[{index}]"));
            let key = entry.key.get_ref();
            let legal_name = entry.legal_name.as_ref().filter(|name| !name.get_ref().trim().is_empty());
            if legal_name.is_none() {
                let at = entry.legal_name.as_ref().map_or(span, Spanned::span);
                self.fault(at, format!("{path}.legal_name"), format!("contact `{key}` has no legal name"));
            }
            let contact = Contact {
                key: key.clone(),
                legal_name: legal_name.map_or_else(String::new, |name| name.get_ref().trim().to_owned()),
                incorporation: self
                    .optional_country(entry.incorporation_country.as_ref(), &format!("{path}.incorporation_country")),
                name_suggests: self.optional_country(entry.name_suggests.as_ref(), &format!("{path}.name_suggests")),
            };
            // Two contacts under one name would make it a matter of chance on which of them a Request was served.
            let same = |other: &Arc<Contact>| {
                other.is_named(key) || (legal_name.is_some() && other.is_named(&contact.legal_name))
            };
            if contacts.iter().any(same) {
                self.fault(
                    entry.key.span(),
                    format!("{path}.key"),
                    format!("contact `{key}` or its name stands twice"),
                );
            }
            contacts.push(Arc::new(contact));
        }
        contacts
    }

    fn contact(&mut self, key: &Text, path: &str, contacts: &[Arc<Contact>]) -> Option<Arc<Contact>> {
        let found = contacts.iter().find(|contact| contact.key == *key.get_ref());
        if found.is_none() {
            self.fault(key.span(), path, format!("there is no contact `{}` in this file", key.get_ref()));
        }
        found.cloned()
    }

    fn rows(&mut self, entries: &[Spanned<RowEntry>], contacts: &[Arc<Contact>]) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut keys = HashSet::new();
        let mut taken: HashMap<Country, String> = HashMap::new();
        let mut defaults = 0;
        for (index, entry) in entries.iter().enumerate() {
            let (span, entry, path) = (entry.span(), entry.get_ref(), format!("row[{index}]"));
            let key = entry.key.get_ref();
            if !keys.insert(key.clone()) {
                self.fault(entry.key.span(), format!("{path}.key"), format!("row `{key}` stands twice"));
            }
            let mut residences = Vec::new();
            for (place, code) in entry.residences.iter().enumerate() {
                let path = format!("{path}.residences[{place}]");
                let Some(country) = self.country(code, &path) else { continue };
                match taken.get(&country) {
                    Some(other) => {
                        let description = format!("{country} is in row `{other}` already: a residence has one contact");
                        self.fault(code.span(), path, description);
                    }
                    None => {
                        taken.insert(country, key.clone());
                        residences.push(country);
                    }
                }
            }
            defaults += usize::from(entry.default);
            let wrong = match (entry.default, entry.residences.is_empty()) {
                (true, false) => Some(format!("row `{key}` is default and names residences")),
                (false, true) => Some(format!("row `{key}` names no residence and is not default")),
                (true, true) => (defaults > 1).then(|| "there are two default rows".to_owned()),
                (false, false) => None,
            };
            if let Some(wrong) = wrong {
                self.fault(span.clone(), &path, wrong);
            }
            let contact = match entry.contact.as_ref().filter(|contact| !contact.get_ref().is_empty()) {
                Some(contact) => self.contact(contact, &format!("{path}.contact"), contacts),
                None => {
                    self.fault(span.clone(), format!("{path}.contact"), format!("row `{key}` has no contact"));
                    None
                }
            };
            let section = match &entry.section {
                Some(section) => self.section(section, &format!("{path}.section")),
                None => {
                    self.fault(span, format!("{path}.section"), format!("row `{key}` cites no section of the guide"));
                    None
                }
            };
            if let (Some(contact), Some(section)) = (contact, section) {
                rows.push(Row { key: key.clone(), section, residences, contact });
            }
        }
        if defaults == 0 {
            self.faults.push(Fault::of_file("row", "there is no row with `default = true` for every other residence"));
        }
        rows
    }

    fn instrument_rows(
        &mut self,
        entries: &[Spanned<InstrumentRowEntry>],
        contacts: &[Arc<Contact>],
    ) -> Vec<InstrumentRow> {
        let mut rows = Vec::new();
        let mut seen: Vec<InstrumentKind> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let (span, entry, path) = (entry.span(), entry.get_ref(), format!("instrument_row[{index}]"));
            let instruments = self.words(&entry.instruments, &format!("{path}.instruments"), &mut seen);
            let named = entry.contact.as_ref().filter(|contact| !contact.get_ref().is_empty());
            let contact = named.and_then(|contact| self.contact(contact, &format!("{path}.contact"), contacts));
            if entry.citation.is_empty() {
                self.fault(span, format!("{path}.citation"), format!("row `{}` cites nothing", entry.key.get_ref()));
            }
            if let Some(role) = self.filled(&entry.role, &format!("{path}.role")) {
                let (key, citations) = (entry.key.get_ref().clone(), entry.citation.clone());
                rows.push(InstrumentRow { key, instruments, role, contact, citations });
            }
        }
        rows
    }

    fn service(&mut self, entry: &ServiceEntry, channels: &[Spanned<ChannelEntry>]) -> Option<Service> {
        let section = self.section(&entry.section, "service.section");
        let agent = self.filled(&entry.agent, "service.agent");
        let recognized_by = self.country(&entry.recognized_by, "service.recognized_by");
        let mut names = BTreeMap::new();
        let mut seen: Vec<ChannelKind> = Vec::new();
        for (index, channel) in channels.iter().enumerate() {
            let channel = channel.get_ref();
            if let Some(kind) = self.word(&channel.kind, format!("channel[{index}].kind"), &mut seen) {
                names.insert(kind, channel.text.clone());
            }
        }
        Some(Service { section: section?, agent: agent?, recognized_by: recognized_by?, channels: names })
    }
}
