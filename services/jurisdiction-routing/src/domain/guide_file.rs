//! Reading a guide from its file, and every fault in it with the place where it stands.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use rogatory_rulebook::{AuthorityKind, Country, Digest, Fault, InstrumentKind, Source, Spanned};

use super::{
    channel::ChannelKind,
    guide::{Audience, Guide, Instruments, Passage, Section, Service, TurnedAway},
    guide_entries::{
        AudienceEntry, ChannelEntry, File, InstrumentsEntry, List, SectionEntry, ServiceEntry, Text, TurnedAwayEntry,
    },
};

mod contacts;
mod ranking;
mod rows;
mod territories;
mod values;

use values::{NAME, SENTENCE, shown};

/// The most faults that are told of one file.
const MOST_FAULTS: usize = 500;

/// Reads and checks a guide.
pub(super) fn read(text: &str) -> Result<Guide, Vec<Fault>> {
    let source = Source::new(text);
    let file: File = source.read()?;
    let mut check = Check { source, faults: Vec::new(), sections: HashSet::new() };
    match check.guide(&file, Digest::of(text).to_string()) {
        Some(guide) if check.faults.is_empty() => Ok(guide.with_answers()),
        _ => Err(check.told()),
    }
}

/// Collects faults while the file is turned into a guide. A method answers `None` only when it has told a fault.
struct Check<'a> {
    source: Source<'a>,
    faults: Vec<(Range<usize>, String, String)>,
    sections: HashSet<String>,
}

impl Check<'_> {
    fn fault(&mut self, span: Range<usize>, path: impl Into<String>, description: impl Into<String>) {
        self.faults.push((span, path.into(), description.into()));
    }

    /// The faults in the order of the file.
    fn told(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|(span, ..)| span.start);
        let more = self.faults.len().saturating_sub(MOST_FAULTS);
        self.faults.truncate(MOST_FAULTS);
        let told = self.faults.into_iter();
        let mut told: Vec<Fault> =
            told.map(|(span, path, description)| self.source.fault(span, path, description)).collect();
        if more > 0 {
            told.push(Fault::of_file("", format!("there are {more} more faults")));
        }
        told
    }

    fn guide(&mut self, file: &File, digest: String) -> Option<Guide> {
        let document = self.document(&file.document);
        let title = self.line(&file.title, "title", NAME);
        let source = self.line(&file.source, "source", SENTENCE);
        let sections = self.sections(&file.section);
        let audience = self.audience(&file.audience);
        let instruments = self.instruments(&file.instruments);
        let note_section = self.section(&file.contact_note.section, "contact_note.section");
        let note_text = self.line(&file.contact_note.text, "contact_note.text", SENTENCE);
        let contacts = self.contacts(&file.contact);
        // A plan tells the row by its key: one key, whichever table the row is in.
        let mut row_keys = HashSet::new();
        let found = self.rows(&file.row, &contacts, &mut row_keys);
        let instrument_rows = self.instrument_rows(&file.instrument_row, &contacts, &mut row_keys);
        let residence = self.ranking(&file.residence);
        let territories = self.territories(&file.territory, &found.taken);
        self.nobody_left_over(&file.row, &found, &territories);
        let service = self.service(&file.service, &file.channel);
        Some(Guide {
            document: document?,
            title: title?,
            source: source?,
            digest,
            sections,
            audience: audience?,
            instruments: instruments?,
            contact_note: Passage { section: note_section?, text: note_text? },
            contacts,
            rows: found.rows,
            instrument_rows,
            residence: residence?,
            territories,
            service: service?,
            answers: HashMap::new(),
        })
    }

    /// The key of the platform: `aliexpress.com`.
    fn document(&mut self, key: &Text) -> Option<String> {
        const MOST: usize = 100;
        let text = key.get_ref();
        let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-".contains(letter);
        if text.is_empty() || text.len() > MOST || !text.chars().all(allowed) {
            let description =
                format!("the key of a platform has 1 to {MOST} lower-case letters, digits, dots and hyphens");
            self.fault(key.span(), "document", description);
            return None;
        }
        Some(text.clone())
    }

    fn sections(&mut self, entries: &List<SectionEntry>) -> Vec<Section> {
        let mut sections = Vec::new();
        for (index, entry) in entries.get_ref().iter().enumerate() {
            let (entry, path) = (entry.get_ref(), format!("section[{index}]"));
            let (at, text) = (format!("{path}.key"), entry.key.get_ref());
            let key = self.line(&entry.key, &at, NAME);
            if key.as_ref().is_some_and(|key| key != text) {
                self.fault(entry.key.span(), &at, "starts or ends with a space");
            }
            if !self.sections.insert(text.clone()) {
                self.fault(entry.key.span(), &at, format!("section `{}` stands twice", shown(&entry.key)));
            }
            let title = self.line(&entry.title, &format!("{path}.title"), NAME);
            let text = self.passage(&entry.text, &format!("{path}.text"));
            if let (Some(key), Some(title), Some(text)) = (key, title, text) {
                sections.push(Section { key, title, text });
            }
        }
        sections
    }

    fn audience(&mut self, spanned: &Spanned<AudienceEntry>) -> Option<Audience> {
        let entry = spanned.get_ref();
        let section = self.section(&entry.section, "audience.section");
        let mut excluded_countries: Vec<Country> = Vec::new();
        for (index, code) in entry.excluded_countries.iter().enumerate() {
            let path = format!("audience.excluded_countries[{index}]");
            match self.country(code, &path) {
                Some(country) if excluded_countries.contains(&country) => {
                    self.fault(code.span(), path, format!("{country} stands twice"));
                }
                country => excluded_countries.extend(country),
            }
        }
        let at = "audience.excluded_answer";
        let excluded_answer = match &entry.excluded_answer {
            Some(answer) => self.line(answer, at, SENTENCE),
            None if entry.excluded_countries.is_empty() => Some(String::new()),
            None => {
                self.fault(spanned.span(), at, "say what an authority of an excluded country is told");
                None
            }
        };
        let at = "audience.accepted_kinds";
        if entry.accepted_kinds.get_ref().is_empty() {
            self.fault(entry.accepted_kinds.span(), at, "nobody may ask");
        }
        let mut seen: Vec<AuthorityKind> = Vec::new();
        let accepted_kinds = self.new_words(entry.accepted_kinds.get_ref(), at, &mut seen);
        let mut turned_away = Vec::new();
        for (index, entry) in entry.turned_away.iter().enumerate() {
            turned_away.extend(self.turned_away(entry, &format!("audience.turned_away[{index}]"), &mut seen));
        }
        let (section, excluded_answer) = (section?, excluded_answer?);
        Some(Audience { section, excluded_countries, excluded_answer, accepted_kinds, turned_away })
    }

    fn turned_away(
        &mut self,
        entry: &TurnedAwayEntry,
        path: &str,
        seen: &mut Vec<AuthorityKind>,
    ) -> Option<TurnedAway> {
        let at = format!("{path}.kinds");
        if entry.kinds.get_ref().is_empty() {
            self.fault(entry.kinds.span(), &at, "names no kind of authority");
        }
        let kinds = self.new_words(entry.kinds.get_ref(), &at, seen);
        let code = self.code(&entry.code, &format!("{path}.code"));
        let answer = self.line(&entry.answer, &format!("{path}.answer"), SENTENCE);
        Some(TurnedAway { kinds, code: code?, answer: answer? })
    }

    fn instruments(&mut self, entry: &InstrumentsEntry) -> Option<Instruments> {
        let section = self.section(&entry.section, "instruments.section");
        let emergency_section = self.section(&entry.emergency_section, "instruments.emergency_section");
        let mut seen: Vec<InstrumentKind> = Vec::new();
        if entry.binding.get_ref().is_empty() {
            self.fault(entry.binding.span(), "instruments.binding", "a Request could rest on nothing");
        }
        let binding = self.new_words(entry.binding.get_ref(), "instruments.binding", &mut seen);
        let emergency = self.new_words(&entry.emergency, "instruments.emergency", &mut seen);
        Some(Instruments { section: section?, binding, emergency, emergency_section: emergency_section? })
    }

    fn service(&mut self, entry: &ServiceEntry, channels: &List<ChannelEntry>) -> Option<Service> {
        let section = self.section(&entry.section, "service.section");
        let agent = self.line(&entry.agent, "service.agent", SENTENCE);
        let recognized_by = self.country(&entry.recognized_by, "service.recognized_by");
        if channels.get_ref().is_empty() {
            self.fault(channels.span(), "channel", "a Request could be served in no way");
        }
        let mut names = BTreeMap::new();
        let mut seen: Vec<ChannelKind> = Vec::new();
        for (index, channel) in channels.get_ref().iter().enumerate() {
            let (channel, path) = (channel.get_ref(), format!("channel[{index}]"));
            let kind = self.new_word(&channel.kind, &format!("{path}.kind"), &mut seen);
            let text = self.line(&channel.text, &format!("{path}.text"), NAME);
            names.extend(kind.zip(text));
        }
        Some(Service { section: section?, agent: agent?, recognized_by: recognized_by?, channels: names })
    }
}
