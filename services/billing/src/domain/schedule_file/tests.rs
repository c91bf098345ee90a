#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use rogatory_rulebook::Rules as _;

use super::*;

const ALIEXPRESS: &str = include_str!("../../../schedules/aliexpress.toml");
const EXAMPLE: &str = include_str!("../../../schedules/example.toml");

/// The faults of the example with one text replaced: `line: path: description`.
fn faults(from: &str, to: &str) -> Vec<String> {
    let text = EXAMPLE.replacen(from, to, 1);
    assert_ne!(text, EXAMPLE, "{from:?} does not stand in the example");
    let faults = Schedule::parse(&text).unwrap_err();
    faults.iter().map(|fault| format!("{}: {}: {}", fault.line, fault.path, fault.description)).collect()
}

/// The line of the example on which a text stands first.
fn line_of(text: &str) -> usize {
    EXAMPLE[..EXAMPLE.find(text).unwrap()].matches('\n').count() + 1
}

/// That replacing a text gives exactly one fault, on the line where it stood.
fn one_fault(from: &str, to: &str, expected: &str) {
    let found = faults(from, to);
    assert_eq!(found.len(), 1, "{found:#?}");
    let line = format!("{}: ", line_of(from));
    assert!(found[0].starts_with(&line) && found[0].contains(expected), "{line}{expected} is not {}", found[0]);
}

#[test]
fn the_shipped_files_are_read() {
    let guide = Schedule::parse(ALIEXPRESS).unwrap();
    assert_eq!((guide.document(), guide.rows.len(), guide.waivers.len()), ("aliexpress.com", 0, 0));
    assert_eq!(guide.reserved.citations[0].section, "§7");

    let example = Schedule::parse(EXAMPLE).unwrap();
    let prices: Vec<_> = example.rows.iter().map(|row| format!("{} {}", row.fee, row.price)).collect();
    assert_eq!(
        prices,
        ["subpoena 45.00 USD", "court-order 150.00 USD", "search-warrant 245.00 USD", "employee-work 7.50 USD"]
    );
    assert!(example.title.contains("EXAMPLE"));
    let unsure = example.waivers.iter().find(|waiver| waiver.code == "WAIVED_MLA").unwrap();
    assert_eq!(unsure.clause.citations[0].confirmation, Confirmation::Unconfirmed);
}

#[test]
fn a_fault_in_a_row_names_its_line() {
    one_fault("amount = \"45\"", "amount = \"-45\"", "row[0].amount: is negative");
    one_fault("amount = \"7.50\"", "amount = \"7.505\"", "row[3].amount: has more decimals than USD, which has 2");
    one_fault("amount = \"150\"", "amount = \"a lot\"", "row[1].amount: is not an amount");
    one_fault("amount = \"245\"", "amount = \"10000000001\"", "row[2].amount: is more than 10000000000.00 USD");
    one_fault("fee = \"court-order\"", "fee = \"subpoena\"", "row[1].fee: `subpoena` stands twice");
    one_fault("fee = \"search-warrant\"", "fee = \"Search warrant\"", "row[2].fee: is not a key");
    one_fault("currency = \"USD\"", "currency = \"USX\"", "row[0].currency: `USX` is not the ISO 4217 code");
    one_fault("unit = \"quarter_hour\"", "unit = \"fortnight\"", "unknown variant `fortnight`");
    one_fault("authority_countries = [\"US\"]", "authority_countries = [\"XX\"]", "row[0].only.authority_countries[0]");
    one_fault("date = \"2013-12-09\"", "date = \"2013-13-09\"", "row[3].citations[0].date: is not a date");
    one_fault("quote_validity_days = 30", "quote_validity_days = 0", "is not between 1 and 366 days");
}

#[test]
fn a_row_without_a_citation_or_a_date_is_a_fault() {
    let start = EXAMPLE.rfind("[[row.citations]]").unwrap();
    let found = Schedule::parse(&EXAMPLE[..start]).unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].line as usize, line_of("fee = \"employee-work\""));
    assert!(found[0].description.contains("at least one citation"), "{}", found[0]);

    let found = faults("date = \"2013-12-09\"\n", "");
    assert!(found.len() == 1 && found[0].contains("a fee has a date"), "{found:?}");
}

#[test]
fn rows_that_one_request_would_pay_twice_overlap() {
    let order = "instrument_kinds = [\"court_order\"]";
    let found = faults(order, "instrument_kinds = [\"court_order\", \"subpoena\"]");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("{}: ", line_of("fee = \"court-order\""))), "{found:?}");
    assert!(found[0].contains("overlaps with fee `subpoena`"), "{found:?}");

    // Different data is something else to pay for, and another country is another request.
    let both = "instrument_kinds = [\"court_order\", \"subpoena\"]";
    let elsewhere = format!("{both}\ndata_classes = [\"content\"]");
    let apart = EXAMPLE.replacen("[\"subpoena\"]", "[\"subpoena\"]\ndata_classes = [\"subscriber\"]", 1);
    assert!(Schedule::parse(&apart.replacen(order, &elsewhere, 1)).is_ok());
}

#[test]
fn one_request_owes_in_one_currency() {
    let hourly = EXAMPLE.rfind("currency = \"USD\"").unwrap();
    let text = format!("{}{}", &EXAMPLE[..hourly], EXAMPLE[hourly..].replacen("USD", "SGD", 1));
    let found = Schedule::parse(&text).unwrap_err();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|fault| fault.path == "row[3].currency"), "{found:?}");
}

#[test]
fn a_schedule_with_rows_says_how_long_a_quote_lasts() {
    let found = faults("quote_validity_days = 30\n", "");
    assert!(found.len() == 1 && found[0].contains("how many days"), "{found:?}");
}

#[test]
fn a_waiver_waives_something_and_a_code_stands_once() {
    let nothing = "code = \"WAIVED_EMERGENCY\"\nemergency = true";
    one_fault(nothing, "code = \"WAIVED_EMERGENCY\"\n", "waives nothing");
    one_fault("code = \"WAIVED_MLA\"", "code = \"WAIVED_EMERGENCY\"", "stands twice");
    one_fault("code = \"WAIVED_MLA\"", "code = \"waived\"", "is not a code");
}

#[test]
fn every_fault_is_told_at_once() {
    let text = EXAMPLE.replace("currency = \"USD\"", "currency = \"dollar\"");
    assert_eq!(Schedule::parse(&text).unwrap_err().len(), 4);
}

#[test]
fn a_misspelt_key_is_a_fault() {
    let found = faults("description = \"Subpoena\"", "descriptoin = \"Subpoena\"");
    assert!(found[0].contains("descriptoin"), "{found:?}");
}
