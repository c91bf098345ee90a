//! The registry that a new database starts with, and the files by which it is kept.

use std::{path::Path, process::Command};

use rogatory_chassis::{Program as _, Settings as _};
use rogatory_proto::rogatory::{rulebook::v1::AuthorityKind, verification::v1::Agency};
use rogatory_verification::{ChallengeTransport, SHIPPED_REGISTRY, Settings, Verification as Program};

use crate::{
    harness::{Suite, on_both_engines},
    samples::{agency, domain_until, mailbox, phone},
};

on_both_engines! {
    the_registry_is_read_once, a_registry_goes_out_and_comes_in, an_import_makes_no_number_older,
    a_faulty_file_changes_nothing,
}

async fn the_registry_is_read_once(suite: &Suite) {
    let bka = suite.find("polizei.de").await.remove(0);
    assert_eq!((bka.display_name.as_str(), bka.kind()), ("Bundeskriminalamt", AuthorityKind::Police));
    let mut domains: Vec<&str> = bka.mail_domains.iter().map(|one| one.domain.as_str()).collect();
    domains.sort_unstable();
    assert_eq!(domains, ["bka.bund.de", "bka.de", "bundeskriminalamt.de", "polizei.de"]);
    assert!(bka.phones.is_empty() && bka.source.contains("robbi5/german-gov-domains"));
    // Where the source does not say what it is, neither do we.
    assert_eq!(suite.find("dea.gov").await[0].kind(), AuthorityKind::Unspecified);
    let before = suite.events(&["agency.created"]).await.len();
    assert!(before > 40);

    // What people changed stays when the command is run again.
    let changed = suite.update(Agency { phones: vec![phone("+4961155000")], ..bka }).await.unwrap();
    let said = Program::migrate(&suite.settings, suite.runtime()).await.unwrap();
    assert!(said.contains("0 migrations applied") && said.contains("0 agencies added"), "{said}");
    assert_eq!(suite.find("polizei.de").await, [changed]);
    assert_eq!(suite.events(&["agency.created"]).await.len(), before);
    assert_eq!(suite.events(&["rule.published"]).await.len(), 1);

    // A later file adds what is new.
    let file = suite
        .file("registry.csv", &format!("{SHIPPED_REGISTRY}XX,,Nowhere Police,domain,nowhere.example,,,s,confirmed,\n"));
    let settings = Settings { registry_file: Some(file.clone()), ..suite.settings.clone() };
    assert!(Program::migrate(&settings, suite.runtime()).await.is_err(), "XX is not assigned");
    let text = std::fs::read_to_string(&file).unwrap().replace("XX,", "AQ,");
    std::fs::write(&file, text).unwrap();
    let said = Program::migrate(&settings, suite.runtime()).await.unwrap();
    assert!(said.contains("1 agencies added"), "{said}");
    assert_eq!(suite.find("nowhere.example").await[0].display_name, "Nowhere Police");
}

/// Runs a command of the program on the suite's database.
fn run(suite: &Suite, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_rogatory-verification"))
        .args(arguments)
        .arg("--set")
        .arg(format!("store.url={}", suite.url()))
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), text)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn a_registry_goes_out_and_comes_in(suite: &Suite) {
    let full = Agency {
        subdivision: "US-CA".to_owned(),
        mail_domains: vec![
            crate::samples::domain(crate::samples::DOMAIN),
            domain_until("old.sampleton.example", suite.now()),
        ],
        display_name: "Sampleton, \"Police\" & Fire".to_owned(),
        ..agency()
    };
    let full = suite.create(full).await;
    for format in ["csv", "toml"] {
        let file = suite.file(&format!("registry.{format}"), "");
        let (good, said) = run(suite, &["export-registry", "--format", format, "--out", path(&file)]);
        assert!(good, "{said}");
        let (good, said) = run(suite, &["import-registry", path(&file)]);
        assert!(good && said.contains("0 agencies added, 0 replaced"), "{format}: {said}");
        assert_eq!(suite.agency(&full.name, None).await.unwrap(), full, "{format}");

        // Into a new database, all of it comes; recorded when it comes.
        let other = Suite::sqlite().await;
        let (good, said) = run(&other, &["import-registry", path(&file)]);
        assert!(good && said.contains("1 agencies added, 0 replaced"), "{format}: {said}");
        let found = other.find(crate::samples::DOMAIN).await.remove(0);
        let plain = |agency: &Agency| {
            let mut plain = Agency {
                name: String::new(),
                etag: String::new(),
                create_time: None,
                update_time: None,
                ..agency.clone()
            };
            plain.phones.iter_mut().for_each(|one| one.record_time = None);
            plain.mailboxes.iter_mut().for_each(|one| one.record_time = None);
            plain.mail_domains.iter_mut().for_each(|one| one.record_time = None);
            plain
        };
        assert_eq!(plain(&found), plain(&full), "{format}");
        assert_ne!(found.phones[0].record_time, full.phones[0].record_time);
    }
}

async fn an_import_makes_no_number_older(suite: &Suite) {
    let known = suite.known_agency().await;
    let file = suite.file("registry.toml", "");
    let (good, said) = run(suite, &["export-registry", "--format", "toml", "--out", path(&file)]);
    assert!(good, "{said}");
    // Somebody writes a number of his own into the file.
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(crate::samples::NUMBER));
    std::fs::write(&file, text.replace(crate::samples::NUMBER, "+12025550166")).unwrap();
    let (good, said) = run(suite, &["import-registry", path(&file)]);
    assert!(good && said.contains("0 agencies added, 1 replaced"), "{said}");
    let after = suite.agency(&known.name, None).await.unwrap();
    assert_eq!(after.phones[0].number, "+12025550166");
    assert!(after.phones[0].record_time != known.phones[0].record_time);
    assert_eq!(after.mailboxes, known.mailboxes);

    // Nor does it forget a compromise or take over another agency's domain.
    let greedy = Agency { mailboxes: vec![mailbox("x@y.example")], ..after.clone() };
    let burned = crate::samples::window(suite.now(), None);
    let subject = rogatory_proto::rogatory::verification::v1::report_compromise_request::Subject::Agency(greedy.name);
    crate::compromise::reported(suite, subject, burned).await;
    let (good, said) = run(suite, &["import-registry", path(&file)]);
    assert!(good, "{said}");
    let opened = suite.open(crate::samples::ask(suite)).await.unwrap();
    assert!(crate::samples::observed(&opened).contains("AGENCY_COMPROMISED"));
}

async fn a_faulty_file_changes_nothing(suite: &Suite) {
    suite.known_agency().await;
    let before = suite.events(&[]).await.len();
    let file = suite.file("registry.csv", SHIPPED_REGISTRY);
    let text = format!(
        "{SHIPPED_REGISTRY}AQ,,Nowhere Police,domain,gov.uk,,,s,confirmed,\nAQ,,Nowhere Police,phone,0049,,,s,confirmed,\n\
         AQ,,Nowhere Police,colour,blue,,,s,confirmed,\n"
    );
    std::fs::write(&file, text).unwrap();
    for arguments in [["import-registry", path(&file), "--check"].as_slice(), &["import-registry", path(&file)]] {
        let (good, said) = run(suite, arguments);
        assert!(!good);
        for wrong in ["domain[0]", "phone[0]", "colour"] {
            assert!(said.contains(wrong), "{wrong}: {said}");
        }
    }
    assert_eq!(suite.events(&[]).await.len(), before);
    let (good, said) = run(suite, &["import-registry", "/nowhere/registry.csv"]);
    assert!(!good && said.contains("/nowhere/registry.csv"), "{said}");
}

#[tokio::test]
async fn every_wrong_setting_is_told() {
    let suite = Suite::sqlite().await;
    let faults = |settings: &Settings| {
        let mut faults = Vec::new();
        settings.check(&mut faults);
        faults
    };
    assert_eq!(faults(&suite.settings), Vec::<String>::new());
    let mut wrong = suite.settings.clone();
    wrong.registry_file = Some("/nowhere/registry.csv".into());
    wrong.signatures.trust_anchors_file = Some("/nowhere/anchors.pem".into());
    wrong.challenge.key_file = None;
    wrong.message.max_depth = 0;
    let said = faults(&wrong);
    for setting in ["registry_file", "signatures.trust_anchors_file", "challenge.key_file", "message.max_depth"] {
        assert!(said.iter().any(|fault| fault.starts_with(setting)), "{setting}: {said:?}");
    }
    assert!(Program::build(wrong, suite.runtime()).await.is_err());
    let short = suite.file("short.key", "too short");
    let mut wrong = suite.settings.clone();
    wrong.challenge.key_file = Some(short);
    assert!(faults(&wrong)[0].contains("challenge.key_file"));
    let junk = suite.file("junk.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let mut wrong = suite.settings.clone();
    wrong.signatures.trust_anchors_file = Some(junk);
    assert!(faults(&wrong)[0].contains("signatures.trust_anchors_file"));
    // Without a transport nothing is mailed, and that is a setting too.
    let mut quiet = suite.settings.clone();
    quiet.challenge = Default::default();
    assert_eq!(quiet.challenge.transport, ChallengeTransport::None);
    assert_eq!(faults(&quiet), Vec::<String>::new());
}
