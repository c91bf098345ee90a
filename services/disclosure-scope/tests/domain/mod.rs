//! The rules alone: no server, no database.

mod decision_life;
mod evaluation;
mod grant;
mod policy_file;
mod properties;

use chrono::{DateTime, TimeZone as _, Utc};
use rogatory_disclosure::domain::{
    evaluate::{Evaluation, Outcome, evaluate},
    facts::{Facts, Item, Window},
    policy::Policy,
};
use rogatory_rulebook::{AuthorityKind, InstrumentKind, MatterType, Rules as _};

/// The policy as it ships.
pub(crate) const SHIPPED: &str = include_str!("../../policies/aliexpress.toml");

/// A name that a revision could have.
pub(crate) const REVISION: &str = "policyRevisions/rev_01900000000070008000000000000000";

/// The keys of the catalogue.
pub(crate) const ELEMENTS: [&str; 18] = [
    "account-identity",
    "contact-data",
    "registration-record",
    "login-records",
    "ip-device",
    "orders",
    "payment-instruments-masked",
    "payment-instruments-full",
    "wallet",
    "delivery-addresses",
    "tracking",
    "store-registration",
    "merchant-identity",
    "listings",
    "reviews",
    "messages",
    "customer-service-records",
    "risk-notes",
];

/// The shipped policy with what an operator would append: everything stored in `storage`, staff in `staff`.
pub(crate) fn operated(storage: &str, staff: &str) -> String {
    let rows: String = ELEMENTS.iter().map(|element| format!("{element} = [\"{storage}\"]\n")).collect();
    format!("{SHIPPED}\n[storage]\n{rows}\n[operation]\nstaff_countries = [\"{staff}\"]\n")
}

fn policy(storage: &str, staff: &str) -> Policy {
    Policy::parse(&operated(storage, staff)).unwrap()
}

pub(crate) fn day(month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, month, day, 0, 0, 0).unwrap()
}

/// A criminal matter of a US police force with a subpoena, received on 1 November 2026, for these elements.
fn facts(elements: &[&str]) -> Facts {
    Facts {
        platform: "aliexpress.com".to_owned(),
        authority_country: "US".parse().unwrap(),
        authority_kind: AuthorityKind::Police,
        instrument: InstrumentKind::Subpoena,
        matter: MatterType::Criminal,
        emergency: false,
        items: elements.iter().enumerate().map(|(index, element)| item(index, element)).collect(),
        receive_time: day(11, 1),
    }
}

fn item(index: usize, element: &str) -> Item {
    Item {
        item_id: format!("item-{index}"),
        target_id: "target-1".to_owned(),
        element: element.to_owned(),
        window: Some(Window { start: day(1, 1), end: day(3, 1) }),
        residence: Some("US".parse().unwrap()),
    }
}

fn outcomes(policy: &Policy, facts: &Facts) -> Vec<Outcome> {
    evaluation(policy, facts).results.iter().map(|result| result.outcome).collect()
}

fn evaluation(policy: &Policy, facts: &Facts) -> Evaluation {
    evaluate(policy, REVISION, facts)
}

/// Codes of an item's findings, but for the note that a rule is not confirmed, which has a test of its own.
fn codes(evaluation: &Evaluation, index: usize) -> Vec<&str> {
    let codes = evaluation.results[index].findings.iter().map(|finding| finding.code());
    codes.filter(|code| *code != "RULE_UNCONFIRMED").collect()
}
