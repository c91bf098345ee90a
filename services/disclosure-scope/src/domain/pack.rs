//! The policy packs: Cedar policies that counsel reads, tests and replaces, one pack for each source of law.
//!
//! Cedar knows two effects, permit and forbid, and forbid beats permit. What a forbid means for the requester (never, not
//! before an authority has approved, not with this paper) stands in its annotation `@effect`.

use std::{collections::BTreeMap, str::FromStr as _, sync::LazyLock};

use cedar_policy::{
    Effect as CedarEffect, Policy as CedarPolicy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use miette::Diagnostic;
use rogatory_rulebook::{Citation, Confirmation, Country, InstrumentKind, words};

use super::{catalogue::Catalogue, reach::Reach};

/// The schema of the facts on which a policy may rest.
pub const SCHEMA: &str = include_str!("../../policies/schema.cedarschema");
/// The most policies of a revision: each is put to every item.
const MOST_POLICIES: usize = 500;
/// The annotations that a policy may have.
const ANNOTATIONS: [&str; 6] = ["id", "cite", "cite_unread", "reason", "status", "effect"];

/// The schema, read.
#[must_use]
pub fn schema() -> &'static Schema {
    #[expect(clippy::expect_used, reason = "the schema is part of the program, and a test reads it")]
    static READ: LazyLock<Schema> =
        LazyLock::new(|| Schema::from_cedarschema_str(SCHEMA).map(|(schema, _)| schema).expect("the schema is sound"));
    &READ
}

words! {
    /// What a policy does to the items that it applies to.
    RuleEffect, "effect of a policy" {
        /// The item may leave.
        Permit = "permit",
        /// The item may not leave.
        Withhold = "withhold",
        /// The item may leave once a competent authority has approved, or once a fact is stated.
        Hold = "hold",
        /// The item may leave under another paper, or one that says more.
        Process = "process",
        /// More people have to approve.
        Approvals = "approvals",
    }
}

/// What a policy says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its key: `us-subpoena-basics`.
    pub id: String,
    /// Key of its pack.
    pub pack: String,
    /// What it does.
    pub effect: RuleEffect,
    /// How far the policy itself, not only its sources, has been checked.
    pub status: Confirmation,
    /// A sentence that a lawyer can read.
    pub reason: String,
    /// Where it stands written.
    pub cite: Vec<Citation>,
    /// Its place among all policies, in the order of the file.
    order: usize,
}

impl Rule {
    /// Code of its findings: the id in upper case with underscores.
    #[must_use]
    pub fn code(&self) -> String {
        self.id.to_ascii_uppercase().replace('-', "_")
    }
}

/// All policies of a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Packs {
    all: PolicySet,
    rules: BTreeMap<String, Rule>,
    /// Each policy with what it does and whom it reaches, in the order of the file.
    policies: Vec<(CedarPolicy, RuleEffect, Reach)>,
}

/// The policies that can apply to a request. Cedar names on a refusal only what forbids; asked apart, permits are known in any
/// case.
#[derive(Debug, Default)]
pub(super) struct Slice {
    pub(super) permits: PolicySet,
    /// Those that forbid for another reason than the number of approvals.
    pub(super) forbids: PolicySet,
    /// Those that ask for more people. They alone look at `context.approvers`.
    pub(super) approvals: PolicySet,
}

impl Packs {
    /// All policies; the id of each is its `@id`.
    #[must_use]
    pub const fn all(&self) -> &PolicySet {
        &self.all
    }

    /// The policies that can apply to a request of this country under this paper.
    pub(super) fn slice(&self, country: Country, instrument: InstrumentKind) -> Slice {
        let mut slice = Slice::default();
        for (policy, effect, _) in self.policies.iter().filter(|(_, _, reach)| reach.has(country, instrument)) {
            let set = match effect {
                RuleEffect::Permit => &mut slice.permits,
                RuleEffect::Withhold | RuleEffect::Hold | RuleEffect::Process => &mut slice.forbids,
                RuleEffect::Approvals => &mut slice.approvals,
            };
            // The ids differ, which is all that could go wrong here, and a property compares with all of them at once.
            let _ = set.add(policy.clone());
        }
        slice
    }

    /// What the policy with this id says of itself.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// Every policy, in the order of the file.
    #[must_use]
    pub fn rules(&self) -> Vec<&Rule> {
        let mut rules: Vec<&Rule> = self.rules.values().collect();
        rules.sort_by_key(|rule| rule.order);
        rules
    }

    /// The rules with these ids, in the order of the file.
    pub(super) fn named<'i>(&self, ids: impl Iterator<Item = &'i PolicyId>) -> Vec<&Rule> {
        let mut rules: Vec<&Rule> = ids.filter_map(|id| self.rules.get(AsRef::<str>::as_ref(id))).collect();
        rules.sort_by_key(|rule| rule.order);
        rules
    }
}

/// A document that policies cite.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) title: String,
    pub(super) version: Option<String>,
    pub(super) source: String,
}

/// The documents that may be cited, by their keys.
pub(super) type Documents = BTreeMap<String, Document>;

/// A fault in a pack, with the byte of its text where it stands.
#[derive(Debug)]
pub(super) struct PackFault {
    pub(super) at: usize,
    pub(super) policy: String,
    pub(super) description: String,
}

/// Reads packs one after the other; every fault is kept.
pub(super) struct Reader<'a> {
    documents: &'a Documents,
    catalogue: &'a Catalogue,
    everything: &'a str,
    packs: Packs,
}

impl<'a> Reader<'a> {
    pub(super) fn new(documents: &'a Documents, catalogue: &'a Catalogue, everything: &'a str) -> Self {
        let packs = Packs { all: PolicySet::new(), rules: BTreeMap::new(), policies: Vec::new() };
        Self { documents, catalogue, everything, packs }
    }

    pub(super) fn finish(self) -> Packs {
        self.packs
    }

    /// Reads one pack.
    pub(super) fn read(&mut self, pack: &str, text: &str) -> Result<(), Vec<PackFault>> {
        let set = PolicySet::from_str(text).map_err(|errors| {
            errors
                .iter()
                .map(|error| PackFault { at: place(error), policy: String::new(), description: said(error) })
                .collect::<Vec<_>>()
        })?;
        let mut faults = Vec::new();
        if set.templates().next().is_some() {
            faults.push(PackFault {
                at: 0,
                policy: String::new(),
                description: "a template decides nothing; write a policy".to_owned(),
            });
        }
        let mut policies: Vec<(usize, &CedarPolicy)> =
            set.policies().map(|policy| (position(policy, text), policy)).collect();
        policies.sort_by_key(|(at, _)| *at);
        for (at, policy) in policies {
            let mut notes =
                Notes { at, id: policy.annotation("id").unwrap_or_default().to_owned(), faults: &mut faults };
            let rule = self.rule(pack, policy, &mut notes);
            let Ok(json) = policy.to_json() else {
                notes.add("has no JSON form, in which it is looked at");
                continue;
            };
            self.literals(policy, &json, rule.as_ref(), &mut notes);
            let Some(rule) = rule else { continue };
            if self.packs.rules.len() >= MOST_POLICIES {
                notes.add(format!("is one too many: a revision has at most {MOST_POLICIES} policies"));
                break;
            }
            self.keep(policy.new_id(PolicyId::new(&rule.id)), rule, Reach::of(&json));
        }
        let checked = Validator::new(schema().clone()).validate(&set, ValidationMode::Strict);
        for error in checked.validation_errors() {
            let policy = set.policy(error.policy_id());
            let at = policy.map_or(0, |policy| position(policy, text));
            let id = policy.and_then(|policy| policy.annotation("id")).unwrap_or_default();
            faults.push(PackFault { at, policy: id.to_owned(), description: said(error) });
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn keep(&mut self, policy: CedarPolicy, rule: Rule, reach: Reach) {
        // The ids differ (checked before), which is all that could go wrong here.
        if self.packs.all.add(policy.clone()).is_ok() {
            self.packs.policies.push((policy, rule.effect, reach));
            self.packs.rules.insert(rule.id.clone(), rule);
        }
    }

    /// What the annotations say; none when they leave open what the policy is.
    fn rule(&self, pack: &str, policy: &CedarPolicy, notes: &mut Notes<'_>) -> Option<Rule> {
        for (name, _) in policy.annotations().filter(|(name, _)| !ANNOTATIONS.contains(name)) {
            notes.add(format!(
                "has an annotation @{name}; there are @id, @cite, @cite_unread, @reason, @status, @effect"
            ));
        }
        let id = notes.id.clone();
        let named = is_key(&id);
        if !named {
            notes.add("needs @id: lower-case letters, digits and hyphens, at most 64");
        } else if self.packs.rules.contains_key(&id) {
            notes.add(format!("there is another policy `{id}`"));
            return None;
        }
        let reason = policy.annotation("reason").unwrap_or_default().trim().to_owned();
        if reason.is_empty() {
            notes.add("needs @reason, a sentence: a decision must explain itself");
        }
        let status = match policy.annotation("status") {
            Some("confirmed") => Confirmation::Confirmed,
            Some("unconfirmed") => Confirmation::Unconfirmed,
            _ => {
                notes.add("needs @status(\"confirmed\") or @status(\"unconfirmed\")");
                Confirmation::Unconfirmed
            }
        };
        let mut cite = self.citations(policy.annotation("cite"), Confirmation::Confirmed, notes);
        let unread = self.citations(policy.annotation("cite_unread"), Confirmation::Unconfirmed, notes);
        if status == Confirmation::Confirmed && !unread.is_empty() {
            notes.add("is not confirmed while one of its citations was not read");
        }
        cite.extend(unread);
        if policy.annotation("cite").is_none() && policy.annotation("cite_unread").is_none() {
            notes.add("needs @cite: where it stands written, as `document section; document section`");
        }
        let effect = effect(policy, notes)?;
        named.then(|| Rule { id, pack: pack.to_owned(), effect, status, reason, cite, order: self.packs.rules.len() })
    }

    fn citations(&self, written: Option<&str>, confirmation: Confirmation, notes: &mut Notes<'_>) -> Vec<Citation> {
        let mut citations = Vec::new();
        for entry in written.unwrap_or_default().split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (key, section) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
            match self.documents.get(key) {
                None => notes.add(format!("cites `{key}`, which is not among [[source]]")),
                Some(_) if section.trim().is_empty() => notes.add(format!("cites `{key}` without a section")),
                Some(document) => citations.push(document.cite(section, confirmation)),
            }
        }
        citations
    }

    /// Whether the names that it compares with exist: a misspelt one would never match, in silence.
    fn literals(&self, policy: &CedarPolicy, json: &serde_json::Value, rule: Option<&Rule>, notes: &mut Notes<'_>) {
        for uid in policy.entity_literals() {
            let (kind, id): (String, &str) = (uid.type_name().to_string(), uid.id().unescaped());
            if kind == "Element" && self.catalogue.get(id).is_none() {
                let hint = if id == self.everything { "; it stands for every element" } else { "" };
                notes.add(format!("`{id}` is not in the catalogue{hint}"));
            }
            if kind == "Authority" {
                notes.add("names an authority; look at its country and kind instead");
            }
        }
        let mut words = Words::default();
        words.walk(json);
        for word in words.strings.iter().filter(|word| Country::from_str(word).is_err()) {
            notes.add(format!("`{word}` is not a country; write ISO 3166-1 alpha-2 in capitals"));
        }
        let approvals = rule.is_some_and(|rule| rule.effect == RuleEffect::Approvals);
        if words.approvers && !approvals {
            notes.add("looks at context.approvers; only a policy with @effect(\"approvals\") may");
        }
    }
}

impl Document {
    /// A citation of a section.
    pub(super) fn cite(&self, section: &str, confirmation: Confirmation) -> Citation {
        Citation {
            document: self.title.clone(),
            revision: self.version.clone(),
            section: section.trim().to_owned(),
            confirmation,
            source: Some(self.source.clone()),
        }
    }
}

/// The faults of one policy.
struct Notes<'a> {
    at: usize,
    id: String,
    faults: &'a mut Vec<PackFault>,
}

impl Notes<'_> {
    fn add(&mut self, description: impl Into<String>) {
        self.faults.push(PackFault { at: self.at, policy: self.id.clone(), description: description.into() });
    }
}

fn effect(policy: &CedarPolicy, notes: &mut Notes<'_>) -> Option<RuleEffect> {
    let written = policy.annotation("effect").map(RuleEffect::from_str);
    match (policy.effect(), written) {
        (CedarEffect::Permit, None) => Some(RuleEffect::Permit),
        (CedarEffect::Permit, Some(_)) => {
            notes.add("is a permit: @effect says what a forbid means");
            None
        }
        (CedarEffect::Forbid, Some(Ok(effect))) if effect != RuleEffect::Permit => Some(effect),
        (CedarEffect::Forbid, _) => {
            notes.add("needs @effect: withhold, hold, process or approvals");
            None
        }
    }
}

/// What a policy compares with.
#[derive(Default)]
pub(super) struct Words {
    pub(super) strings: Vec<String>,
    approvers: bool,
}

impl Words {
    /// Walks the policy's JSON form, in which a literal is `{"Value": …}` and an attribute `{".": {"attr": …}}`. The depth is
    /// bounded by what the parser took.
    pub(super) fn walk(&mut self, json: &serde_json::Value) {
        match json {
            serde_json::Value::Object(fields) => {
                if let Some(serde_json::Value::String(word)) = fields.get("Value") {
                    self.strings.push(word.clone());
                }
                if fields.get("attr").and_then(serde_json::Value::as_str) == Some("approvers") {
                    self.approvers = true;
                }
                // Annotations are prose.
                fields.iter().filter(|(name, _)| *name != "annotations").for_each(|(_, value)| self.walk(value));
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| self.walk(value)),
            _ => {}
        }
    }
}

/// Where a policy begins: at its first annotation, in practice at its @id.
pub(super) fn position(policy: &CedarPolicy, text: &str) -> usize {
    policy.annotation("id").and_then(|id| text.find(&format!("@id(\"{id}\")"))).unwrap_or(0)
}

/// Where an error stands in the text.
pub(super) fn place(error: &dyn Diagnostic) -> usize {
    error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset())
}

/// What an error says, with its help.
pub(super) fn said(error: &(impl Diagnostic + ?Sized)) -> String {
    match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}

/// Whether a text is a key: lower-case letters, digits and hyphens, at most 64.
pub(super) fn is_key(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
