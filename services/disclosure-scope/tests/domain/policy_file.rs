use rogatory_disclosure::domain::{policy::Policy, rule::RuleEffect};
use rogatory_rulebook::{Confirmation, Fault, Rules as _};

use super::{ELEMENTS, SHIPPED, operated};

fn faults(text: &str) -> Vec<Fault> {
    Policy::parse(text).unwrap_err()
}

/// The shipped text with one replacement.
fn with(from: &str, to: &str) -> String {
    assert!(SHIPPED.contains(from), "{from}");
    SHIPPED.replacen(from, to, 1)
}

fn line_of(text: &str, needle: &str) -> u32 {
    u32::try_from(text.lines().position(|line| line.contains(needle)).unwrap() + 1).unwrap()
}

#[test]
fn the_shipped_policy_has_the_catalogue_and_states_no_storage() {
    let policy = Policy::parse(SHIPPED).unwrap();
    assert_eq!((policy.document(), policy.title()), ("aliexpress.com", "AliExpress disclosure policy"));
    assert_eq!(policy.catalogue.iter().map(|element| element.key.as_str()).collect::<Vec<_>>(), ELEMENTS);
    assert!(policy.storage.is_empty() && policy.staff.is_none());
}

#[test]
fn what_the_operator_appends_is_read() {
    let policy = Policy::parse(&operated("SG", "IE")).unwrap();
    assert_eq!(policy.storage.len(), ELEMENTS.len());
    assert_eq!(policy.staff, Some(vec!["IE".parse().unwrap()]));
}

#[test]
fn a_permit_that_only_the_guide_carries_is_marked_unconfirmed() {
    for rule in &Policy::parse(SHIPPED).unwrap().rules {
        let guide_only = rule.cite.iter().all(|citation| citation.document == "AliExpress Law Enforcement Guide");
        if rule.effect == RuleEffect::Permit && guide_only {
            assert_eq!(rule.status, Confirmation::Unconfirmed, "{}", rule.id);
        }
    }
}

#[test]
fn every_fault_is_named_with_its_line() {
    let text = with("content = 2\nemergency = 2", "content = 1\nemergency = 1")
        .replacen("key = \"orders\"", "key = \"login-records\"", 1)
        .replacen("\"orders\", \"wallet\"", "\"order\", \"wallet\"", 1)
        .replacen("id = \"prc-stored-data\"", "id = \"prc-staff-criminal\"", 1)
        + "\n[storage]\nsecrets = [\"SG\"]\norders = []\n\n[operation]\nstaff_countries = []\n";
    let faults = faults(&text);
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths.iter().filter(|path| **path == "approvals.content").count(), 1, "{faults:?}");
    assert!(paths.contains(&"approvals.emergency"));
    assert!(paths.contains(&"element[5].key"));
    assert!(paths.contains(&"storage.secrets"));
    assert!(paths.contains(&"storage.orders"));
    assert!(paths.contains(&"operation.staff_countries"));
    assert!(faults.iter().any(|fault| fault.description.contains("another rule `prc-staff-criminal`")));
    assert!(faults.iter().any(|fault| fault.description.contains("`order` is not in the catalogue")));
    assert!(faults.iter().all(|fault| fault.line > 0), "{faults:?}");
    let secrets = faults.iter().find(|fault| fault.path == "storage.secrets").unwrap();
    assert_eq!(secrets.line, line_of(&text, "secrets = "));
}

#[test]
fn a_rule_must_cite_and_explain() {
    let rule = |more: &str| format!("{SHIPPED}\n[[rule]]\nid = \"x\"\n{more}\n");
    let cited = "cite = [{ document = \"D\", section = \"1\", confirmation = \"unconfirmed\", source = \"s\" }]";
    let says = |text: &str, what: &str| {
        let faults = faults(text);
        assert!(faults.iter().any(|fault| fault.to_string().contains(what)), "{what}: {faults:?}");
    };
    says(&rule("effect = \"forbid\"\nstatus = \"confirmed\"\nreason = \"r\"\ncite = []"), "cite");
    says(&rule(&format!("effect = \"forbid\"\nstatus = \"confirmed\"\nreason = \"r\"\n{cited}")), "not confirmed");
    says(&rule(&format!("effect = \"forbid\"\nstatus = \"unconfirmed\"\nreason = \" \"\n{cited}")), "reason");
    says(
        &rule(&format!("effect = \"permit\"\nstatus = \"unconfirmed\"\nreason = \"r\"\n{cited}")),
        "permit everything",
    );
    says(&rule(&format!("effect = \"needs\"\nstatus = \"unconfirmed\"\nreason = \"r\"\n{cited}")), "unlocked_by");
    says(&rule(&format!("effect = \"allow\"\nstatus = \"unconfirmed\"\nreason = \"r\"\n{cited}")), "effect");
    says(&with("[windows]\nlongest_days = 366", "[windows]\nlongest_days = 0"), "windows.longest_days");
    says(&with("valid_days = 30", "valid_days = 4000"), "grant.valid_days");
    says(&with("title =", "titel ="), "titel");
    says("", "document");
}
