//! How two revisions of a guide differ, over all countries and papers, and what that does to a plan.
//!
//! A change is one that a reader would see. Every citation names the revision that it is from; that alone is no change.

use std::{collections::BTreeMap, sync::Arc};

use rogatory_rulebook::{Country, InstrumentKind};

use super::{
    guide::{Answer, Contact, Guide, InstrumentRow},
    plan::Decision,
    route::{self, Route, Verdict},
    treaties::Treaties,
};

/// How two revisions of a guide differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuideDifference {
    /// The residences whose answer changes, by country.
    pub residences: Vec<ResidenceChange>,
    /// The papers whose addressee changes.
    pub instruments: Vec<InstrumentChange>,
    /// What else changes, part by part.
    pub parts: Vec<PartChange>,
}

/// A contact and the row that chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The contact; none when no entity is named or the residence is held.
    pub contact: Option<Arc<Contact>>,
    /// Key of the row; empty when the residence is held.
    pub row: String,
}

/// A residence whose answer changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResidenceChange {
    /// The residence.
    pub residence: Country,
    /// By the revision before.
    pub before: Chosen,
    /// By the revision after.
    pub after: Chosen,
    /// Whether another entity is served, one instead of none, or none instead of one. Otherwise only the row or a reason
    /// changes.
    pub served_elsewhere: bool,
}

/// A paper with an addressee of its own whose answer changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentChange {
    /// The paper.
    pub instrument: InstrumentKind,
    /// By the revision before; none when the paper goes by residence.
    pub before: Option<Chosen>,
    /// By the revision after; none when the paper goes by residence.
    pub after: Option<Chosen>,
}

/// A part of the guide that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    /// The part: `section §2`, `contact hangzhou`, `territory PR`.
    pub part: String,
    /// What happens to it.
    pub kind: PartChangeKind,
}

/// What happens to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartChangeKind {
    /// Only the revision after has it.
    Added,
    /// Only the revision before has it.
    Removed,
    /// Both have it, not alike.
    Changed,
}

/// A plan that comes out differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    /// Verdict by the revision before.
    pub verdict_before: Verdict,
    /// Verdict by the revision after.
    pub verdict_after: Verdict,
    /// The targets that would be served elsewhere, in the order of the plan's facts. Empty when only reasons or channels change.
    pub targets: Vec<TargetChange>,
}

impl PlanChange {
    /// Whether any target would be served on another entity, on one instead of none, or on none instead of one.
    #[must_use]
    pub fn served_elsewhere(&self) -> bool {
        !self.targets.is_empty()
    }
}

/// A target that would be served elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetChange {
    /// The caller's key of the target.
    pub target: String,
    /// Keys of the contacts by the revision before, in alphabetical order.
    pub contacts_before: Vec<String>,
    /// Keys of the contacts by the revision after, in alphabetical order.
    pub contacts_after: Vec<String>,
}

/// Compares two revisions of one guide.
#[must_use]
pub fn compare_guides(before: &Guide, after: &Guide) -> GuideDifference {
    GuideDifference {
        residences: Country::all().filter_map(|residence| residence_change(before, after, residence)).collect(),
        instruments: InstrumentKind::ALL.iter().filter_map(|kind| instrument_change(before, after, *kind)).collect(),
        parts: part_changes(before, after),
    }
}

/// Decides the facts of a plan by two revisions, with the treaties of now. None when nothing that a reader sees changes.
#[must_use]
pub fn compare_plan(before: &Guide, after: &Guide, treaties: &Treaties, decision: &Decision) -> Option<PlanChange> {
    let decide = |guide: &Guide| route::decide(guide, treaties, &decision.facts, decision.provenance.rules_time);
    let (one, two) = (decide(before), decide(after));
    if shown(before, &one) == shown(after, &two) {
        return None;
    }
    let (served_before, served_after) = (served(&one), served(&two));
    let targets = decision.facts.targets.iter().filter_map(|target| {
        let none = Vec::new();
        let one = served_before.get(target.id.as_str()).unwrap_or(&none);
        let two = served_after.get(target.id.as_str()).unwrap_or(&none);
        let keys = |contacts: &[&Contact]| {
            let mut keys: Vec<String> = contacts.iter().map(|contact| contact.key.clone()).collect();
            keys.sort_unstable();
            keys
        };
        (!same_entities(one, two)).then(|| TargetChange {
            target: target.id.clone(),
            contacts_before: keys(one),
            contacts_after: keys(two),
        })
    });
    Some(PlanChange { verdict_before: one.verdict, verdict_after: two.verdict, targets: targets.collect() })
}

/// The contacts of each target.
fn served(route: &Route) -> BTreeMap<&str, Vec<&Contact>> {
    let mut served: BTreeMap<&str, Vec<&Contact>> = BTreeMap::new();
    for leg in &route.legs {
        for target in &leg.targets {
            served.entry(target).or_default().extend(&leg.contact);
        }
    }
    served
}

/// Whether the same legal entities are served. A contact that only has a new key in the guide is the same.
fn same_entities(one: &[&Contact], two: &[&Contact]) -> bool {
    let within = |one: &[&Contact], two: &[&Contact]| one.iter().all(|a| two.iter().any(|b| a.is_entity(b)));
    within(one, two) && within(two, one)
}

/// A value as a reader sees it: the revision that the citations are from is left out.
fn shown<T: serde::Serialize>(guide: &Guide, value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default().replace(guide.digest(), "")
}

fn residence_change(before: &Guide, after: &Guide, residence: Country) -> Option<ResidenceChange> {
    let (one, two) = (before.resolve(residence)?, after.resolve(residence)?);
    let chosen = |answer: &Answer| Chosen { contact: answer.contact.clone(), row: answer.row.clone() };
    let (chosen_before, chosen_after) = (chosen(one), chosen(two));
    if chosen_before == chosen_after && shown(before, &one.findings) == shown(after, &two.findings) {
        return None;
    }
    let (served_before, served_after) = (chosen_before.contact.as_deref(), chosen_after.contact.as_deref());
    let served_elsewhere = !same_entities(served_before.as_slice(), served_after.as_slice());
    Some(ResidenceChange { residence, before: chosen_before, after: chosen_after, served_elsewhere })
}

fn instrument_change(before: &Guide, after: &Guide, instrument: InstrumentKind) -> Option<InstrumentChange> {
    let (one, two) = (before.instrument_row(instrument), after.instrument_row(instrument));
    // The papers that a row is for beside this one are no part of the answer for this one.
    let answer = |row: &InstrumentRow| (row.key.clone(), row.role.clone(), row.contact.clone(), row.citations.clone());
    if one.map(answer) == two.map(answer) {
        return None;
    }
    let chosen = |row: &InstrumentRow| Chosen { contact: row.contact.clone(), row: row.key.clone() };
    Some(InstrumentChange { instrument, before: one.map(chosen), after: two.map(chosen) })
}

fn part_changes(before: &Guide, after: &Guide) -> Vec<PartChange> {
    let (one, two) = (parts(before), parts(after));
    let find = |parts: &[(String, String)], part: &str| {
        parts.iter().find(|(name, _)| name == part).map(|(_, value)| value.clone())
    };
    let change = |part: &str, kind| PartChange { part: part.to_owned(), kind };
    let mut changes: Vec<PartChange> = Vec::new();
    for (part, value) in &one {
        match find(&two, part) {
            None => changes.push(change(part, PartChangeKind::Removed)),
            Some(other) if other != *value => changes.push(change(part, PartChangeKind::Changed)),
            Some(_) => {}
        }
    }
    let added = two.iter().filter(|(part, _)| find(&one, part).is_none());
    changes.extend(added.map(|(part, _)| change(part, PartChangeKind::Added)));
    if order(before, after) != order(after, before) {
        changes.push(change("order of contacts", PartChangeKind::Changed));
    }
    changes
}

/// Keys of the contacts of `guide` that `other` has too: legs stand in the order of the contacts.
fn order<'a>(guide: &'a Guide, other: &Guide) -> Vec<&'a str> {
    let in_both = |key: &&str| other.contacts().iter().any(|contact| contact.key == *key);
    guide.contacts().iter().map(|contact| contact.key.as_str()).filter(in_both).collect()
}

/// Each part with what it says.
fn parts(guide: &Guide) -> Vec<(String, String)> {
    let mut parts = vec![("title".to_owned(), guide.title.clone()), ("source".to_owned(), guide.source.clone())];
    parts.extend(guide.sections.iter().map(|section| (format!("section {}", section.key), format!("{section:?}"))));
    parts.push(("audience".to_owned(), format!("{:?}", guide.audience)));
    parts.push(("instruments".to_owned(), format!("{:?}", guide.instruments)));
    parts.push(("contact note".to_owned(), format!("{:?}", guide.contact_note)));
    parts.extend(guide.contacts.iter().map(|contact| (format!("contact {}", contact.key), format!("{contact:?}"))));
    for row in &guide.rows {
        // The contact is a part of its own: a row changes when it names another.
        let says = format!("{:?} {:?} {}", row.residences, row.section, row.contact.key);
        parts.push((format!("row {}", row.key), says));
    }
    for row in &guide.instrument_rows {
        let contact = row.contact.as_ref().map(|contact| &contact.key);
        let says = format!("{:?} {} {contact:?} {:?}", row.instruments, row.role, row.citations);
        parts.push((format!("instrument row {}", row.key), says));
    }
    parts.push(("residence".to_owned(), format!("{:?}", guide.residence)));
    for territory in &guide.territories {
        let (of, treated, confirmation) = (territory.of, territory.treated, territory.confirmation);
        let says = format!("{of:?} {treated:?} {confirmation:?} {:?} {:?}", territory.section, territory.text);
        parts.extend(territory.places.iter().map(|place| (format!("territory {place}"), says.clone())));
    }
    let service = &guide.service;
    let says = format!("{:?} {:?} {}", service.section, service.agent, service.recognized_by);
    parts.push(("service".to_owned(), says));
    let channel = |(kind, text): (&_, &String)| (format!("channel {kind}"), text.clone());
    parts.extend(service.channels.iter().map(channel));
    parts
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
