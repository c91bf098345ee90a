//! Reading a policy from its file, and every fault in it with the place where it stands.

use std::collections::{BTreeMap, HashSet};

use rogatory_rulebook::{Citation, Confirmation, Country, DataClass, Fault, InstrumentKind, Source, Spanned};
use serde::Deserialize;

use super::{
    catalogue::{Catalogue, Element, UsClass},
    policy::{Approvals, Passage, Policy, Windows},
    rule::{Conditions, Rule, RuleEffect},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    document: Spanned<String>,
    title: Spanned<String>,
    approvals: Spanned<ApprovalsEntry>,
    grant: Spanned<GrantEntry>,
    windows: Spanned<WindowsEntry>,
    emergency: Spanned<PassageEntry>,
    element: Vec<Spanned<ElementEntry>>,
    #[serde(default)]
    rule: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    storage: BTreeMap<String, Spanned<Vec<Country>>>,
    operation: Option<OperationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalsEntry {
    default: u32,
    content: u32,
    emergency: u32,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantEntry {
    valid_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowsEntry {
    longest_days: u32,
    reason: String,
    cite: Vec<Citation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassageEntry {
    reason: String,
    cite: Vec<Citation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementEntry {
    key: String,
    class: DataClass,
    us_class: UsClass,
    has_window: bool,
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    id: String,
    effect: RuleEffect,
    status: Confirmation,
    #[serde(default)]
    when: Conditions,
    #[serde(default)]
    unless: Conditions,
    #[serde(default)]
    unlocked_by: Vec<InstrumentKind>,
    reason: String,
    cite: Vec<Citation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationEntry {
    staff_countries: Spanned<Vec<Country>>,
}

/// The most days that a grant may last or a window may span: ten years, so that no sum of times overflows.
const MOST_DAYS: u32 = 3653;

/// Reads a policy.
pub(super) fn read(text: &str) -> Result<Policy, Vec<Fault>> {
    let source = Source::new(text);
    let file: File = source.read()?;
    let mut check = Check { source, faults: Vec::new() };
    check.head(&file);
    check.elements(&file.element);
    check.rules(&file);
    check.operator(&file);
    if check.faults.is_empty() { Ok(file.into_policy()) } else { Err(check.faults) }
}

impl File {
    fn into_policy(self) -> Policy {
        let (approvals, windows) = (self.approvals.into_inner(), self.windows.into_inner());
        let emergency = self.emergency.into_inner();
        Policy {
            document: self.document.into_inner(),
            title: self.title.into_inner(),
            catalogue: Catalogue::new(self.element.into_iter().map(|entry| entry.into_inner().into()).collect()),
            rules: self.rule.into_iter().map(|entry| entry.into_inner().into()).collect(),
            storage: self.storage.into_iter().map(|(key, countries)| (key, countries.into_inner())).collect(),
            staff: self.operation.map(|entry| entry.staff_countries.into_inner()),
            approvals: Approvals {
                default: approvals.default,
                content: approvals.content,
                emergency: approvals.emergency,
                reason: approvals.reason,
            },
            windows: Windows {
                longest_days: windows.longest_days,
                passage: Passage { reason: windows.reason, cite: windows.cite },
            },
            emergency: Passage { reason: emergency.reason, cite: emergency.cite },
            grant_valid_days: self.grant.into_inner().valid_days,
        }
    }
}

impl From<ElementEntry> for Element {
    fn from(entry: ElementEntry) -> Self {
        let ElementEntry { key, class, us_class, has_window, description } = entry;
        Self { key, class, us_class, has_window, description }
    }
}

impl From<RuleEntry> for Rule {
    fn from(entry: RuleEntry) -> Self {
        let RuleEntry { id, effect, status, when, unless, unlocked_by, reason, cite } = entry;
        Self { id, effect, status, when, unless, unlocked_by, reason, cite }
    }
}

struct Check<'a> {
    source: Source<'a>,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault<T>(&mut self, at: &Spanned<T>, path: impl Into<String>, description: impl Into<String>) {
        self.faults.push(self.source.fault(at.span(), path, description));
    }

    fn head(&mut self, file: &File) {
        for (path, text) in [("document", &file.document), ("title", &file.title)] {
            if text.get_ref().trim().is_empty() {
                self.fault(text, path, "is empty");
            }
        }
        let approvals = file.approvals.get_ref();
        if approvals.default < 1 {
            self.fault(&file.approvals, "approvals.default", "somebody has to approve: at least 1");
        }
        for (path, number) in [("approvals.content", approvals.content), ("approvals.emergency", approvals.emergency)] {
            if number < 2 {
                self.fault(&file.approvals, path, "content and emergencies need two different people: at least 2");
            }
        }
        self.reason(&file.approvals, "approvals.reason", &approvals.reason);
        self.days(&file.grant, "grant.valid_days", file.grant.get_ref().valid_days);
        let windows = file.windows.get_ref();
        self.days(&file.windows, "windows.longest_days", windows.longest_days);
        self.reason(&file.windows, "windows.reason", &windows.reason);
        self.citations(&file.windows, "windows", &windows.cite);
        let emergency = file.emergency.get_ref();
        self.reason(&file.emergency, "emergency.reason", &emergency.reason);
        self.citations(&file.emergency, "emergency", &emergency.cite);
    }

    fn days<T>(&mut self, at: &Spanned<T>, path: &str, days: u32) {
        if !(1..=MOST_DAYS).contains(&days) {
            self.fault(at, path, format!("must lie between 1 and {MOST_DAYS} days"));
        }
    }

    fn reason<T>(&mut self, at: &Spanned<T>, path: &str, reason: &str) {
        if reason.trim().is_empty() {
            self.fault(at, path, "is empty; a decision must explain itself");
        }
    }

    fn citations<T>(&mut self, at: &Spanned<T>, path: &str, cite: &[Citation]) {
        if cite.is_empty() {
            self.fault(at, format!("{path}.cite"), "is empty; say where this stands written");
        }
        for (index, citation) in cite.iter().enumerate() {
            let path = format!("{path}.cite[{index}]");
            if citation.document.trim().is_empty() || citation.section.trim().is_empty() {
                self.fault(at, path.clone(), "needs a document and a section");
            }
            if citation.source.as_ref().is_none_or(|source| source.trim().is_empty()) {
                self.fault(at, format!("{path}.source"), "is missing; say where it was read, or that it was not");
            }
        }
    }

    fn elements(&mut self, elements: &[Spanned<ElementEntry>]) {
        if elements.is_empty() {
            self.faults.push(Fault::of_file("element", "the catalogue is empty"));
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

    fn rules(&mut self, file: &File) {
        let keys: HashSet<&str> = file.element.iter().map(|entry| entry.get_ref().key.as_str()).collect();
        let mut seen = HashSet::new();
        for (index, entry) in file.rule.iter().enumerate() {
            let rule = entry.get_ref();
            let path = |field: &str| format!("rule[{index}].{field}");
            if !is_key(&rule.id) {
                self.fault(entry, path("id"), "write it in lower-case letters, digits and hyphens, at most 64");
            } else if !seen.insert(&rule.id) {
                self.fault(entry, path("id"), format!("there is another rule `{}`", rule.id));
            }
            self.reason(entry, &path("reason"), &rule.reason);
            self.citations(entry, &format!("rule[{index}]"), &rule.cite);
            let checked = rule.cite.iter().all(|citation| citation.confirmation == Confirmation::Confirmed);
            if rule.status == Confirmation::Confirmed && !checked {
                self.fault(entry, path("status"), "a rule is not confirmed while one of its citations is not");
            }
            if rule.effect == RuleEffect::Permit && rule.when.is_empty() {
                self.fault(entry, path("when"), "a permit without a condition would permit everything");
            }
            if (rule.effect == RuleEffect::Needs) == rule.unlocked_by.is_empty() {
                self.fault(entry, path("unlocked_by"), "belongs to `needs`, which names at least one instrument");
            }
            for (part, conditions) in [("when", &rule.when), ("unless", &rule.unless)] {
                for element in conditions.elements.iter().filter(|element| !keys.contains(element.as_str())) {
                    let path = path(&format!("{part}.elements"));
                    self.fault(entry, path, format!("`{element}` is not in the catalogue"));
                }
            }
        }
    }

    fn operator(&mut self, file: &File) {
        for (key, countries) in &file.storage {
            let path = format!("storage.{key}");
            if !file.element.iter().any(|entry| entry.get_ref().key == *key) {
                self.fault(countries, path.clone(), "is not in the catalogue");
            }
            if countries.get_ref().is_empty() {
                self.fault(countries, path, "is empty; leave the line out while it is not known");
            }
        }
        if let Some(staff) =
            file.operation.as_ref().map(|entry| &entry.staff_countries).filter(|s| s.get_ref().is_empty())
        {
            self.fault(staff, "operation.staff_countries", "is empty; leave the table out while it is not known");
        }
    }
}

fn is_key(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
