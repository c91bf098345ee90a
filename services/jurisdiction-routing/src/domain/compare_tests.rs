#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rogatory_names::RequestId;
use rogatory_rulebook::{AuthorityKind, MatterType, Provenance, ResidenceEvidence, ResidenceEvidenceKind, Rules as _};

use super::*;
use crate::{
    SHIPPED_GUIDE,
    domain::{
        route::{Facts, Instrument, Target},
        test_guide::GuideText,
        treaties::SHIPPED,
    },
};

static TREATIES: LazyLock<Treaties> = LazyLock::new(|| Treaties::read(&SHIPPED).unwrap());

const CIS: [&str; 11] = ["AM", "AZ", "BY", "GE", "KG", "KZ", "MD", "RU", "TJ", "TM", "UZ"];

fn edited(edits: &[(&str, &str)]) -> Guide {
    let mut text = SHIPPED_GUIDE.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "`{from}` stands in the guide");
        text = text.replacen(from, to, 1);
    }
    Guide::parse(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn shipped() -> Guide {
    edited(&[])
}

/// The eleven States served on another contact.
fn moved() -> Guide {
    edited(&[("contact = \"russia-holding\"", "contact = \"hong-kong\"")])
}

/// Guides that differ from each other in many ways.
static GUIDES: LazyLock<Vec<Guide>> = LazyLock::new(|| {
    let us = "places = [\"PR\", \"GU\", \"VI\", \"AS\", \"MP\", \"UM\"]\nof = \"US\"\ntreated = \"own\"";
    let disputed = "places = [\"TW\", \"XK\", \"EH\", \"PS\"]\ntreated = \"own\"";
    vec![
        shipped(),
        moved(),
        edited(&[("\"UZ\"]", "\"UZ\", \"PL\"]")]),
        edited(&[(us, &us.replace("own", "state"))]),
        edited(&[(disputed, &disputed.replace("own", "hold"))]),
        edited(&[("key = \"other\"", "key = \"rest\"")]),
        edited(&[(
            "\"billing_address\", \"shipping_address\"]\nseveral = \"hold\"",
            "\"billing_address\", \"shipping_address\"]\nseveral = \"legs\"",
        )]),
        edited(&[("AliExpress E-Commerce One Pte. Ltd.\"", "AliExpress E-Commerce Two Pte. Ltd.\"")]),
        edited(&[("excluded_countries = [\"CN\"]", "excluded_countries = [\"CN\", \"US\"]")]),
        Guide::parse(GuideText::shipped().incorporated("hangzhou", "CN").addressee("hong-kong").text()).unwrap(),
    ]
});

fn mirrored(difference: GuideDifference) -> GuideDifference {
    let residence = |change: ResidenceChange| ResidenceChange { before: change.after, after: change.before, ..change };
    let instrument =
        |change: InstrumentChange| InstrumentChange { before: change.after, after: change.before, ..change };
    let part = |change: PartChange| {
        let kind = match change.kind {
            PartChangeKind::Added => PartChangeKind::Removed,
            PartChangeKind::Removed => PartChangeKind::Added,
            PartChangeKind::Changed => PartChangeKind::Changed,
        };
        PartChange { kind, ..change }
    };
    sorted(GuideDifference {
        residences: difference.residences.into_iter().map(residence).collect(),
        instruments: difference.instruments.into_iter().map(instrument).collect(),
        parts: difference.parts.into_iter().map(part).collect(),
    })
}

fn sorted(mut difference: GuideDifference) -> GuideDifference {
    difference.parts.sort_by(|a, b| a.part.cmp(&b.part));
    difference
}

fn decision(guide: &Guide, authority: Country, residences: &[Country], instrument: InstrumentKind) -> Decision {
    let time: DateTime<Utc> = "2026-10-01T12:00:00Z".parse().unwrap();
    let target = |(place, country): (usize, &Country)| Target {
        id: format!("t{place}"),
        evidence: vec![ResidenceEvidence {
            kind: ResidenceEvidenceKind::Declared,
            country: *country,
            source: "request".to_owned(),
            record_time: time,
        }],
    };
    let facts = Facts {
        authority_country: authority,
        authority_kind: AuthorityKind::Court,
        instrument: Instrument { kind: instrument, reference: None, issue_time: None },
        matter: MatterType::Criminal,
        served_contact: None,
        targets: residences.iter().enumerate().map(target).collect(),
    };
    let provenance = Provenance {
        revision: "guideRevisions/rev_01990000000070008000000000000001".to_owned(),
        digest: guide.digest().parse().unwrap(),
        engine_version: "1".to_owned(),
        decide_time: time,
        rules_time: time,
    };
    Decision::new(RequestId::new(), guide.document().to_owned(), facts, (guide, provenance), &TREATIES)
}

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

#[test]
fn the_eleven_states_and_no_other_are_served_elsewhere() {
    let difference = compare_guides(&shipped(), &moved());
    let elsewhere: Vec<&str> =
        difference.residences.iter().filter(|change| change.served_elsewhere).map(|c| c.residence.alpha2()).collect();
    assert_eq!(elsewhere, CIS);
    assert_eq!(difference.residences.len(), 11);
    for change in &difference.residences {
        let key = |chosen: &Chosen| chosen.contact.as_ref().unwrap().key.clone();
        assert_eq!((key(&change.before), key(&change.after)), ("russia-holding".to_owned(), "hong-kong".to_owned()));
        assert_eq!((change.before.row.as_str(), change.after.row.as_str()), ("cis", "cis"));
    }
    assert!(difference.instruments.is_empty());
    assert_eq!(difference.parts, [PartChange { part: "row cis".to_owned(), kind: PartChangeKind::Changed }]);
}

#[test]
fn a_comment_changes_nothing_that_a_reader_sees() {
    let commented = Guide::parse(&format!("{SHIPPED_GUIDE}\n# Read over once more.\n")).unwrap();
    assert_ne!(commented.digest(), shipped().digest());
    assert_eq!(compare_guides(&shipped(), &commented), GuideDifference::default());
    let plan = decision(&shipped(), country("DE"), &[country("KZ"), country("US")], InstrumentKind::CourtOrder);
    assert_eq!(compare_plan(&shipped(), &commented, &TREATIES, &plan), None);
}

#[test]
fn another_row_or_reason_is_a_change_and_serves_nobody_elsewhere() {
    let renamed = compare_guides(&shipped(), &GUIDES[5]);
    assert!(renamed.residences.iter().all(|change| change.before.row == "other" && change.after.row == "rest"));
    assert!(renamed.residences.len() > 200 && renamed.residences.iter().all(|change| !change.served_elsewhere));
    let parts: Vec<(&str, PartChangeKind)> = renamed.parts.iter().map(|c| (c.part.as_str(), c.kind)).collect();
    assert_eq!(parts, [("row other", PartChangeKind::Removed), ("row rest", PartChangeKind::Added)]);

    // A contact under another key is the entity that it was; one under another name is not.
    let key = edited(&[
        ("[[contact]]\nkey = \"e-commerce-one\"", "[[contact]]\nkey = \"one\""),
        ("contact = \"e-commerce-one\"", "contact = \"one\""),
    ]);
    let served = |difference: GuideDifference| -> Vec<(&'static str, bool)> {
        difference.residences.iter().map(|change| (change.residence.alpha2(), change.served_elsewhere)).collect()
    };
    assert_eq!(served(compare_guides(&shipped(), &key)), [("US", false)]);
    assert_eq!(served(compare_guides(&shipped(), &GUIDES[7])), [("US", true)]);
}

#[test]
fn a_territory_that_is_held_or_joins_its_state_is_served_elsewhere() {
    let joined = compare_guides(&shipped(), &GUIDES[3]);
    let places: Vec<&str> = joined.residences.iter().map(|change| change.residence.alpha2()).collect();
    assert_eq!(places, ["AS", "GU", "MP", "PR", "UM", "VI"]);
    assert!(joined.residences.iter().all(|change| change.served_elsewhere && change.after.row == "us"));
    assert!(joined.parts.iter().all(|change| change.part.starts_with("territory ")));

    let held = compare_guides(&shipped(), &GUIDES[4]);
    let gone = |change: &ResidenceChange| change.after == Chosen { contact: None, row: String::new() };
    assert!(held.residences.len() == 4 && held.residences.iter().all(|change| change.served_elsewhere && gone(change)));
}

#[test]
fn papers_with_an_addressee_are_compared() {
    let difference = compare_guides(&shipped(), &GUIDES[9]);
    let papers: Vec<InstrumentKind> = difference.instruments.iter().map(|change| change.instrument).collect();
    assert_eq!(papers, [InstrumentKind::EuProductionOrder, InstrumentKind::EuPreservationOrder]);
    let change = &difference.instruments[0];
    assert_eq!(change.before, Some(Chosen { contact: None, row: "eu-orders".to_owned() }));
    assert_eq!(change.after.as_ref().unwrap().contact.as_ref().unwrap().key, "hong-kong");
    let parts: Vec<&str> = difference.parts.iter().map(|change| change.part.as_str()).collect();
    assert_eq!(parts, ["contact hangzhou", "instrument row eu-orders"]);
    // Only the reasons change for those who are served on the contact that was confirmed.
    let reasons: Vec<&str> = difference.residences.iter().map(|change| change.residence.alpha2()).collect();
    assert_eq!(reasons, ["CN"]);
}

#[test]
fn a_plan_tells_the_targets_that_are_served_elsewhere() {
    let (before, after) = (shipped(), moved());
    let plan = decision(&before, country("DE"), &[country("US"), country("KZ")], InstrumentKind::CourtOrder);
    let change = compare_plan(&before, &after, &TREATIES, &plan).unwrap();
    let target = TargetChange {
        target: "t1".to_owned(),
        contacts_before: vec!["russia-holding".to_owned()],
        contacts_after: vec!["hong-kong".to_owned()],
    };
    assert!(change.served_elsewhere());
    assert_eq!(change.targets, [target]);

    let held = compare_plan(&before, &GUIDES[4], &TREATIES, &{
        decision(&before, country("DE"), &[country("TW")], InstrumentKind::CourtOrder)
    });
    let held = held.unwrap();
    assert_eq!((held.verdict_before, held.verdict_after), (Verdict::Routed, Verdict::Held));
    assert!(held.targets[0].contacts_after.is_empty());

    let elsewhere = decision(&before, country("DE"), &[country("FR")], InstrumentKind::CourtOrder);
    assert_eq!(compare_plan(&before, &after, &TREATIES, &elsewhere), None);
}

#[test]
fn the_order_of_contacts_is_a_part() {
    let first = "[[contact]]\nkey = \"hong-kong\"\nlegal_name = \"Alibaba.com Hong Kong Limited\"\n\
                 incorporation_country = \"\"\nincorporation_source = \"\"\nname_suggests = \"HK\"\n";
    let mark = "[[row]]\nkey = \"hk-mo\"";
    let last = edited(&[(first, ""), (mark, &format!("{first}\n{mark}"))]);
    let parts = compare_guides(&shipped(), &last).parts;
    assert_eq!(parts, [PartChange { part: "order of contacts".to_owned(), kind: PartChangeKind::Changed }]);
}

#[test]
fn comparing_mirrors_and_a_guide_does_not_differ_from_itself() {
    for (place, one) in GUIDES.iter().enumerate() {
        assert_eq!(compare_guides(one, one), GuideDifference::default());
        for two in GUIDES.iter().skip(place + 1) {
            let there = sorted(compare_guides(one, two));
            assert_ne!(there, GuideDifference::default());
            assert_eq!(there, mirrored(compare_guides(two, one)));
        }
    }
}

proptest! {
    #[test]
    fn plans_mirror_and_agree_with_the_residences(
        one in 0..10_usize,
        two in 0..10_usize,
        authority in any::<prop::sample::Index>(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        kind in any::<prop::sample::Index>(),
    ) {
        let all: Vec<Country> = Country::all().collect();
        let (one, two) = (&GUIDES[one], &GUIDES[two]);
        let residences: Vec<Country> = places.iter().map(|place| *place.get(&all)).collect();
        let plan = decision(one, *authority.get(&all), &residences, *kind.get(InstrumentKind::ALL));
        prop_assert_eq!(compare_plan(one, one, &TREATIES, &plan), None);
        let (there, back) = (compare_plan(one, two, &TREATIES, &plan), compare_plan(two, one, &TREATIES, &plan));
        let mirrored = back.map(|change| PlanChange {
            verdict_before: change.verdict_after,
            verdict_after: change.verdict_before,
            targets: change
                .targets
                .into_iter()
                .map(|t| TargetChange { contacts_before: t.contacts_after, contacts_after: t.contacts_before, ..t })
                .collect(),
        });
        prop_assert_eq!(&there, &mirrored);

        // A paper that goes by residence, from an authority that both guides are for.
        let by_residence = plan.facts.instrument.kind == InstrumentKind::CourtOrder;
        if by_residence && !["CN", "US"].contains(&plan.facts.authority_country.alpha2()) {
            let moved: Vec<Country> = compare_guides(one, two)
                .residences
                .into_iter()
                .filter(|change| change.served_elsewhere)
                .map(|change| change.residence)
                .collect();
            let expected = residences.iter().filter(|residence| moved.contains(residence)).count();
            prop_assert_eq!(there.map_or(0, |change| change.targets.len()), expected);
        }
    }
}
