#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use rogatory_rulebook::Rules as _;

use super::*;
use crate::domain::{
    channel::{ChannelKind, Standing},
    treaties::SHIPPED,
};

const TEXT: &str = include_str!("../../guides/aliexpress.toml");

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

fn facts(authority: &str, targets: &[&str]) -> Facts {
    let target = |(index, code): (usize, &&str)| Target { id: format!("t{index}"), residence: code.parse().ok() };
    Facts {
        authority_country: country(authority),
        authority_kind: AuthorityKind::Police,
        instrument: InstrumentKind::CourtOrder,
        matter: MatterType::Criminal,
        served_contact: None,
        targets: targets.iter().enumerate().map(target).collect(),
    }
}

fn by(text: &str, facts: &Facts) -> Route {
    let at = "2026-11-01T00:00:00Z".parse().unwrap();
    decide(&Guide::parse(text).unwrap(), &Treaties::read(&SHIPPED).unwrap(), facts, at)
}

fn route(facts: &Facts) -> Route {
    by(TEXT, facts)
}

/// The guide after an operator has confirmed where a contact is incorporated.
fn incorporated(key: &str, place: &str) -> String {
    let start = TEXT.find(&format!("[[contact]]\nkey = \"{key}\"")).unwrap();
    let (before, after) = TEXT.split_at(start);
    before.to_owned()
        + &after.replacen("incorporation_country = \"\"", &format!("incorporation_country = \"{place}\""), 1)
}

fn channel(leg: &Leg, kind: ChannelKind) -> (Standing, &str) {
    let channel = leg.channels.iter().find(|channel| channel.kind == kind).unwrap();
    assert!(!channel.citations.is_empty(), "{kind}");
    (channel.standing, &channel.code)
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(Finding::code).collect()
}

#[test]
fn hague_channels_are_closed_to_criminal_matters_whatever_the_contact() {
    for residence in ["HK", "CN", "US", "RU", "DE"] {
        let route = route(&facts("FR", &[residence]));
        for kind in [ChannelKind::HagueService, ChannelKind::HagueEvidence] {
            assert_eq!(channel(&route.legs[0], kind), (Standing::Refused, "CIVIL_OR_COMMERCIAL_ONLY"), "{residence}");
        }
        assert_eq!(channel(&route.legs[0], ChannelKind::EuEevidence), (Standing::Refused, "NOT_A_EUROPEAN_ORDER"));
    }
}

#[test]
fn a_civil_matter_opens_the_service_convention_only_where_incorporation_is_confirmed() {
    let civil = Facts { matter: MatterType::CivilCommercial, ..facts("US", &["CN"]) };
    let leg = &route(&civil).legs[0];
    assert_eq!(channel(leg, ChannelKind::HagueService), (Standing::NeedsConfirmation, "INCORPORATION_UNCONFIRMED"));

    let leg = &by(&incorporated("hangzhou", "CN"), &civil).legs[0];
    assert_eq!(channel(leg, ChannelKind::HagueService), (Standing::Permitted, "BOTH_PARTIES"));
    assert_eq!(channel(leg, ChannelKind::HagueEvidence), (Standing::NeedsConfirmation, "ACCEPTANCE_NOT_RECORDED"));
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::Refused, "MATTER_NOT_COVERED"));
    let found = codes(&leg.findings);
    for code in ["POSTAL_CHANNEL_OPPOSED", "CONSULAR_SERVICE_LIMITED", "PRETRIAL_DISCOVERY_LIMITED"] {
        assert!(found.contains(&code), "{found:?}");
    }
    let authority = &leg.channels.iter().find(|channel| channel.kind == ChannelKind::HagueService).unwrap();
    assert!(authority.central_authority.as_deref().unwrap().starts_with("Ministry of Justice"));

    let andorra = Facts { authority_country: country("AD"), ..civil.clone() };
    let leg = &by(&incorporated("hangzhou", "CN"), &andorra).legs[0];
    assert_eq!(channel(leg, ChannelKind::HagueEvidence), (Standing::Permitted, "IN_FORCE"));

    let taiwan = Facts { authority_country: country("TW"), ..civil };
    let leg = &by(&incorporated("hangzhou", "CN"), &taiwan).legs[0];
    assert_eq!(channel(leg, ChannelKind::HagueService), (Standing::NeedsConfirmation, "PARTY_NOT_RECORDED"));
}

#[test]
fn a_criminal_matter_goes_by_treaty_where_one_is_certain_and_by_diplomats_otherwise() {
    let prc = incorporated("hangzhou", "CN");
    let leg = &by(&prc, &facts("US", &["CN"])).legs[0];
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::Permitted, "IN_FORCE"));
    assert_eq!(channel(leg, ChannelKind::Diplomatic), (Standing::NeedsConfirmation, "TREATY_GOES_FIRST"));

    let leg = &by(&prc, &facts("FR", &["CN"])).legs[0];
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::NeedsConfirmation, "ENTRY_INTO_FORCE_UNKNOWN"));
    assert_eq!(channel(leg, ChannelKind::Diplomatic), (Standing::Permitted, "DIPLOMATIC_CHANNEL"));

    let hk = incorporated("hong-kong", "HK");
    let leg = &by(&hk, &facts("GB", &["HK"])).legs[0];
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::Refused, "SUSPENDED"));
    let leg = &by(&hk, &facts("AR", &["HK"])).legs[0];
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::NeedsConfirmation, "UNCONFIRMED"));

    let sg = incorporated("singapore-e-commerce", "SG");
    let leg = &by(&sg, &facts("DE", &["DE"])).legs[0];
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::NeedsConfirmation, "NO_TREATY_RECORDED"));
    assert_eq!(channel(leg, ChannelKind::Diplomatic), (Standing::NeedsConfirmation, "CONTACT_OF_ANOTHER_STATE"));
    let leg = &by(&sg, &facts("SG", &["DE"])).legs[0];
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::Refused, "DOMESTIC_PROCESS"));
    let leg = &by(&prc, &facts("HK", &["CN"])).legs[0];
    assert_eq!(channel(leg, ChannelKind::Mlat), (Standing::NeedsConfirmation, "ONE_STATE"));
}

#[test]
fn a_european_order_waits_for_an_addressee() {
    let order = Facts { instrument: InstrumentKind::EuProductionOrder, ..facts("DE", &["DE", "US", ""]) };
    let held = route(&order);
    assert_eq!((held.verdict, held.legs.len()), (Verdict::Held, 1));
    assert_eq!(held.legs[0].status, LegStatus::UnroutableMissingContact);
    assert_eq!(held.legs[0].targets.len(), 3);
    assert_eq!(channel(&held.legs[0], ChannelKind::EuEevidence), (Standing::NeedsConfirmation, "ADDRESSEE_MISSING"));
    assert_eq!(channel(&held.legs[0], ChannelKind::Mlat), (Standing::Refused, "ORDER_HAS_ADDRESSEE"));

    let named =
        TEXT.replace("role = \"eu-addressee\"\ncontact = \"\"", "role = \"eu-addressee\"\ncontact = \"hong-kong\"");
    let routed = by(&named, &order);
    assert_eq!((routed.verdict, routed.legs[0].status), (Verdict::Routed, LegStatus::Routed));
    assert_eq!(channel(&routed.legs[0], ChannelKind::EuEevidence), (Standing::Permitted, "ADDRESSEE_NAMED"));
    for outside in ["DK", "US"] {
        let route = by(&named, &Facts { authority_country: country(outside), ..order.clone() });
        assert_eq!(route.verdict, Verdict::Held, "{outside}");
        assert!(codes(&route.findings).contains(&"ORDER_ISSUER_NOT_BOUND"));
    }
}

#[test]
fn who_may_not_ask_is_told_so_and_gets_no_leg() {
    let prc = route(&facts("CN", &["US"]));
    assert_eq!((prc.verdict, prc.legs.len()), (Verdict::OutOfScope, 0));
    assert_eq!(codes(&prc.findings), ["AUTHORITY_COUNTRY_EXCLUDED"]);
    assert_eq!(prc.findings[0].citations()[0].section, "Preamble");
    let private = route(&Facts { authority_kind: AuthorityKind::Private, ..facts("US", &["US"]) });
    assert_eq!((private.verdict, codes(&private.findings)), (Verdict::OutOfScope, vec!["NOT_A_PUBLIC_AUTHORITY"]));
    let other = route(&Facts { authority_kind: AuthorityKind::OtherPublic, ..facts("US", &["US"]) });
    assert_eq!(codes(&other.findings), ["NOT_A_LAW_ENFORCEMENT_AGENCY"]);
    let spies = route(&Facts { authority_kind: AuthorityKind::Intelligence, ..facts("US", &["US"]) });
    assert_eq!(spies.verdict, Verdict::Held);
    assert_eq!(route(&facts("HK", &["US"])).verdict, Verdict::Routed);
}

#[test]
fn the_paper_must_bind() {
    let informal = route(&Facts { instrument: InstrumentKind::Informal, ..facts("US", &["US"]) });
    assert_eq!(informal.verdict, Verdict::Held);
    let refusal = informal.findings.iter().find(|finding| finding.code() == "INSTRUMENT_NOT_BINDING").unwrap();
    assert_eq!((refusal.effect(), refusal.citations()[0].section.as_str()), (Effect::Refuses, "§1"));
    let emergency = route(&Facts { instrument: InstrumentKind::EmergencyForm, ..facts("US", &["US"]) });
    assert_eq!(emergency.verdict, Verdict::Routed);
    let owed = emergency.findings.iter().find(|finding| finding.code() == "FORMAL_REQUEST_OWED").unwrap();
    assert_eq!((owed.effect(), owed.citations()[0].section.as_str()), (Effect::Requires, "§6"));
}

#[test]
fn a_wrong_contact_is_told_the_right_one() {
    let served =
        |name: &str, targets: &[&str]| route(&Facts { served_contact: Some(name.to_owned()), ..facts("US", targets) });
    assert_eq!(served("ALIEXPRESS E-Commerce One Pte. Ltd.", &["US"]).verdict, Verdict::Routed);
    let other = served("hong-kong", &["US"]);
    assert_eq!((other.verdict, other.legs[0].status), (Verdict::Misdirected, LegStatus::Misdirected));
    assert_eq!(other.legs[0].contact.as_ref().unwrap().key, "e-commerce-one");
    let told = other.legs[0].findings.iter().find(|finding| finding.code() == "SERVED_ON_OTHER_CONTACT").unwrap();
    assert!(told.sentence().contains("Alibaba.com Hong Kong Limited") && told.sentence().contains("E-Commerce One"));
    let stranger = served("Jane Doe, 5 Example Street", &["US"]);
    assert!(!format!("{stranger:?}").contains("Jane"));
    assert_eq!(served("hong-kong", &["US", ""]).verdict, Verdict::Held);
}

fn any_residence() -> impl Strategy<Value = Option<Country>> {
    let all: Vec<Country> = Country::all().collect();
    prop_oneof![1 => Just(None), 9 => proptest::sample::select(all).prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_target_is_on_one_leg_with_those_who_share_its_contact(
        residences in proptest::collection::vec(any_residence(), 1..40),
        authority in proptest::sample::select(vec!["US", "DE", "HK", "SG", "RU"]),
        matter in proptest::sample::select(MatterType::ALL),
    ) {
        let targets = residences.iter().enumerate()
            .map(|(index, residence)| Target { id: format!("t{index}"), residence: *residence }).collect();
        let facts = Facts { targets, matter, ..facts(authority, &[]) };
        let route = route(&facts);
        let guide = Guide::parse(TEXT).unwrap();
        let mut seen = BTreeSet::new();
        let mut contacts = BTreeSet::new();
        for leg in &route.legs {
            let key = leg.contact.as_ref().map(|contact| contact.key.clone());
            prop_assert!(contacts.insert(key.clone()), "two legs to one contact");
            prop_assert!(!leg.findings.is_empty() && leg.findings.iter().all(|finding| !finding.is_technical()));
            prop_assert_eq!(leg.channels.len(), if key.is_some() { 5 } else { 0 });
            for id in &leg.targets {
                prop_assert!(seen.insert(id.clone()), "a target on two legs");
                let residence = facts.targets.iter().find(|target| target.id == *id).unwrap().residence;
                let expected = residence.map(|residence| guide.resolve(residence).unwrap().contact.key.clone());
                prop_assert_eq!(&expected, &key);
                prop_assert!(residence.is_none_or(|residence| leg.residences.contains(&residence)));
            }
        }
        prop_assert_eq!(seen.len(), facts.targets.len());
        let unknown = facts.targets.iter().any(|target| target.residence.is_none());
        prop_assert_eq!(route.verdict, if unknown { Verdict::Held } else { Verdict::Routed });
        // The same facts give the same route, and it survives storage.
        let stored = serde_json::to_string(&route).unwrap();
        prop_assert_eq!(serde_json::from_str::<Route>(&stored).unwrap(), route);
    }
}
