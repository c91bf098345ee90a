#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::sync::LazyLock;

use chrono::TimeDelta;
use proptest::prelude::*;
use rogatory_names::RequestId;
use rogatory_rulebook::{Confirmation, Provenance, ResidenceEvidenceKind, Rules as _};

use super::*;
use crate::domain::{
    channel::{ChannelKind, Standing},
    plan::Decision,
    test_guide::GuideText,
    treaties::SHIPPED,
};

static TREATIES: LazyLock<Treaties> = LazyLock::new(|| Treaties::read(&SHIPPED).unwrap());

/// As shipped; with every contact's incorporation confirmed, in two ways; and with an addressee of European orders.
static GUIDES: LazyLock<Vec<Guide>> = LazyLock::new(|| {
    let confirmed = |hong_kong: &str| {
        GuideText::shipped()
            .incorporated("hangzhou", "CN")
            .incorporated("hong-kong", hong_kong)
            .incorporated("e-commerce-one", "SG")
            .incorporated("russia-holding", "SG")
            .incorporated("singapore-e-commerce", "SG")
    };
    let all = [GuideText::shipped(), confirmed("HK"), confirmed("MO").addressee("hong-kong")];
    all.iter().map(|text| Guide::parse(text.text()).unwrap()).collect()
});

fn noon(day: &str) -> DateTime<Utc> {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn declared(country: Country) -> ResidenceEvidence {
    let record_time = noon("2026-10-01");
    ResidenceEvidence { kind: ResidenceEvidenceKind::Declared, country, source: "request".to_owned(), record_time }
}

fn facts(authority: Country, targets: Vec<Target>) -> Facts {
    Facts {
        authority_country: authority,
        authority_kind: AuthorityKind::Court,
        instrument: Instrument { kind: InstrumentKind::CourtOrder, reference: None, issue_time: None },
        matter: MatterType::Criminal,
        served_contact: None,
        targets,
    }
}

/// What must hold of a channel whatever the facts are.
fn check_channel(channel: &Channel, facts: &Facts, confirmed: bool) {
    let told = format!("{channel:?} of {facts:?}");
    assert!(channel.citations.iter().any(|citation| citation.revision.is_some()), "cites no revision: {told}");
    let hague = matches!(channel.kind, ChannelKind::HagueService | ChannelKind::HagueEvidence);
    let european =
        matches!(facts.instrument.kind, InstrumentKind::EuProductionOrder | InstrumentKind::EuPreservationOrder);
    if hague && facts.matter == MatterType::Criminal {
        assert_eq!(channel.standing, Standing::Refused, "Hague is for civil matters: {told}");
    }
    assert_eq!(channel.code == "CIVIL_OR_COMMERCIAL_ONLY", hague && facts.matter == MatterType::Criminal && !european);
    match channel.standing {
        Standing::Permitted => {
            let doubtful = channel.citations.iter().any(|citation| citation.confirmation != Confirmation::Confirmed);
            // The addressee rests on a directive whose date was not read; the order itself on what was.
            assert!(!doubtful || channel.kind == ChannelKind::EuEevidence, "open on what is not confirmed: {told}");
            assert!(confirmed || matches!(channel.kind, ChannelKind::Diplomatic | ChannelKind::EuEevidence), "{told}");
            assert_eq!(european, channel.kind == ChannelKind::EuEevidence, "{told}");
        }
        Standing::Refused => {
            assert!(channel.conditions.is_empty() && channel.central_authorities.is_empty(), "closed: {told}");
        }
        Standing::NeedsConfirmation => {}
    }
    assert!(channel.conditions.iter().all(|condition| !condition.citations().is_empty()), "{told}");
}

#[test]
fn every_channel_for_every_matter_paper_authority_and_contact() {
    let targets: Vec<Target> = ["HK", "CN", "US", "RU", "FR"]
        .iter()
        .map(|code| Target { id: (*code).to_owned(), evidence: vec![declared(code.parse().unwrap())] })
        .collect();
    let mut seen = BTreeSet::new();
    // Papers differ by their kind alone, so that a few authorities show every one of them.
    let few: Vec<Country> =
        ["DE", "US", "GB", "HK", "SG", "CN", "DK", "AD"].iter().map(|code| code.parse().unwrap()).collect();
    for (index, guide) in GUIDES.iter().enumerate() {
        for authority in Country::all() {
            let kinds = if few.contains(&authority) {
                InstrumentKind::ALL
            } else {
                &[InstrumentKind::CourtOrder, InstrumentKind::EuProductionOrder]
            };
            for &matter in MatterType::ALL {
                for &kind in kinds {
                    let mut facts = Facts { matter, ..facts(authority, targets.clone()) };
                    facts.instrument.kind = kind;
                    let route = decide(guide, &TREATIES, &facts, noon("2026-11-01"));
                    assert_eq!(route.legs.is_empty(), route.verdict == Verdict::OutOfScope);
                    for leg in &route.legs {
                        let kinds: BTreeSet<ChannelKind> = leg.channels.iter().map(|channel| channel.kind).collect();
                        assert_eq!((kinds.len(), leg.channels.len()), (6, 6), "each channel once: {facts:?}");
                        for channel in &leg.channels {
                            check_channel(channel, &facts, index > 0);
                            seen.insert((channel.kind, channel.code.to_string()));
                        }
                    }
                }
            }
        }
    }
    // The matrix reaches every judgement that the data can give on one day; dates are for the case files.
    let codes: BTreeSet<&str> = seen.iter().map(|(_, code)| code.as_str()).collect();
    for code in [
        "CIVIL_OR_COMMERCIAL_ONLY",
        "ADMINISTRATIVE_MATTER",
        "BOTH_PARTIES",
        "PARTY_NOT_RECORDED",
        "ACCEPTANCE_NOT_RECORDED",
        "IN_FORCE",
        "SUSPENDED",
        "UNCONFIRMED",
        "NOT_IN_FORCE_WHEN_READ",
        "ENTRY_INTO_FORCE_UNKNOWN",
        "DATE_UNCONFIRMED",
        "MATTER_NOT_COVERED",
        "NO_TREATY_RECORDED",
        "INCORPORATION_UNCONFIRMED",
        "CONTACT_OF_ANOTHER_STATE",
        "TREATY_GOES_FIRST",
        "DIPLOMATIC_CHANNEL",
        "SAME_COUNTRY",
        "DOMESTIC_PROCESS",
        "ONE_STATE",
        "AUTHORITY_OF_ANOTHER_STATE",
        "NOT_A_EUROPEAN_ORDER",
        "ORDER_HAS_ADDRESSEE",
        "ADDRESSEE_MISSING",
        "ADDRESSEE_NAMED",
        "ISSUER_NOT_BOUND",
    ] {
        assert!(codes.contains(code), "{code} in {codes:?}");
    }
}

#[test]
fn every_country_of_the_world_has_the_row_that_the_guide_gives_it() {
    let cis = ["RU", "AZ", "AM", "BY", "GE", "KZ", "KG", "MD", "TM", "TJ", "UZ"];
    for residence in Country::all() {
        let target = Target { id: "t".to_owned(), evidence: vec![declared(residence)] };
        let route = decide(&GUIDES[0], &TREATIES, &facts("US".parse().unwrap(), vec![target]), noon("2026-11-01"));
        let expected = match residence.alpha2() {
            "HK" | "MO" => "hong-kong",
            "CN" => "hangzhou",
            "US" => "e-commerce-one",
            code if cis.contains(&code) => "russia-holding",
            _ => "singapore-e-commerce",
        };
        assert_eq!((route.verdict, route.legs.len()), (Verdict::Routed, 1), "{residence}");
        assert_eq!(route.legs[0].contact.as_ref().unwrap().key, expected, "{residence}");
    }
}

#[test]
fn a_served_name_is_never_repeated() {
    let target = Target { id: "t".to_owned(), evidence: vec![declared("US".parse().unwrap())] };
    let served = Some("Jane Doe, 5 Example Street".to_owned());
    let facts = Facts { served_contact: served, ..facts("US".parse().unwrap(), vec![target]) };
    assert!(!format!("{:?}", decide(&GUIDES[0], &TREATIES, &facts, noon("2026-11-01"))).contains("Jane"));
}

fn any_evidence() -> impl Strategy<Value = ResidenceEvidence> {
    let countries: Vec<Country> =
        ["US", "HK", "CN", "DE", "RU", "TW"].iter().map(|code| code.parse().unwrap()).collect();
    let kind = proptest::sample::select(ResidenceEvidenceKind::ALL);
    (kind, proptest::sample::select(countries), prop_oneof!["account-service", "orders"], 0..4_i64).prop_map(
        |(kind, country, source, days)| {
            let record_time = noon("2026-10-01") + TimeDelta::days(days);
            ResidenceEvidence { kind, country, source, record_time }
        },
    )
}

prop_compose! {
    fn any_facts()(
        authority in proptest::sample::select(Country::all().collect::<Vec<_>>()),
        authority_kind in proptest::sample::select(AuthorityKind::ALL),
        kind in proptest::sample::select(InstrumentKind::ALL),
        issued in proptest::option::of(0..200_i64),
        matter in proptest::sample::select(MatterType::ALL),
        served in proptest::option::of(proptest::sample::select(vec!["hong-kong", "hangzhou", "Example GmbH"])),
        evidence in proptest::collection::vec(proptest::collection::vec(any_evidence(), 0..6), 1..12),
    ) -> Facts {
        let issue_time = issued.map(|days| noon("2026-05-01") + TimeDelta::days(days));
        let target = |(index, evidence)| Target { id: format!("t{index}"), evidence };
        Facts {
            authority_kind,
            matter,
            instrument: Instrument { kind, reference: None, issue_time },
            served_contact: served.map(str::to_owned),
            ..facts(authority, evidence.into_iter().enumerate().map(target).collect())
        }
    }
}

fn decision(guide: &Guide, facts: Facts) -> Decision {
    let provenance = Provenance {
        revision: "guideRevisions/rev_test".to_owned(),
        digest: guide.digest().parse().unwrap(),
        engine_version: "test".to_owned(),
        decide_time: noon("2026-11-01"),
        rules_time: noon("2026-11-01"),
    };
    let request = "req_00000000000070008000000000000000".parse::<RequestId>().unwrap();
    Decision::new(request, "aliexpress.com".to_owned(), facts, (guide, provenance), &TREATIES)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_fact_pattern_yields_a_plan_or_a_named_hold(facts in any_facts(), guide in 0..3_usize) {
        let guide = &GUIDES[guide];
        let decision = decision(guide, facts);
        let (facts, route) = (&decision.facts, &decision.route);
        let holds = |findings: &[Finding]| findings.iter().any(|finding| finding.effect() == Effect::Holds);

        // Every finding explains itself: it cites this revision of the guide, or the treaty or law that it rests on.
        let of_legs = route.legs.iter().flat_map(|leg| &leg.findings);
        let of_targets = route.targets.iter().flat_map(|target| &target.findings);
        for finding in route.findings.iter().chain(of_legs).chain(of_targets) {
            prop_assert!(!finding.citations().is_empty(), "{:?}", finding);
            for citation in finding.citations() {
                let published = citation.revision.as_ref().is_none_or(|revision| revision == guide.digest());
                prop_assert!(published && (citation.revision.is_some() || citation.source.is_some()), "{:?}", finding);
            }
        }
        if route.verdict == Verdict::OutOfScope {
            prop_assert!(route.legs.is_empty() && route.targets.is_empty());
            return Ok(());
        }
        prop_assert_eq!(route.targets.len(), facts.targets.len());
        for target in &route.targets {
            // Where somebody resides, or why it is not decided; never both.
            prop_assert_eq!(target.residences.is_empty(), holds(&target.findings));
            let legs = route.legs.iter().filter(|leg| leg.targets.contains(&target.target));
            let known: BTreeSet<Country> = legs.clone().flat_map(|leg| &leg.residences).copied().collect();
            prop_assert!(legs.clone().count() > 0);
            prop_assert!(target.residences.iter().all(|residence| known.contains(residence)));
        }
        let mut contacts = BTreeSet::new();
        for leg in &route.legs {
            let unroutable = matches!(leg.status, LegStatus::UnroutableResidence | LegStatus::UnroutableMissingContact);
            prop_assert_eq!(unroutable, leg.contact.is_none());
            prop_assert_eq!(unroutable, holds(&leg.findings), "a leg without contact says why");
            if let Some(contact) = &leg.contact {
                prop_assert!(contacts.insert(contact.key.clone()), "two legs to one contact");
            }
        }
        let undecided = route.legs.iter().any(|leg| leg.contact.is_none());
        let stopped = route.findings.iter().any(|finding| matches!(finding.effect(), Effect::Holds | Effect::Refuses));
        prop_assert_eq!(route.verdict == Verdict::Held, undecided || stopped);
    }

    #[test]
    fn the_order_in_which_things_are_told_does_not_matter(facts in any_facts(), guide in 0..3_usize, seed in any::<u64>()) {
        let mut shuffled = facts.clone();
        let mut state = seed;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below.max(1)
        };
        for target in &mut shuffled.targets {
            for at in (1..target.evidence.len()).rev() {
                target.evidence.swap(at, next(at + 1));
            }
            // The same piece sent twice is one piece.
            target.evidence.extend(target.evidence.first().cloned());
        }
        for at in (1..shuffled.targets.len()).rev() {
            shuffled.targets.swap(at, next(at + 1));
        }
        let bytes = |facts| serde_json::to_vec(&decision(&GUIDES[guide], facts)).unwrap();
        prop_assert_eq!(bytes(facts), bytes(shuffled));
    }

    #[test]
    fn a_stored_plan_replays_to_the_same_bytes(facts in any_facts(), guide in 0..3_usize) {
        let guide = &GUIDES[guide];
        let bytes = serde_json::to_vec(&decision(guide, facts)).unwrap();
        let stored: Decision = serde_json::from_slice(&bytes).unwrap();
        let again = stored.again(guide, &TREATIES, "test");
        prop_assert_eq!(stored.differences(&again), Vec::<String>::new());
        prop_assert_eq!(serde_json::to_vec(&again).unwrap(), bytes);
    }

    #[test]
    fn stronger_or_agreeing_evidence_never_unsettles_a_residence(facts in any_facts(), extra in any_evidence()) {
        let guide = &GUIDES[0];
        for target in &facts.targets {
            let before = residence::decide(guide, &target.evidence);
            let [country] = before.countries.as_slice() else { continue };
            // One more piece that names the same country, newer than all.
            let agreeing = ResidenceEvidence { country: *country, record_time: noon("2026-10-30"), ..extra.clone() };
            let mut evidence = target.evidence.clone();
            evidence.push(agreeing);
            prop_assert_eq!(residence::decide(guide, &evidence).countries, vec![*country]);
        }
    }
}
