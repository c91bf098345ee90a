//! Decides the case files of `cases/routes` that counsel writes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::{collections::BTreeMap, fmt::Display, fs, path::Path};

use rogatory_rulebook::{ResidenceEvidence, Rules as _};
use serde::Deserialize;

use super::*;
use crate::domain::{channel::Side, test_guide::GuideText, treaties::SHIPPED};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    title: String,
    #[serde(default)]
    facts: Stated,
    case: Vec<Case>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields)]
struct Stated {
    authority: Option<String>,
    paper: Option<String>,
    matter: Option<String>,
    received: Option<String>,
    served_on: Option<String>,
    resides: Option<String>,
    incorporated: Option<Vec<String>>,
    eu_addressee: Option<String>,
}

// The facts of a case stand beside its expectations: flattened by hand, since a reader that refuses unknown words cannot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    authority: Option<String>,
    paper: Option<String>,
    matter: Option<String>,
    received: Option<String>,
    served_on: Option<String>,
    resides: Option<String>,
    incorporated: Option<Vec<String>>,
    eu_addressee: Option<String>,
    #[serde(default)]
    targets: BTreeMap<String, Vec<String>>,
    verdict: Option<String>,
    legs: Option<Vec<String>>,
    #[serde(default)]
    findings: Vec<String>,
    channels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    authorities: BTreeMap<String, String>,
    #[serde(default)]
    conditions: BTreeMap<String, Vec<String>>,
}

impl Case {
    fn stated(&self, common: &Stated) -> Stated {
        let or = |one: &Option<String>, other: &Option<String>| one.clone().or_else(|| other.clone());
        Stated {
            authority: or(&self.authority, &common.authority),
            paper: or(&self.paper, &common.paper),
            matter: or(&self.matter, &common.matter),
            received: or(&self.received, &common.received),
            served_on: or(&self.served_on, &common.served_on),
            resides: or(&self.resides, &common.resides),
            incorporated: self.incorporated.clone().or_else(|| common.incorporated.clone()),
            eu_addressee: or(&self.eu_addressee, &common.eu_addressee),
        }
    }

    fn facts(&self, stated: &Stated) -> Facts {
        let authority = stated.authority.as_deref().expect("an authority");
        let (country, kind) = authority.split_once(' ').expect("country and kind");
        let paper = stated.paper.as_deref().expect("a paper");
        let (instrument, issued) = paper.split_once(' ').map_or((paper, None), |(kind, day)| (kind, Some(time(day))));
        let mut targets: Vec<Target> = self
            .targets
            .iter()
            .map(|(id, pieces)| Target {
                id: id.clone(),
                evidence: pieces.iter().map(|piece| evidence(piece)).collect(),
            })
            .collect();
        if targets.is_empty() {
            let resides = stated.resides.as_deref().expect("targets, or where the user resides");
            let declared = evidence(&format!("declared {resides} 2026-10-01"));
            targets.push(Target { id: "t1".to_owned(), evidence: vec![declared] });
        }
        Facts {
            authority_country: country.parse().unwrap(),
            authority_kind: kind.parse().unwrap(),
            instrument: Instrument { kind: instrument.parse().unwrap(), reference: None, issue_time: issued },
            matter: stated.matter.as_deref().expect("a matter").parse().unwrap(),
            served_contact: stated.served_on.clone(),
            targets,
        }
    }

    fn misses(&self, route: &Route) -> Vec<String> {
        let mut misses = Vec::new();
        let mut expect = |what: &str, expected: &dyn Display, got: &dyn Display| {
            let (expected, got) = (expected.to_string(), got.to_string());
            if expected != got {
                misses.push(format!("{what}: expected {expected}, got {got}"));
            }
        };
        if let Some(verdict) = &self.verdict {
            expect("verdict", verdict, &word(&route.verdict));
        }
        if let Some(legs) = &self.legs {
            expect("legs", &legs.join(" | "), &route.legs.iter().map(leg).collect::<Vec<_>>().join(" | "));
        }
        let of_targets = route.targets.iter().flat_map(|target| &target.findings);
        let of_legs = route.legs.iter().flat_map(|leg| &leg.findings);
        let all: Vec<&str> = route.findings.iter().chain(of_targets).chain(of_legs).map(Finding::code).collect();
        for code in self.findings.iter().filter(|code| !all.contains(&code.as_str())) {
            expect("findings", code, &all.join(" "));
        }
        let channels = || route.legs.first().into_iter().flat_map(|leg| &leg.channels);
        if let Some(expected) = &self.channels {
            let told = |kind: &str, standing: &str| format!("\n    {kind} = {standing}");
            let expected: String = expected.iter().map(|(kind, standing)| told(kind, standing)).collect();
            let got: BTreeMap<String, String> = channels()
                .map(|channel| (word(&channel.kind), format!("{} {}", word(&channel.standing), channel.code)))
                .collect();
            expect("channels", &expected, &got.iter().map(|(kind, standing)| told(kind, standing)).collect::<String>());
        }
        let channel =
            |kind: &str| channels().find(|channel| word(&channel.kind) == kind).expect("the channel is there");
        for (kind, start) in &self.authorities {
            let receives = channel(kind).central_authorities.iter().find(|authority| authority.side == Side::Requested);
            let name = receives.and_then(|authority| authority.name.clone()).unwrap_or_default();
            expect(&format!("authority of {kind}"), &true, &name.starts_with(start.as_str()));
        }
        for (kind, codes) in &self.conditions {
            let got: Vec<&str> = channel(kind).conditions.iter().map(Finding::code).collect();
            for code in codes.iter().filter(|code| !got.contains(&code.as_str())) {
                expect(&format!("conditions of {kind}"), code, &got.join(" "));
            }
        }
        misses
    }
}

/// `<contact> <row>: <targets>`, or `- <reason>: <targets>` for a leg without a contact.
fn leg(leg: &Leg) -> String {
    let targets = leg.targets.join(" ");
    match &leg.contact {
        Some(contact) => format!("{} {}: {targets}", contact.key, leg.row),
        None => {
            let held = leg.findings.iter().find(|finding| finding.effect() == Effect::Holds).expect("a reason");
            let row = if leg.row.is_empty() { String::new() } else { format!("{} ", leg.row) };
            format!("- {row}{}: {targets}", held.code())
        }
    }
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn time(day: &str) -> DateTime<Utc> {
    format!("{day}T12:00:00Z").parse().unwrap()
}

/// `<kind> <country> <date> <source>`; the source may be left out.
fn evidence(piece: &str) -> ResidenceEvidence {
    let words: Vec<&str> = piece.split(' ').collect();
    let [kind, country, day, source @ ..] = words.as_slice() else { panic!("`{piece}` is no evidence") };
    ResidenceEvidence {
        kind: kind.parse().unwrap(),
        country: country.parse().unwrap(),
        source: source.first().unwrap_or(&"request").to_string(),
        record_time: time(day),
    }
}

#[test]
fn every_case_of_counsel_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/routes");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let treaties = Treaties::read(&SHIPPED).unwrap();
    let (mut failed, mut cases) = (Vec::new(), 0);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let file: CaseFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in &file.case {
            cases += 1;
            let stated = case.stated(&file.facts);
            let mut guide = GuideText::shipped();
            for incorporated in stated.incorporated.iter().flatten() {
                let (contact, place) = incorporated.split_once(' ').expect("contact and country");
                guide = guide.incorporated(contact, place);
            }
            if let Some(contact) = &stated.eu_addressee {
                guide = guide.addressee(contact);
            }
            let guide = Guide::parse(guide.text()).unwrap();
            let facts = case.facts(&stated).in_order();
            let route = decide(&guide, &treaties, &facts, time(stated.received.as_deref().expect("a date")));
            for miss in case.misses(&route) {
                failed.push(format!("{}: {}\n  {miss}", file.title, case.name));
            }
        }
    }
    assert!(cases > 50, "the cases are there");
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
