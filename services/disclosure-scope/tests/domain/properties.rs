use proptest::{prelude::*, sample::subsequence};
use rogatory_disclosure::domain::{
    evaluate::Outcome,
    facts::Facts,
    policy::Policy,
    rule::{Conditions, Rule, RuleEffect},
};
use rogatory_rulebook::{AuthorityKind, Citation, Confirmation, Country, DataClass, InstrumentKind, MatterType};

use super::{ELEMENTS, facts, outcomes, policy};

fn countries() -> Vec<Country> {
    ["CN", "US", "SG", "HK", "DE"].iter().map(|code| code.parse().unwrap()).collect()
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let most = all.len();
    subsequence(all, 0..=most)
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let who = (any_of(countries()), any_of(AuthorityKind::ALL.to_vec()), any_of(InstrumentKind::ALL.to_vec()));
    let what = (any_of(MatterType::ALL.to_vec()), any_of(DataClass::ALL.to_vec()), any_of(ELEMENTS.to_vec()));
    let places = (any_of(countries()), any_of(countries()), any_of(countries()));
    (who, what, places, any::<Option<bool>>()).prop_map(|(who, what, places, emergency)| Conditions {
        authority_countries: who.0,
        authority_kinds: who.1,
        instruments: who.2,
        matters: what.0,
        classes: what.1,
        us_classes: Vec::new(),
        elements: what.2.into_iter().map(str::to_owned).collect(),
        emergency,
        residence_countries: places.0,
        storage_countries: places.1,
        staff_countries: places.2,
    })
}

fn rule(effect: RuleEffect) -> impl Strategy<Value = Rule> {
    let unless = prop_oneof![Just(Conditions::default()), conditions()];
    (conditions(), unless).prop_map(move |(when, unless)| Rule {
        id: "made-up".to_owned(),
        effect,
        status: Confirmation::Unconfirmed,
        when,
        unless,
        unlocked_by: if effect == RuleEffect::Needs { vec![InstrumentKind::SearchWarrant] } else { Vec::new() },
        reason: "Made up.".to_owned(),
        cite: vec![Citation {
            document: "Nothing".to_owned(),
            revision: None,
            section: "§0".to_owned(),
            confirmation: Confirmation::Unconfirmed,
            source: Some("made up".to_owned()),
        }],
    })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    (
        prop::sample::select(countries()),
        prop::sample::select(AuthorityKind::ALL),
        prop::sample::select(InstrumentKind::ALL),
        prop::sample::select(MatterType::ALL),
        any::<bool>(),
        prop::option::of(prop::sample::select(countries())),
    )
        .prop_map(|(authority_country, authority_kind, instrument, matter, emergency, residence)| {
            let mut facts =
                Facts { authority_country, authority_kind, instrument, matter, emergency, ..facts(&ELEMENTS) };
            facts.items.iter_mut().for_each(|item| item.residence = residence);
            facts
        })
}

/// The shipped rules and some made-up ones, with or without what the operator states.
fn any_policy() -> impl Strategy<Value = Policy> {
    let made_up = prop_oneof![
        rule(RuleEffect::Permit),
        rule(RuleEffect::Needs),
        rule(RuleEffect::Hold),
        rule(RuleEffect::Forbid)
    ];
    let place = || prop::sample::select(vec!["CN", "SG", "US"]);
    (place(), place(), any::<(bool, bool)>(), prop::collection::vec(made_up, 0..4)).prop_map(
        |(storage, staff, (stored, staffed), made_up)| {
            let mut policy = policy(storage, staff);
            policy.rules.extend(made_up);
            if !stored {
                policy.storage.clear();
            }
            if !staffed {
                policy.staff = None;
            }
            policy
        },
    )
}

/// What a result is worth to the requester: less is stricter.
fn allowed(outcomes: &[Outcome]) -> Vec<bool> {
    outcomes.iter().map(|outcome| outcome.is_allowed()).collect()
}

proptest! {
    #[test]
    fn forbid_always_wins(policy in any_policy(), facts in any_facts()) {
        let mut forbidding = policy;
        forbidding.rules.push(Rule {
            id: "nothing-at-all".to_owned(),
            effect: RuleEffect::Forbid,
            when: Conditions::default(),
            unless: Conditions::default(),
            ..forbidding.rules[0].clone()
        });
        prop_assert!(outcomes(&forbidding, &facts).iter().all(|outcome| *outcome == Outcome::Withhold));
    }

    #[test]
    fn a_permit_more_never_opens_what_is_stopped(
        policy in any_policy(),
        facts in any_facts(),
        permit in rule(RuleEffect::Permit),
    ) {
        let before = evaluated(&policy, &facts);
        let mut more = policy;
        more.rules.push(permit);
        for (was, (is, _)) in before.into_iter().zip(evaluated(&more, &facts)) {
            // Withheld for want of a permit may become allowed; whatever a rule stopped stays as it was.
            if !was.0.is_allowed() && was.1 != ["NO_RULE_PERMITS"] {
                prop_assert_eq!(was.0, is, "{:?}", was.1);
            }
        }
    }

    #[test]
    fn a_stopping_rule_more_never_opens_anything(
        policy in any_policy(),
        facts in any_facts(),
        rule in prop_oneof![rule(RuleEffect::Forbid), rule(RuleEffect::Hold), rule(RuleEffect::Needs)],
    ) {
        let before = allowed(&outcomes(&policy, &facts));
        let mut more = policy;
        more.rules.push(rule);
        for (was, is) in before.into_iter().zip(allowed(&outcomes(&more, &facts))) {
            prop_assert!(was || !is);
        }
    }

    #[test]
    fn nothing_stored_in_the_prc_or_nowhere_is_allowed(policy in any_policy(), facts in any_facts()) {
        let china: Country = "CN".parse().unwrap();
        for result in super::evaluation(&policy, &facts).results {
            if result.outcome.is_allowed() {
                prop_assert!(!result.storage.is_empty() && !result.storage.contains(&china));
            }
            prop_assert!(!result.findings.is_empty());
        }
    }
}

fn evaluated(policy: &Policy, facts: &Facts) -> Vec<(Outcome, Vec<String>)> {
    super::evaluation(policy, facts)
        .results
        .into_iter()
        .map(|result| (result.outcome, result.findings.iter().map(|finding| finding.code().to_owned()).collect()))
        .collect()
}
