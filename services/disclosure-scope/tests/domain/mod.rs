//! The rules alone: no server, no database.

mod cases;
mod decision_life;
mod grant;
mod packs;
mod properties;
pub(crate) mod token;

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex},
};

use chrono::{DateTime, TimeZone as _, Utc};
use rogatory_disclosure::domain::{
    evaluate::{Evaluation, evaluate},
    facts::{Facts, Item, Notification, Offence, Standing, Window},
    policy::Policy,
};
pub(crate) use rogatory_disclosure::shipped_policy as shipped;
use rogatory_rulebook::{AuthorityKind, InstrumentKind, MatterType, Rules as _};

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

/// What an operator might add: content, whatever the paper.
pub(crate) const OWN_PACK: &str = r#"
[[pack]]
key = "own"
text = '''
@id("own-content")
@cite("guide §5")
@reason("What this operator gives.")
@status("unconfirmed")
permit (principal, action, resource)
when { resource.class == DataClass::"content" };
'''
"#;

/// The shipped policy with what an operator would append: everything stored in `storage`, staff in `staff`.
pub(crate) fn operated(storage: &str, staff: &str) -> String {
    let rows: Vec<(&str, &str)> = ELEMENTS.iter().map(|element| (*element, storage)).collect();
    stated(&rows, staff)
}

/// The shipped policy with some elements stored in a country each.
pub(crate) fn stated(storage: &[(&str, &str)], staff: &str) -> String {
    let rows: String = storage.iter().map(|(element, country)| format!("{element} = [\"{country}\"]\n")).collect();
    format!("{}\n[storage]\n{rows}\n[operation]\nstaff_countries = [\"{staff}\"]\n", shipped())
}

/// That policy, read. A reading takes a while, so it is kept.
fn policy(storage: &str, staff: &str) -> Policy {
    static READ: LazyLock<Mutex<BTreeMap<String, Policy>>> = LazyLock::new(Mutex::default);
    let text = operated(storage, staff);
    let mut read = READ.lock().unwrap();
    read.entry(text).or_insert_with_key(|text| Policy::parse(text).unwrap()).clone()
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
        standing: Standing { verified: true, accredited: true, stated: true },
        instrument: InstrumentKind::Subpoena,
        issued_by: None,
        issue_time: None,
        instrument_period: None,
        matter: MatterType::Criminal,
        offence: Offence::default(),
        notification: Notification::NotNotified,
        emergency: false,
        formal_request_assured: false,
        contact_country: None,
        authority_approvals: Vec::new(),
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

fn evaluation(policy: &Policy, facts: &Facts) -> Evaluation {
    evaluate(policy, REVISION, facts)
}
