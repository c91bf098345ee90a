use rogatory_disclosure::domain::{
    evaluate::Outcome::{self, Allow, AllowNarrowed, HoldForAuthority, NeedsOtherProcess, Withhold},
    facts::{Facts, Window},
    policy::Policy,
};
use rogatory_rulebook::{AuthorityKind, Effect, InstrumentKind, MatterType, Rules as _};

use super::{ELEMENTS, SHIPPED, codes, day, evaluation, facts, outcomes, policy};

fn asked(country: &str, kind: AuthorityKind, instrument: InstrumentKind, elements: &[&str]) -> Facts {
    Facts { authority_country: country.parse().unwrap(), authority_kind: kind, instrument, ..facts(elements) }
}

const LADDER: [&str; 6] =
    ["account-identity", "payment-instruments-masked", "login-records", "ip-device", "orders", "messages"];

#[test]
fn the_ladder_of_the_united_states() {
    let policy = policy("US", "US");
    let police = AuthorityKind::Police;
    let cases: [(InstrumentKind, [Outcome; 6]); 4] = [
        (InstrumentKind::Subpoena, [Allow, Allow, Allow, Allow, NeedsOtherProcess, NeedsOtherProcess]),
        (InstrumentKind::CourtOrder, [Allow, Allow, Allow, Allow, Allow, NeedsOtherProcess]),
        (InstrumentKind::SearchWarrant, [Allow, Allow, Allow, Allow, Allow, Allow]),
        (InstrumentKind::Informal, [NeedsOtherProcess; 6]),
    ];
    for (instrument, expected) in cases {
        assert_eq!(outcomes(&policy, &asked("US", police, instrument, &LADDER)), expected, "{instrument}");
    }
}

#[test]
fn the_ladder_of_other_countries_says_that_it_is_the_operators_own() {
    let policy = policy("SG", "SG");
    let police = AuthorityKind::Police;
    let cases: [(&str, InstrumentKind, [Outcome; 6]); 5] = [
        ("KZ", InstrumentKind::CourtOrder, [Allow; 6]),
        ("KZ", InstrumentKind::Subpoena, [Allow, Allow, Allow, Allow, Allow, NeedsOtherProcess]),
        ("HK", InstrumentKind::SearchWarrant, [Allow; 6]),
        ("BR", InstrumentKind::LetterOfRequest, [Allow, Allow, Allow, Allow, Allow, NeedsOtherProcess]),
        ("BR", InstrumentKind::EuProductionOrder, [NeedsOtherProcess; 6]),
    ];
    for (country, instrument, expected) in cases {
        let facts = asked(country, police, instrument, &LADDER);
        assert_eq!(outcomes(&policy, &facts), expected, "{country} {instrument}");
    }
    let answer = evaluation(&policy, &asked("KZ", police, InstrumentKind::CourtOrder, &["orders"]));
    assert!(answer.results[0].findings[1].sentence().contains("not confirmed"));
}

#[test]
fn a_european_order_for_traffic_is_a_judges() {
    let policy = policy("SG", "SG");
    let by =
        |kind| outcomes(&policy, &asked("DE", kind, InstrumentKind::EuProductionOrder, &["contact-data", "orders"]));
    assert_eq!(by(AuthorityKind::Court), [Allow, Allow]);
    assert_eq!(by(AuthorityKind::Prosecutor), [Allow, NeedsOtherProcess]);
    assert_eq!(by(AuthorityKind::Police), [NeedsOtherProcess, NeedsOtherProcess]);
    let danish = asked("DK", AuthorityKind::Court, InstrumentKind::EuProductionOrder, &["contact-data"]);
    assert_eq!(outcomes(&policy, &danish), [NeedsOtherProcess]);
}

#[test]
fn whoever_the_guide_does_not_serve_gets_nothing() {
    let policy = policy("SG", "SG");
    let warrant = InstrumentKind::SearchWarrant;
    for (country, kind, code) in [
        ("US", AuthorityKind::Private, "REQUESTER_ENFORCES_NO_LAW"),
        ("US", AuthorityKind::OtherPublic, "REQUESTER_ENFORCES_NO_LAW"),
        ("GB", AuthorityKind::Intelligence, "REQUESTER_IS_INTELLIGENCE_SERVICE"),
        ("CN", AuthorityKind::Police, "REQUESTER_IN_MAINLAND_CHINA"),
    ] {
        for emergency in [false, true] {
            let answer = evaluation(&policy, &Facts { emergency, ..asked(country, kind, warrant, &ELEMENTS) });
            assert!(answer.results.iter().all(|result| result.outcome == Withhold), "{country} {kind}");
            assert_eq!(codes(&answer, 0), [code]);
        }
    }
}

#[test]
fn the_gate_of_the_prc_holds_in_an_emergency_too() {
    for emergency in [false, true] {
        for (storage, staff, matter, code) in [
            ("CN", "SG", MatterType::Criminal, "PRC_STORED_DATA"),
            ("CN", "SG", MatterType::Administrative, "PRC_STORED_PERSONAL_INFORMATION"),
            ("SG", "CN", MatterType::Criminal, "PRC_STAFF_CRIMINAL"),
        ] {
            let facts = Facts { emergency, matter, instrument: InstrumentKind::SearchWarrant, ..facts(&ELEMENTS) };
            let answer = evaluation(&policy(storage, staff), &facts);
            assert!(answer.results.iter().all(|result| result.outcome == HoldForAuthority), "{storage} {staff}");
            assert!(codes(&answer, 0).contains(&code), "{:?}", codes(&answer, 0));
        }
    }
    let administrative = Facts { matter: MatterType::Administrative, ..facts(&["account-identity"]) };
    assert_eq!(outcomes(&policy("SG", "CN"), &administrative), [Allow], "Art. 4 reaches criminal matters");
    let macao = asked("MO", AuthorityKind::Court, InstrumentKind::CourtOrder, &["orders"]);
    assert_eq!(codes(&evaluation(&policy("CN", "SG"), &macao), 0), ["PRC_STORED_DATA_HK_MO"]);
}

#[test]
fn what_the_operator_has_not_stated_holds_and_is_named() {
    let shipped = Policy::parse(SHIPPED).unwrap();
    let answer = evaluation(&shipped, &facts(&["account-identity", "messages"]));
    assert_eq!(answer.results[0].outcome, HoldForAuthority);
    assert_eq!(codes(&answer, 0), ["STORAGE_COUNTRY_NOT_STATED", "STAFF_COUNTRY_NOT_STATED"]);
    let storage = &answer.results[0].findings[0];
    assert!(storage.citations().iter().any(|citation| citation.section == "Art. 36"), "{storage:?}");
    assert_eq!(codes(&answer, 1)[2], "US_CONTENT_NEEDS_WARRANT", "what else is missing is told too");

    let civil = Facts { matter: MatterType::CivilCommercial, ..facts(&["account-identity"]) };
    assert_eq!(codes(&evaluation(&shipped, &civil), 0), ["STORAGE_COUNTRY_NOT_STATED"], "no rule asks for the staff");

    let partly = format!("{SHIPPED}\n[storage]\norders = [\"SG\"]\n[operation]\nstaff_countries = [\"SG\"]\n");
    let warrant = Facts { instrument: InstrumentKind::SearchWarrant, ..facts(&["orders", "wallet"]) };
    assert_eq!(outcomes(&Policy::parse(&partly).unwrap(), &warrant), [Allow, HoldForAuthority], "the rest goes on");
}

#[test]
fn an_emergency_yields_the_smallest_set() {
    for country in ["US", "KZ"] {
        let form = InstrumentKind::EmergencyForm;
        let facts = Facts { emergency: true, ..asked(country, AuthorityKind::Police, form, &ELEMENTS) };
        let answer = evaluation(&policy("SG", "SG"), &facts);
        let allowed: Vec<&str> = answer
            .results
            .iter()
            .filter(|result| result.outcome.is_allowed())
            .map(|result| result.item.element.as_str())
            .collect();
        let smallest = [
            "account-identity",
            "contact-data",
            "registration-record",
            "login-records",
            "ip-device",
            "delivery-addresses",
        ];
        assert_eq!(allowed, smallest, "{country}");
        assert!(answer.results.iter().all(|one| one.outcome.is_allowed() || one.outcome == NeedsOtherProcess));
        assert_eq!(answer.approvals_required, 2);
        let whole: Vec<&str> = answer.findings.iter().map(|finding| finding.code()).collect();
        assert_eq!(whole, ["EMERGENCY_NEEDS_TWO_PEOPLE", "FORMAL_REQUEST_OWED"]);
        let no_emergency = Facts { emergency: false, ..facts };
        assert!(outcomes(&policy("SG", "SG"), &no_emergency).iter().all(|outcome| *outcome == NeedsOtherProcess));
    }
}

#[test]
fn an_instrument_does_not_open_less_because_there_is_an_emergency() {
    for country in ["US", "KZ"] {
        for instrument in [InstrumentKind::Subpoena, InstrumentKind::CourtOrder, InstrumentKind::SearchWarrant] {
            let calm = asked(country, AuthorityKind::Police, instrument, &ELEMENTS);
            let urgent = Facts { emergency: true, ..calm.clone() };
            let policy = policy("SG", "SG");
            for (before, after) in outcomes(&policy, &calm).into_iter().zip(outcomes(&policy, &urgent)) {
                assert!(!before.is_allowed() || after.is_allowed());
            }
        }
    }
}

#[test]
fn windows_are_cut_to_receipt_and_to_the_longest() {
    let policy = policy("SG", "SG");
    let with = |window: Option<Window>| {
        let mut facts = facts(&["login-records"]);
        facts.items[0].window = window;
        evaluation(&policy, &facts)
    };
    let future = with(Some(Window { start: day(10, 1), end: day(12, 1) }));
    assert_eq!(future.results[0].outcome, AllowNarrowed);
    assert_eq!(future.results[0].window, Some(Window { start: day(10, 1), end: day(11, 1) }));
    assert!(codes(&future, 0).contains(&"WINDOW_CUT_AT_RECEIPT"));

    let years = with(Some(Window { start: day(1, 1) - chrono::Days::new(2000), end: day(11, 1) }));
    assert_eq!(years.results[0].outcome, AllowNarrowed);
    assert_eq!(years.results[0].window.unwrap().start, day(11, 1) - chrono::Days::new(366));
    assert!(codes(&years, 0).contains(&"WINDOW_CUT_TO_LONGEST"));

    let later = with(Some(Window { start: day(11, 1), end: day(12, 1) }));
    assert_eq!((later.results[0].outcome, later.results[0].window), (Withhold, None));

    let none = with(None);
    assert_eq!(none.results[0].outcome, Withhold);
    assert_eq!(codes(&none, 0), ["WINDOW_NOT_STATED"]);

    let timeless = evaluation(&policy, &facts(&["account-identity"]));
    assert_eq!((timeless.results[0].outcome, timeless.results[0].window), (Allow, None));
    assert!(codes(&timeless, 0).contains(&"WINDOW_NOT_APPLICABLE"));
}

#[test]
fn what_the_catalogue_or_no_rule_knows_is_withheld() {
    let policy = policy("SG", "SG");
    let answer = evaluation(&policy, &facts(&["everything"]));
    assert_eq!((answer.results[0].outcome, answer.results[0].class), (Withhold, None));
    assert_eq!(codes(&answer, 0), ["ELEMENT_NOT_IN_CATALOGUE"]);
    let writ =
        Facts { emergency: true, ..asked("US", AuthorityKind::Court, InstrumentKind::Writ, &["merchant-identity"]) };
    assert_eq!(codes(&evaluation(&policy, &writ), 0), ["NO_RULE_PERMITS"]);
}

#[test]
fn content_that_may_leave_needs_two_people() {
    let policy = policy("SG", "SG");
    let warrant = Facts { instrument: InstrumentKind::SearchWarrant, ..facts(&["messages", "orders"]) };
    assert_eq!(evaluation(&policy, &warrant).approvals_required, 2);
    assert_eq!(evaluation(&policy, &facts(&["messages", "contact-data"])).approvals_required, 1, "no content leaves");
}

#[test]
fn what_needs_another_instrument_names_it_and_every_finding_cites() {
    let answer = evaluation(&policy("SG", "SG"), &facts(&["orders"]));
    let finding = &answer.results[0].findings[0];
    assert_eq!(finding.effect(), Effect::Requires);
    assert!(finding.sentence().contains("It takes: court order, or search warrant."), "{}", finding.sentence());
    for storage in ["SG", "CN"] {
        let answer = evaluation(&policy(storage, "CN"), &facts(&ELEMENTS));
        let all = answer.results.iter().flat_map(|result| &result.findings).chain(&answer.findings);
        assert!(all.into_iter().all(|finding| !finding.citations().is_empty()));
        assert!(answer.results.iter().all(|result| !result.findings.is_empty()));
    }
}
