//! The registry that a new database starts with, and the files that an operator may put in their place.

use rogatory_chassis::{Program as _, Settings as _};
use rogatory_proto::rogatory::{rulebook::v1::AuthorityKind, verification::v1::Agency};
use rogatory_verification::{SHIPPED_RULES, Settings, Verification as Program};

use crate::harness::{Suite, on_both_engines, phone};

on_both_engines! { the_registry_is_read_once, replaced_rules_decide }

async fn the_registry_is_read_once(suite: &Suite) {
    let bka = suite.find("polizei.de").await;
    assert_eq!((bka.display_name.as_str(), bka.kind()), ("Bundeskriminalamt", AuthorityKind::Police));
    assert_eq!(bka.mail_domains, ["bka.de", "bundeskriminalamt.de", "polizei.de", "bka.bund.de"]);
    assert!(bka.phones.is_empty() && bka.source.contains("robbi5/german-gov-domains"));
    // Where the source does not say what it is, neither do we.
    assert_eq!(suite.find("dea.gov").await.kind(), AuthorityKind::Unspecified);
    let before = suite.events(&["agency.created"]).await.len();
    assert!(before > 40);

    // What people changed stays when the command is run again.
    let changed = suite.update(Agency { phones: vec![phone("+4961155000")], ..bka }).await.unwrap();
    let said = Program::migrate(&suite.settings, suite.runtime()).await.unwrap();
    assert_eq!(said, "0 migrations applied, 0 agencies added");
    assert_eq!(suite.find("polizei.de").await, changed);
    assert_eq!(suite.events(&["agency.created"]).await.len(), before);

    // A later file adds what is new.
    let file = tempfile("registry.csv", |text| {
        format!("{text}XX,Nowhere Police,nowhere.example,domain,police,false,e,confirmed,,s,d\n")
    });
    let faulty = Settings { registry_file: Some(file.clone()), ..suite.settings.clone() };
    assert!(Program::migrate(&faulty, suite.runtime()).await.is_err(), "XX is not assigned");
    let text = std::fs::read_to_string(&file).unwrap().replace("XX,", "AQ,");
    std::fs::write(&file, text).unwrap();
    let said = Program::migrate(&faulty, suite.runtime()).await.unwrap();
    assert_eq!(said, "0 migrations applied, 1 agencies added");
    assert_eq!(suite.find("nowhere.example").await.display_name, "Nowhere Police");
    std::fs::remove_file(file).unwrap();
}

fn tempfile(name: &str, change: impl FnOnce(&str) -> String) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("{}-{name}", crate::harness::id()));
    let shipped = if name.ends_with("csv") { rogatory_verification::SHIPPED_REGISTRY } else { SHIPPED_RULES };
    std::fs::write(&path, change(shipped)).unwrap();
    path
}

async fn replaced_rules_decide(suite: &Suite) {
    let faults = |settings: &Settings| {
        let mut faults = Vec::new();
        settings.check(&mut faults);
        faults
    };
    assert!(faults(&suite.settings).is_empty());
    let file = tempfile("rules.toml", |text| text.replace("valid_days = 30", "valid_days = 0"));
    let settings = Settings { rules_file: Some(file.clone()), ..suite.settings.clone() };
    let said = faults(&settings);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("rules_file: ") && said[0].contains("level[0].valid_days"), "{said:?}");
    assert!(Program::build(settings.clone(), suite.runtime()).await.is_err());

    std::fs::write(&file, SHIPPED_RULES.replace("valid_days = 30", "valid_days = 7")).unwrap();
    assert!(faults(&settings).is_empty());
    Program::build(settings, suite.runtime()).await.unwrap();
    std::fs::remove_file(file).unwrap();
    let gone = Settings { rules_file: Some("/nowhere/rules.toml".into()), ..suite.settings.clone() };
    assert_eq!(faults(&gone).len(), 1);
}
