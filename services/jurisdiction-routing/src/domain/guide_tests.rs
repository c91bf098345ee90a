#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use proptest::prelude::*;
use rogatory_rulebook::{Effect, Finding, ResidenceEvidenceKind};

use super::*;
use crate::domain::residence::{Contradicted, Several};

const SHIPPED: &str = include_str!("../../guides/aliexpress.toml");
const US_TERRITORIES: &str = "of = \"US\"\ntreated = \"own\"";
const DISPUTED: &str = "places = [\"TW\", \"XK\", \"EH\", \"PS\"]\ntreated = \"own\"";

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

/// The shipped guide with one text in place of another.
fn edited(from: &str, to: &str) -> String {
    assert_eq!(SHIPPED.matches(from).count(), 1, "`{from}` must stand once in the guide");
    SHIPPED.replace(from, to)
}

fn good(text: &str) -> Guide {
    Guide::parse(text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn codes(answer: &Answer) -> Vec<&str> {
    answer.findings.iter().map(Finding::code).collect()
}

#[test]
fn the_shipped_guide_has_the_table_of_the_seed() {
    let guide = good(SHIPPED);
    assert_eq!((guide.document(), guide.title()), ("aliexpress.com", "AliExpress Law Enforcement Guide"));
    let contact = |code: &str| guide.resolve(country(code)).unwrap().contact.clone().unwrap().key.clone();
    for code in ["RU", "AZ", "AM", "BY", "GE", "KZ", "KG", "MD", "TM", "TJ", "UZ"] {
        assert_eq!(contact(code), "russia-holding", "{code}");
    }
    for (code, key) in [
        ("HK", "hong-kong"),
        ("MO", "hong-kong"),
        ("CN", "hangzhou"),
        ("US", "e-commerce-one"),
        ("UA", "singapore-e-commerce"),
        ("DE", "singapore-e-commerce"),
        ("TW", "singapore-e-commerce"),
        ("XK", "singapore-e-commerce"),
        ("PR", "singapore-e-commerce"),
    ] {
        assert_eq!(contact(code), key, "{code}");
    }
    let keys: Vec<&str> = guide.sections().iter().map(|section| section.key.as_str()).collect();
    assert_eq!(keys, ["Preamble", "§1", "§2", "§3", "§4", "§5", "§6", "§7", "§8"]);
}

#[test]
fn every_country_has_exactly_one_contact_and_each_reason_a_citation() {
    let guide = good(SHIPPED);
    let configured: Vec<Country> = guide.territories().iter().flat_map(|territory| territory.places.clone()).collect();
    for residence in Country::all() {
        let answer = guide.resolve(residence).unwrap();
        let rows = guide.rows().iter().filter(|row| row.residences.contains(&residence)).count();
        assert_eq!(rows, usize::from(answer.row != "other"), "{residence}");
        let mut expected = vec!["CONTACT_BY_RESIDENCE", "CONTACT_NOT_OPERATOR", "INCORPORATION_UNCONFIRMED"];
        if configured.contains(&residence) {
            expected.insert(1, "TERRITORY_BY_CONFIGURATION");
        }
        assert_eq!(codes(answer), expected, "{residence}");
        for citation in answer.findings.iter().flat_map(Finding::citations) {
            assert_eq!(citation.revision.as_deref(), Some(guide.digest()));
            let words_of_guide = citation.section == "§2" && citation.confirmation == Confirmation::Confirmed;
            let added = citation.section == "§2, as applied" && citation.confirmation == Confirmation::Unconfirmed;
            assert!(words_of_guide || added, "{citation:?}");
        }
    }
}

#[test]
fn the_shipped_ranking_is_marked_as_added_to_the_guide() {
    let guide = good(SHIPPED);
    let ranking = guide.residence();
    assert_eq!((ranking.section.as_str(), ranking.confirmation), ("§2", Confirmation::Unconfirmed));
    let tiers: Vec<(&[ResidenceEvidenceKind], bool)> =
        ranking.tiers.iter().map(|tier| (tier.kinds.as_slice(), tier.decides)).collect();
    assert_eq!(
        tiers,
        [
            (&[ResidenceEvidenceKind::AccountRecord][..], true),
            (&[ResidenceEvidenceKind::BillingAddress, ResidenceEvidenceKind::ShippingAddress][..], true),
            (&[ResidenceEvidenceKind::Declared][..], true),
            (&[ResidenceEvidenceKind::IpDerived][..], false),
        ]
    );
    let several: Vec<Several> = ranking.tiers.iter().take(3).map(|tier| tier.several).collect();
    assert_eq!(several, [Several::Legs, Several::Hold, Several::Legs]);
    assert!(ranking.tiers.iter().all(|tier| tier.contradicted == Contradicted::Note));
}

#[test]
fn a_territory_is_its_own_its_states_or_held_and_the_answer_says_so() {
    let told = |guide: &Guide, code: &str| {
        let answer = guide.resolve(country(code)).unwrap();
        let is_of_territory = |finding: &&Finding| finding.code().starts_with("TERRITORY_");
        let finding = answer.findings.iter().find(is_of_territory).unwrap().clone();
        (answer.row.clone(), finding.code().to_owned(), finding.effect(), finding.sentence().to_owned())
    };
    let (row, code, effect, sentence) = told(&good(SHIPPED), "PR");
    assert_eq!((row.as_str(), code.as_str(), effect), ("other", "TERRITORY_BY_CONFIGURATION", Effect::Notes));
    assert!(
        sentence.starts_with(
            "The operator's configuration reads Puerto Rico as a residence of its own and not part of the United States \
             of America. The guide names \"the United States\" and not its territories,"
        ),
        "{sentence}"
    );

    let joined = good(&edited(US_TERRITORIES, &US_TERRITORIES.replace("own", "state")));
    let (row, code, effect, sentence) = told(&joined, "PR");
    assert_eq!((row.as_str(), code.as_str(), effect), ("us", "TERRITORY_BY_CONFIGURATION", Effect::Notes));
    assert!(sentence.contains("reads Puerto Rico as part of the United States of America. "), "{sentence}");
    let by_residence = &joined.resolve(country("PR")).unwrap().findings[0];
    assert!(by_residence.sentence().contains("Puerto Rico, which is read as part of"), "{by_residence:?}");

    let held = good(&edited(DISPUTED, &DISPUTED.replace("own", "hold")));
    let (row, code, effect, _) = told(&held, "EH");
    assert_eq!((row.as_str(), code.as_str(), effect), ("", "TERRITORY_UNDECIDED", Effect::Holds));
    let answer = held.resolve(country("EH")).unwrap();
    assert_eq!((answer.contact.as_ref(), answer.findings.len()), (None, 1));
}

#[test]
fn a_guide_without_a_default_names_every_residence_itself() {
    let rest = |left_out: &[&str]| {
        let named = ["HK", "MO", "CN", "US", "RU", "AZ", "AM", "BY", "GE", "KZ", "KG", "MD", "TM", "TJ", "UZ"];
        let rest = Country::all().map(Country::alpha2).filter(|code| !named.contains(code) && !left_out.contains(code));
        let list = rest.map(|code| format!("\"{code}\"")).collect::<Vec<_>>().join(", ");
        edited("default = true", &format!("residences = [{list}]"))
    };
    assert_eq!(good(&rest(&[])).resolve(country("FR")).unwrap().row, "other");
    let faults = Guide::parse(&rest(&["FR", "XK"])).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].description.ends_with("no other is for 2 residences: FR, XK"), "{}", faults[0]);
    // What the territories decide is decided.
    let us = ["PR", "GU", "VI", "AS", "MP", "UM"];
    assert_eq!(Guide::parse(&rest(&us)).unwrap_err().len(), 1);
    let joined = rest(&us).replace(US_TERRITORIES, &US_TERRITORIES.replace("own", "state"));
    assert_eq!(good(&joined).resolve(country("GU")).unwrap().row, "us");
    let held = rest(&["TW", "XK", "EH", "PS"]).replace(DISPUTED, &DISPUTED.replace("own", "hold"));
    assert_eq!(good(&held).resolve(country("TW")).unwrap().contact, None);
}

#[test]
fn a_confirmed_incorporation_cites_who_read_it() {
    let text = crate::domain::test_guide::GuideText::shipped().incorporated("hangzhou", "CN");
    let guide = good(text.text());
    let finding = guide.whose_process_binds(guide.contact_named("hangzhou").unwrap());
    assert_eq!((finding.code(), finding.effect()), ("PROCESS_OF_INCORPORATION", Effect::Notes));
    let source = finding.citations()[0].source.as_deref();
    assert_eq!(source, Some("register of companies, for a test"));
}

#[test]
fn faults_are_collected_and_not_told_one_by_one() {
    let text = SHIPPED
        .replace("\"TJ\"", "\"XX\"")
        .replace("\"police\"", "\"militia\"")
        .replace("kind = \"mlat\"", "kind = \"post\"");
    let found = Guide::parse(&text).unwrap_err();
    let paths: Vec<&str> = found.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["audience.accepted_kinds[2]", "row[3].residences[9]", "channel[2].kind"]);
    assert!(found.iter().all(|fault| fault.line > 0));
}

#[test]
fn a_file_of_nothing_but_faults_is_answered_in_bounds() {
    let places = "\"ZZ\", ".repeat(20_000);
    let found =
        Guide::parse(&edited("residences = [\"US\"]", &format!("residences = [\"US\", {places}]"))).unwrap_err();
    assert_eq!(found.len(), 501);
    assert_eq!(found[500].description, "there are 19500 more faults");
}

#[test]
fn a_contact_is_named_by_key_or_name_whatever_the_case_and_spaces() {
    let guide = good(SHIPPED);
    for served in ["hong-kong", " Hong-Kong ", "alibaba.com  HONG KONG limited", "Alibaba.comHongKongLimited"] {
        assert_eq!(guide.contact_named(served).unwrap().key, "hong-kong", "{served}");
    }
    assert!(guide.contact_named("Alibaba.com").is_none());
    assert!(guide.contact_named("").is_none());
    for (place, contact) in guide.contacts().iter().enumerate() {
        assert_eq!(guide.place_of(contact), Some(place));
    }
}

/// An edit that somebody's hand, or somebody's editor, may make.
#[derive(Debug, Clone)]
enum Slip {
    Delete(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Cut(prop::sample::Index, usize),
    Type(prop::sample::Index, String),
}

fn slip() -> impl Strategy<Value = Slip> {
    let place = any::<prop::sample::Index>;
    let typed = prop_oneof![
        prop::sample::select(vec![
            "\"", "[", "]", "[[", "=", "\n", "\\", "#", "\"\"\"", "true", "\u{0}", "\u{FEFF}", "§"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop_oneof![
        place().prop_map(Slip::Delete),
        (place(), place()).prop_map(|(from, to)| Slip::Repeat(from, to)),
        (place(), place()).prop_map(|(one, other)| Slip::Swap(one, other)),
        (place(), 1..40_usize).prop_map(|(at, count)| Slip::Cut(at, count)),
        (place(), typed).prop_map(|(at, text)| Slip::Type(at, text)),
    ]
}

fn slipped(text: &str, slip: &Slip) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let characters: Vec<char> = text.chars().collect();
    let typed = |at: &prop::sample::Index, count: usize, insert: &str| -> String {
        let at = at.index(characters.len() + 1);
        let rest = (at + count).min(characters.len());
        characters[..at].iter().copied().chain(insert.chars()).chain(characters[rest..].iter().copied()).collect()
    };
    match slip {
        Slip::Delete(at) => {
            lines.remove(at.index(lines.len()));
        }
        Slip::Repeat(from, to) => {
            let line = lines[from.index(lines.len())];
            lines.insert(to.index(lines.len()), line);
        }
        Slip::Swap(one, other) => {
            lines.swap(one.index(text.split('\n').count()), other.index(text.split('\n').count()));
        }
        Slip::Cut(at, count) => return typed(at, *count, ""),
        Slip::Type(at, text) => return typed(at, 0, text),
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_guide_that_slipped_is_read_or_its_faults_stand_in_the_file(slips in prop::collection::vec(slip(), 1..5)) {
        let text = slips.iter().fold(SHIPPED.to_owned(), |text, one| slipped(&text, one));
        match Guide::parse(&text) {
            Ok(guide) => {
                for residence in Country::all() {
                    let answer = guide.resolve(residence);
                    prop_assert!(answer.is_some_and(|answer| !answer.findings.is_empty()), "{residence}");
                }
            }
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                let lines: Vec<&str> = text.split('\n').collect();
                for fault in faults {
                    let line = lines.get((fault.line as usize).wrapping_sub(1));
                    prop_assert!(line.is_some_and(|line| fault.column as usize <= line.chars().count() + 1), "{fault}");
                    prop_assert!(fault.column > 0 && !fault.description.is_empty(), "{fault}");
                }
            }
        }
    }
}
