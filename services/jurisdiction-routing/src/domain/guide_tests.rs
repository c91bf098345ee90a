#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use super::*;

const SHIPPED: &str = include_str!("../../guides/aliexpress.toml");

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

/// The faults of the shipped guide with one text in place of another.
fn faults(from: &str, to: &str) -> Vec<Fault> {
    assert_eq!(SHIPPED.matches(from).count(), 1, "`{from}` must stand once in the guide");
    Guide::parse(&SHIPPED.replace(from, to)).err().unwrap_or_default()
}

/// The one fault, which must stand where `at` starts in the mended text.
fn fault(from: &str, to: &str, at: &str) -> Fault {
    let found = faults(from, to);
    assert_eq!(found.len(), 1, "{found:?}");
    let text = SHIPPED.replace(from, to);
    let line = text.get(..text.find(at).unwrap()).unwrap().matches('\n').count() + 1;
    assert_eq!(found[0].line as usize, line, "{}", found[0]);
    found.into_iter().next().unwrap()
}

#[test]
fn the_shipped_guide_has_the_table_of_the_seed() {
    let guide = Guide::parse(SHIPPED).unwrap();
    assert_eq!((guide.document(), guide.title()), ("aliexpress.com", "AliExpress Law Enforcement Guide"));
    let contact = |code: &str| guide.resolve(country(code)).unwrap().contact.key.clone();
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
    ] {
        assert_eq!(contact(code), key, "{code}");
    }
    let keys: Vec<&str> = guide.sections().iter().map(|section| section.key.as_str()).collect();
    assert_eq!(keys, ["Preamble", "§1", "§2", "§3", "§4", "§5", "§6", "§7", "§8"]);
}

#[test]
fn every_country_has_exactly_one_contact_and_each_reason_a_citation() {
    let guide = Guide::parse(SHIPPED).unwrap();
    for residence in Country::all() {
        let answer = guide.resolve(residence).unwrap();
        let rows = guide.rows().iter().filter(|row| row.residences.contains(&residence)).count();
        assert_eq!(rows, usize::from(answer.row != "other"), "{residence}");
        let codes: Vec<&str> = answer.findings.iter().map(Finding::code).collect();
        assert_eq!(codes, ["CONTACT_BY_RESIDENCE", "CONTACT_NOT_OPERATOR", "INCORPORATION_UNCONFIRMED"]);
        for citation in answer.findings.iter().flat_map(Finding::citations) {
            assert_eq!((citation.section.as_str(), citation.revision.as_deref()), ("§2", Some(guide.digest())));
        }
    }
}

#[test]
fn every_fault_is_told_with_its_line() {
    let overlap = fault(r#"residences = ["US"]"#, r#"residences = ["US", "MO"]"#, r#"["US", "MO"]"#);
    assert!(overlap.description.contains("`hk-mo`"), "{overlap}");
    assert_eq!(overlap.path, "row[2].residences[1]");
    assert_eq!(overlap.column, 21);

    let unknown = fault(r#"residences = ["US"]"#, r#"residences = ["US", "EU"]"#, r#"["US", "EU"]"#);
    assert!(unknown.description.contains("ISO 3166-1"), "{unknown}");

    let row = "key = \"us\"\nresidences = [\"US\"]\ncontact = \"e-commerce-one\"\n";
    let no_contact = fault(row, "key = \"us\"\nresidences = [\"US\"]\n", "[[row]]\nkey = \"us\"");
    assert_eq!(no_contact.path, "row[2].contact");
    let ghost = fault(row, &row.replace("e-commerce-one", "ghost"), "contact = \"ghost\"");
    assert!(ghost.description.contains("`ghost`"), "{ghost}");

    let named = "legal_name = \"AliExpress E-Commerce One Pte. Ltd.\"\n";
    assert_eq!(fault(named, "", "[[contact]]\nkey = \"e-commerce-one\"").path, "contact[2].legal_name");
    assert_eq!(fault(named, "legal_name = \" \"\n", "legal_name = \" \"").path, "contact[2].legal_name");

    let default = "default = true\n";
    let none = faults(default, "residences = [\"DE\"]\n");
    assert!(none.iter().any(|fault| fault.path == "row" && fault.line == 0), "{none:?}");

    let section = "contact = \"singapore-e-commerce\"\nsection = \"§2\"\n";
    assert_eq!(
        fault(section, "contact = \"singapore-e-commerce\"\n", "[[row]]\nkey = \"other\"").path,
        "row[4].section"
    );
    assert_eq!(fault(section, &section.replace("§2", "§9"), "section = \"§9\"").path, "row[4].section");
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
fn a_misspelt_key_is_a_fault() {
    let found = faults("recognized_by", "recognised_by");
    assert!(found[0].line > 0 && found[0].description.contains("recognised_by"), "{found:?}");
}

#[test]
fn a_contact_is_named_by_key_or_name_whatever_the_case_and_spaces() {
    let guide = Guide::parse(SHIPPED).unwrap();
    for served in ["hong-kong", " Hong-Kong ", "alibaba.com  HONG KONG limited", "Alibaba.comHongKongLimited"] {
        assert_eq!(guide.contact_named(served).unwrap().key, "hong-kong", "{served}");
    }
    assert!(guide.contact_named("Alibaba.com").is_none());
    assert!(guide.contact_named("").is_none());
}
