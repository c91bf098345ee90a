//! Reading a policy: the shipped text, and every fault with its place.

use std::path::Path;

use cedar_policy_formatter::{Config, policies_str_to_pretty};
use proptest::prelude::*;
use rogatory_disclosure::domain::{pack::RuleEffect, policy::Policy};
use rogatory_rulebook::{Confirmation, Fault, Rules as _};

use super::{ELEMENTS, operated, shipped};

fn faults(text: &str) -> Vec<Fault> {
    Policy::parse(text).unwrap_err()
}

/// The shipped text with one replacement.
fn with(from: &str, to: &str) -> String {
    assert!(shipped().contains(from), "{from}");
    shipped().replacen(from, to, 1)
}

/// The shipped text with one pack more.
fn and(pack: &str) -> String {
    format!("{}\n[[pack]]\nkey = \"more\"\ntext = '''\n{pack}\n'''\n", shipped())
}

fn line_of(text: &str, needle: &str) -> u32 {
    u32::try_from(text.lines().position(|line| line.contains(needle)).unwrap() + 1).unwrap()
}

fn says(text: &str, what: &str) {
    let faults = faults(text);
    assert!(faults.iter().any(|fault| fault.to_string().contains(what)), "{what}: {faults:?}");
}

#[test]
fn the_shipped_policy_states_no_storage_and_no_retention() {
    let policy = Policy::parse(shipped()).unwrap();
    assert_eq!((policy.document(), policy.title()), ("aliexpress.com", "AliExpress disclosure policy"));
    for element in ELEMENTS {
        assert!(policy.catalogue.get(element).is_some(), "{element}");
    }
    assert!(policy.storage.is_empty() && policy.retention.is_empty() && policy.staff.is_none());
}

#[test]
fn what_the_operator_appends_is_read() {
    let policy = Policy::parse(&(operated("SG", "IE") + "\n[retention]\norders = 1095\n")).unwrap();
    assert_eq!((policy.storage.len(), policy.retention["orders"]), (ELEMENTS.len(), 1095));
    assert_eq!(policy.staff, Some(vec!["IE".parse().unwrap()]));
}

#[test]
fn a_permit_that_only_the_guide_carries_is_marked_unconfirmed() {
    let policy = Policy::parse(shipped()).unwrap();
    for rule in policy.packs().rules() {
        let guide_only = rule.cite.iter().all(|citation| citation.document == "AliExpress Law Enforcement Guide");
        if rule.effect == RuleEffect::Permit && guide_only {
            assert_eq!(rule.status, Confirmation::Unconfirmed, "{}", rule.id);
        }
    }
}

#[test]
fn the_packs_are_written_as_the_formatter_writes_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut packs: Vec<_> = folder.join("aliexpress").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    packs.push(folder.join("invariants.cedar"));
    packs.retain(|path| path.extension().is_some_and(|extension| extension == "cedar"));
    assert!(packs.len() > 9);
    for path in packs {
        let text = std::fs::read_to_string(&path).unwrap();
        let pretty = policies_str_to_pretty(&text, &Config { line_width: 120, indent_width: 2 }).unwrap();
        assert_eq!(text.trim_end(), pretty.trim_end(), "{}", path.display());
    }
}

#[test]
fn every_fault_of_the_tables_is_named_with_its_line() {
    let text = with("valid_days = 30", "valid_days = 4000")
        .replacen("longest_days = 366", "longest_days = 0", 1)
        .replacen("key = \"delivery-addresses\"", "key = \"account-identity\"", 1)
        + "\n[storage]\nsecrets = [\"SG\"]\nreviews = []\n\n[retention]\nreviews = 0\n\n[operation]\nstaff_countries = []\n";
    let faults = faults(&text);
    for path in [
        "grant.valid_days",
        "window[0].longest_days",
        "storage.secrets",
        "storage.reviews",
        "retention.reviews",
        "operation.staff_countries",
    ] {
        assert!(faults.iter().any(|fault| fault.path == path), "{path}: {faults:?}");
    }
    assert!(
        faults.iter().any(|fault| fault.description.contains("`delivery-addresses` is not in the catalogue")),
        "of the packs"
    );
    assert!(faults.iter().any(|fault| fault.description.contains("is in the catalogue already")), "{faults:?}");
    assert!(faults.iter().all(|fault| fault.line > 0), "{faults:?}");
    let secrets = faults.iter().find(|fault| fault.path == "storage.secrets").unwrap();
    assert_eq!(secrets.line, line_of(&text, "secrets = "));
    says(&with("title =", "titel ="), "titel");
    says("", "document");
    says(&with("everything = \"all-data\"", "everything = \"orders\""), "everything");
}

#[test]
fn a_policy_must_cite_and_explain() {
    let sound = "@id(\"x\")\n@cite(\"guide §1\")\n@reason(\"R.\")\n@status(\"unconfirmed\")\n@effect(\"withhold\")\nforbid (principal, action, resource) when { principal.country == \"US\" };";
    Policy::parse(&and(sound)).unwrap();
    for (from, to, what) in [
        ("@id(\"x\")", "@id(\"X y\")", "needs @id"),
        ("@id(\"x\")", "@id(\"us-warrant-content\")", "another policy"),
        ("@cite(\"guide §1\")\n", "", "needs @cite"),
        ("guide §1", "magna-carta 39", "not among [[source]]"),
        ("guide §1", "guide", "without a section"),
        ("@reason(\"R.\")", "@reason(\" \")", "needs @reason"),
        ("\"unconfirmed\"", "\"perhaps\"", "needs @status"),
        ("@status(\"unconfirmed\")", "@cite_unread(\"guide §2\")\n@status(\"confirmed\")", "was not read"),
        ("@effect(\"withhold\")\n", "", "needs @effect"),
        ("@effect(\"withhold\")", "@effect(\"permit\")", "needs @effect"),
        ("forbid", "permit", "is a permit"),
        ("@effect(", "@note(\"n\")\n@effect(", "annotation @note"),
        ("\"US\"", "\"USA\"", "`USA` is not a country"),
        ("principal.country == \"US\"", "resource == Element::\"order\"", "`order` is not in the catalogue"),
        ("principal.country == \"US\"", "resource == Element::\"all-data\"", "stands for every element"),
        ("principal.country == \"US\"", "context.instrument == Instrument::\"subpena\"", "subpena"),
        ("principal.country == \"US\"", "context.approvers < 2", "looks at context.approvers"),
        ("principal.country == \"US\"", "principal.colour == \"US\"", "colour"),
        ("principal.country == \"US\"", "principal == Authority::\"requester\"", "names an authority"),
        ("(principal,", "(principal == ?principal,", "template"),
        ("when {", "when", "unexpected token"),
    ] {
        assert!(sound.contains(from), "{from}");
        says(&and(&sound.replacen(from, to, 1)), what);
    }
    says(&format!("{}\n[[pack]]\nkey = \"us\"\ntext = ''\n", shipped()), "pack");
}

#[test]
fn a_fault_in_a_pack_is_told_at_its_line_of_the_whole_text() {
    let text = with("principal.country == \"CN\"", "principal.country == \"PRC\"");
    let fault = faults(&text).into_iter().find(|fault| fault.description.contains("PRC")).unwrap();
    assert_eq!(
        (fault.path.as_str(), fault.line),
        ("pack[guide].requester-in-mainland-china", line_of(&text, "@id(\"requester-in-mainland-china\")"))
    );
    let text = with("principal.country == \"CN\"", "principal.country === \"CN\"");
    assert_eq!(faults(&text)[0].line, line_of(&text, "==="));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is cut from the text or written over it: it is read, or its faults are told; nothing panics.
    #[test]
    fn a_damaged_text_is_read_or_refused(at in any::<prop::sample::Index>(), length in 0_usize..40, new in ".{0,12}") {
        let text = shipped();
        let letters: Vec<char> = text.chars().collect();
        let begin = at.index(letters.len());
        let end = (begin + length).min(letters.len());
        let damaged: String = letters[..begin].iter().copied().chain(new.chars()).chain(letters[end..].iter().copied()).collect();
        if let Err(faults) = Policy::parse(&damaged) {
            prop_assert!(!faults.is_empty());
        }
    }

    /// Nesting as deep as a text can hold is an answer too.
    #[test]
    fn deep_nesting_is_refused_or_read(depth in 1_usize..3000, open in prop::sample::select(vec!["(", "[", "!", "if true then "])) {
        let pack = format!("@id(\"x\")\nforbid (principal, action, resource) when {{ {}true }};", open.repeat(depth));
        let _ = Policy::parse(&and(&pack));
    }
}
