//! The requests that are evaluated: authorities of several countries with several papers, for twenty items each.

use chrono::{DateTime, Utc};
use rogatory_disclosure::{
    domain::facts::{Facts, Item, Notification, Offence, Standing, Window},
    shipped_policy,
};
use rogatory_rulebook::{
    AuthorityKind::{self, Court, Police, Prosecutor},
    Country,
    InstrumentKind::{self, CourtOrder, EmergencyForm, EuProductionOrder, LetterOfRequest, SearchWarrant, Subpoena},
    MatterType,
};

/// The platform.
pub(super) const PLATFORM: &str = "aliexpress.com";
/// The user of whom everything of the catalogue is asked.
pub(super) const TARGET: &str = "target-1";
/// Another user.
const OTHER: &str = "target-2";

/// The catalogue that ships.
pub(super) const ELEMENTS: [&str; 18] = [
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

/// The policy that ships, with everything but notes on risk stored in Singapore.
pub(super) fn policy_text() -> String {
    let storage = |element: &str| if element == "risk-notes" { "CN" } else { "SG" };
    let rows: String = ELEMENTS.iter().map(|element| format!("{element} = [{:?}]\n", storage(element))).collect();
    format!("{}\n[storage]\n{rows}\n[operation]\nstaff_countries = [\"SG\", \"IE\"]\n", shipped_policy())
}

/// The window of every item: shorter than the longest that may be asked for, and over before the request is received.
pub(super) fn window(received: DateTime<Utc>) -> Window {
    Window { start: received - chrono::Duration::days(90), end: received - chrono::Duration::days(10) }
}

/// A paper of an authority, and whether it is an emergency.
const REQUESTS: [(&str, AuthorityKind, InstrumentKind, bool); 10] = [
    ("US", Police, Subpoena, false),
    ("US", Prosecutor, CourtOrder, false),
    ("US", Police, SearchWarrant, false),
    ("US", Police, EmergencyForm, true),
    ("FR", Court, EuProductionOrder, false),
    ("DE", Prosecutor, EuProductionOrder, false),
    ("KZ", Court, CourtOrder, false),
    ("HK", Police, SearchWarrant, false),
    ("RU", Prosecutor, Subpoena, false),
    ("BR", Court, LetterOfRequest, false),
];

/// The facts of each.
pub(super) fn facts(received: DateTime<Utc>) -> Vec<Facts> {
    REQUESTS
        .iter()
        .map(|(country, kind, instrument, emergency)| request(received, country, *kind, *instrument, *emergency))
        .collect()
}

fn request(
    received: DateTime<Utc>,
    country: &str,
    authority_kind: AuthorityKind,
    instrument: InstrumentKind,
    emergency: bool,
) -> Facts {
    let country_of = |code: &str| code.parse::<Country>().expect("a country");
    let item = |target_id: &str, element: &str, residence: &str| Item {
        item_id: format!("{target_id}-{element}"),
        target_id: target_id.to_owned(),
        element: element.to_owned(),
        window: Some(window(received)),
        residence: Some(country_of(residence)),
    };
    let of_other = ["orders", "messages"].map(|element| item(OTHER, element, "SG"));
    Facts {
        platform: PLATFORM.to_owned(),
        authority_country: country_of(country),
        authority_kind,
        standing: Standing { verified: true, accredited: true, stated: true },
        instrument,
        issued_by: None,
        issue_time: Some(received - chrono::Duration::days(5)),
        instrument_period: None,
        matter: MatterType::Criminal,
        offence: Offence { max_penalty_months: 60, sentence_months: 0, listed: false },
        notification: Notification::NotNotified,
        emergency,
        formal_request_assured: emergency,
        contact_country: None,
        authority_approvals: Vec::new(),
        items: ELEMENTS.iter().map(|element| item(TARGET, element, country)).chain(of_other).collect(),
        receive_time: received,
    }
}
