//! Reading a policy from its file, and every fault in it with the place where it stands.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};

use rogatory_rulebook::{Confirmation, Country, DataClass, Fault, InstrumentKind, Source, Spanned};
use serde::Deserialize;

use super::{
    catalogue::{Catalogue, Element, Sensitivity, UsClass},
    judge,
    ladder::{Countries, Ladder},
    pack::{Document, Documents, Packs, Reader, is_key},
    policy::{LongestWindow, Passage, Policy},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    document: Spanned<String>,
    title: Spanned<String>,
    everything: Spanned<String>,
    grant: Spanned<GrantEntry>,
    emergency: Spanned<PassageEntry>,
    #[serde(default)]
    window: Vec<Spanned<WindowEntry>>,
    #[serde(default)]
    ladder: Vec<Spanned<LadderEntry>>,
    #[serde(default)]
    source: Vec<Spanned<SourceEntry>>,
    #[serde(default)]
    element: Vec<Spanned<ElementEntry>>,
    #[serde(default)]
    pack: Vec<Spanned<PackEntry>>,
    #[serde(default)]
    storage: BTreeMap<String, Spanned<Vec<Country>>>,
    #[serde(default)]
    retention: BTreeMap<String, Spanned<u32>>,
    operation: Option<OperationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantEntry {
    valid_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassageEntry {
    reason: String,
    cite: Vec<CiteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CiteEntry {
    source: String,
    section: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowEntry {
    #[serde(default)]
    countries: Vec<Country>,
    #[serde(default)]
    except: Vec<Country>,
    longest_days: u32,
    status: Confirmation,
    reason: String,
    cite: Vec<CiteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderEntry {
    #[serde(default)]
    countries: Vec<Country>,
    #[serde(default)]
    except: Vec<Country>,
    #[serde(default)]
    emergency: bool,
    steps: Vec<InstrumentKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    key: String,
    document: String,
    version: Option<String>,
    read_in: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementEntry {
    key: String,
    class: DataClass,
    us_class: UsClass,
    has_window: bool,
    sensitivity: Sensitivity,
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackEntry {
    key: String,
    text: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationEntry {
    staff_countries: Spanned<Vec<Country>>,
}

/// The most days that a grant may last or a window may span: ten years, so that no sum of times overflows.
const MOST_DAYS: u32 = 3653;
/// The longest time that anything is kept: a hundred years.
const LONGEST_RETENTION: u32 = 36_525;
/// The most elements of a catalogue: a request for everything is answered for each.
const MOST_ELEMENTS: usize = 200;

/// Reads a policy.
pub(super) fn read(text: &str) -> Result<Policy, Vec<Fault>> {
    let source = Source::new(text);
    let file: File = source.read()?;
    let mut check = Check { text, source, faults: Vec::new(), documents: Documents::new() };
    check.sources(&file.source);
    check.head(&file);
    check.elements(&file.element);
    check.ladders(&file.ladder);
    check.operator(&file);
    let catalogue = Catalogue::new(file.element.iter().map(|entry| entry.get_ref().into()).collect());
    let packs = check.packs(&file, &catalogue);
    let policy = check.policy(file, catalogue, packs);
    if check.faults.is_empty() { policy.ok_or_else(Vec::new) } else { Err(check.faults) }
}

struct Check<'a> {
    text: &'a str,
    source: Source<'a>,
    faults: Vec<Fault>,
    documents: Documents,
}

impl Check<'_> {
    fn fault<T>(&mut self, at: &Spanned<T>, path: impl Into<String>, description: impl Into<String>) {
        self.faults.push(self.source.fault(at.span(), path, description));
    }

    /// What the file says; none when an element cannot be put before the packs.
    fn policy(&mut self, file: File, catalogue: Catalogue, packs: Packs) -> Option<Policy> {
        let storage: BTreeMap<String, Vec<Country>> =
            file.storage.into_iter().map(|(key, countries)| (key, countries.into_inner())).collect();
        let entities: Option<Vec<_>> = catalogue
            .iter()
            .map(|element| judge::element(element, storage.get(&element.key).map(Vec::as_slice)))
            .collect();
        if entities.is_none() {
            self.faults.push(Fault::of_file("element", "an element cannot be put before the packs"));
        }
        let emergency = file.emergency.into_inner();
        Some(Policy {
            document: file.document.into_inner(),
            title: file.title.into_inner(),
            everything: file.everything.into_inner(),
            entities: entities?,
            catalogue,
            packs,
            ladders: file.ladder.into_iter().map(|entry| entry.into_inner().into()).collect(),
            windows: file.window.into_iter().map(|entry| self.window(entry.into_inner())).collect(),
            storage,
            retention: file.retention.into_iter().map(|(key, days)| (key, days.into_inner())).collect(),
            staff: file.operation.map(|entry| entry.staff_countries.into_inner()),
            emergency: self.passage(emergency.reason, &emergency.cite),
            grant_valid_days: file.grant.into_inner().valid_days,
        })
    }

    fn window(&self, entry: WindowEntry) -> LongestWindow {
        LongestWindow {
            countries: Countries { only: entry.countries, except: entry.except },
            longest_days: entry.longest_days,
            status: entry.status,
            passage: self.passage(entry.reason, &entry.cite),
        }
    }

    fn passage(&self, reason: String, cite: &[CiteEntry]) -> Passage {
        let cite = cite
            .iter()
            .filter_map(|entry| Some(self.documents.get(&entry.source)?.cite(&entry.section, Confirmation::Confirmed)));
        Passage { reason, cite: cite.collect() }
    }

    fn sources(&mut self, sources: &[Spanned<SourceEntry>]) {
        for (index, spanned) in sources.iter().enumerate() {
            let entry = spanned.get_ref();
            let path = |field: &str| format!("source[{index}].{field}");
            if !is_key(&entry.key) {
                self.fault(spanned, path("key"), "write it in lower-case letters, digits and hyphens, at most 64");
            }
            for (field, text) in [("document", &entry.document), ("read_in", &entry.read_in)] {
                if text.trim().is_empty() {
                    self.fault(spanned, path(field), "is empty; say what is cited, and where it was read");
                }
            }
            let SourceEntry { key, document, version, read_in } = entry;
            let document = Document { title: document.clone(), version: version.clone(), source: read_in.clone() };
            if self.documents.insert(key.clone(), document).is_some() {
                self.fault(spanned, path("key"), format!("there is another source `{key}`"));
            }
        }
    }

    fn head(&mut self, file: &File) {
        for (path, text) in [("document", &file.document), ("title", &file.title)] {
            if text.get_ref().trim().is_empty() {
                self.fault(text, path, "is empty");
            }
        }
        if !is_key(file.everything.get_ref()) {
            self.fault(
                &file.everything,
                "everything",
                "write it in lower-case letters, digits and hyphens, at most 64",
            );
        }
        self.days(&file.grant, "grant.valid_days", file.grant.get_ref().valid_days);
        let emergency = file.emergency.get_ref();
        self.reason(&file.emergency, "emergency", &emergency.reason, &emergency.cite);
        for (index, entry) in file.window.iter().enumerate() {
            let window = entry.get_ref();
            self.days(entry, &format!("window[{index}].longest_days"), window.longest_days);
            self.reason(entry, &format!("window[{index}]"), &window.reason, &window.cite);
        }
    }

    fn days<T>(&mut self, at: &Spanned<T>, path: &str, days: u32) {
        if !(1..=MOST_DAYS).contains(&days) {
            self.fault(at, path, format!("must lie between 1 and {MOST_DAYS} days"));
        }
    }

    fn reason<T>(&mut self, at: &Spanned<T>, path: &str, reason: &str, cite: &[CiteEntry]) {
        if reason.trim().is_empty() {
            self.fault(at, format!("{path}.reason"), "is empty; a decision must explain itself");
        }
        if cite.is_empty() {
            self.fault(at, format!("{path}.cite"), "is empty; say where this stands written");
        }
        for (index, entry) in cite.iter().enumerate() {
            let path = format!("{path}.cite[{index}]");
            if !self.documents.contains_key(&entry.source) {
                self.fault(at, path, format!("cites `{}`, which is not among [[source]]", entry.source));
            } else if entry.section.trim().is_empty() {
                self.fault(at, path, "needs a section");
            }
        }
    }

    fn elements(&mut self, elements: &[Spanned<ElementEntry>]) {
        if elements.is_empty() {
            self.faults.push(Fault::of_file("element", "the catalogue is empty"));
        }
        if elements.len() > MOST_ELEMENTS {
            self.faults.push(Fault::of_file("element", format!("a catalogue has at most {MOST_ELEMENTS} elements")));
        }
        let mut seen = HashSet::new();
        for (index, entry) in elements.iter().enumerate() {
            let element = entry.get_ref();
            let path = |field: &str| format!("element[{index}].{field}");
            if !is_key(&element.key) {
                self.fault(entry, path("key"), "write it in lower-case letters, digits and hyphens, at most 64");
            } else if !seen.insert(&element.key) {
                self.fault(entry, path("key"), format!("`{}` is in the catalogue already", element.key));
            }
            if element.description.trim().is_empty() {
                self.fault(entry, path("description"), "is empty");
            }
            if element.us_class == UsClass::EcsContent && element.class != DataClass::Content {
                self.fault(entry, path("class"), "what is ecs_content is content");
            }
        }
    }

    fn ladders(&mut self, ladders: &[Spanned<LadderEntry>]) {
        for (index, entry) in ladders.iter().enumerate() {
            let steps = &entry.get_ref().steps;
            let distinct: HashSet<_> = steps.iter().collect();
            if steps.len() < 2 || distinct.len() != steps.len() {
                self.fault(
                    entry,
                    format!("ladder[{index}].steps"),
                    "needs two or more papers, each once, from the lowest",
                );
            }
        }
    }

    fn packs(&mut self, file: &File, catalogue: &Catalogue) -> Packs {
        if file.pack.is_empty() {
            self.faults.push(Fault::of_file("pack", "there is no pack: nothing would be permitted"));
        }
        if let Some(element) = catalogue.get(file.everything.get_ref()) {
            self.fault(&file.everything, "everything", format!("`{}` is an element of the catalogue", element.key));
        }
        let documents = std::mem::take(&mut self.documents);
        let mut reader = Reader::new(&documents, catalogue, file.everything.get_ref());
        let mut seen = HashSet::new();
        for (index, spanned) in file.pack.iter().enumerate() {
            let entry = spanned.get_ref();
            if !is_key(&entry.key) || !seen.insert(&entry.key) {
                let what = "needs a key of its own: lower-case letters, digits and hyphens, at most 64";
                self.fault(spanned, format!("pack[{index}].key"), what);
            }
            let Err(faults) = reader.read(&entry.key, entry.text.get_ref()) else { continue };
            for fault in faults {
                let span = self.inside(&entry.text, fault.at);
                let mut path = format!("pack[{}]", entry.key);
                if !fault.policy.is_empty() {
                    path.push_str(&format!(".{}", fault.policy));
                }
                self.faults.push(self.source.fault(span, path, fault.description));
            }
        }
        let packs = reader.finish();
        self.documents = documents;
        packs
    }

    /// Where a byte of a pack stands in the file. Only a literal text is the same in both; of another the beginning is told.
    fn inside(&self, text: &Spanned<String>, at: usize) -> Range<usize> {
        let span = text.span();
        let written = self.text.get(span.clone()).unwrap_or_default();
        match written.find(text.get_ref().as_str()) {
            Some(begin) => span.start + begin + at..span.end,
            None => span,
        }
    }

    fn operator(&mut self, file: &File) {
        let known = |key: &str| file.element.iter().any(|entry| entry.get_ref().key == key);
        for (key, countries) in &file.storage {
            let path = format!("storage.{key}");
            if !known(key) {
                self.fault(countries, path.clone(), "is not in the catalogue");
            }
            if countries.get_ref().is_empty() {
                self.fault(countries, path, "is empty; leave the line out while it is not known");
            }
        }
        for (key, days) in &file.retention {
            let path = format!("retention.{key}");
            if !known(key) {
                self.fault(days, path.clone(), "is not in the catalogue");
            }
            if !(1..=LONGEST_RETENTION).contains(days.get_ref()) {
                self.fault(days, path, format!("must lie between 1 and {LONGEST_RETENTION} days"));
            }
        }
        if let Some(staff) =
            file.operation.as_ref().map(|entry| &entry.staff_countries).filter(|s| s.get_ref().is_empty())
        {
            self.fault(staff, "operation.staff_countries", "is empty; leave the table out while it is not known");
        }
    }
}

impl From<&ElementEntry> for Element {
    fn from(entry: &ElementEntry) -> Self {
        let ElementEntry { key, class, us_class, has_window, sensitivity, description } = entry;
        Self {
            key: key.clone(),
            class: *class,
            us_class: *us_class,
            has_window: *has_window,
            sensitivity: *sensitivity,
            description: description.clone(),
        }
    }
}

impl From<LadderEntry> for Ladder {
    fn from(entry: LadderEntry) -> Self {
        let LadderEntry { countries, except, emergency, steps } = entry;
        Self { countries: Countries { only: countries, except }, emergency, steps }
    }
}
