//! What must hold of every evaluation, whatever the facts.

use std::sync::LazyLock;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, Request};
use proptest::prelude::*;
use rogatory_disclosure::domain::{
    evaluate::ItemResult,
    facts::{AuthorityApproval, Facts, Item, Notification, Offence, Standing, Window},
    pack::schema,
    policy::Policy,
};
use rogatory_rulebook::{AuthorityKind, Country, InstrumentKind, MatterType, Rules as _};
use serde_json::json;

use super::{ELEMENTS, day, evaluation, facts, operated, policy, stated};

/// Operators: everything in one country, everything in the PRC, staff in the PRC, some of each, and nothing stated.
static OPERATORS: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let some: Vec<(&str, &str)> =
        ELEMENTS.iter().zip(["SG", "CN", "US"].into_iter().cycle()).map(|(e, c)| (*e, c)).collect();
    let texts = [operated("SG", "SG"), operated("CN", "SG"), operated("SG", "CN"), stated(&some[..15], "IE")];
    let mut operators: Vec<Policy> = texts.iter().map(|text| Policy::parse(text).unwrap()).collect();
    operators.push(Policy::parse(super::shipped()).unwrap());
    operators
});

fn any_policy() -> impl Strategy<Value = &'static Policy> {
    (0..5_usize).prop_map(|index| &OPERATORS[index])
}

fn countries() -> Vec<Country> {
    ["CN", "US", "SG", "HK", "DE", "DK", "GB", "RU", "KZ", "BR"].iter().map(|code| code.parse().unwrap()).collect()
}

fn country() -> impl Strategy<Value = Country> {
    prop::sample::select(countries())
}

fn window() -> impl Strategy<Value = Window> {
    (0_i64..700, 1_i64..700).prop_map(|(start, length)| {
        let start = day(11, 20) - chrono::Duration::days(start);
        Window { start, end: start + chrono::Duration::days(length) }
    })
}

fn approval() -> impl Strategy<Value = AuthorityApproval> {
    (country(), prop::sample::subsequence(ELEMENTS.to_vec(), 0..=18), prop::option::of(window())).prop_map(
        |(country, elements, window)| AuthorityApproval {
            country,
            authority: "an authority".to_owned(),
            reference: "1".to_owned(),
            approve_time: day(10, 1),
            elements: elements.into_iter().map(str::to_owned).collect(),
            target_ids: Vec::new(),
            window,
            recorded: None,
        },
    )
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let who = (country(), prop::sample::select(AuthorityKind::ALL), any::<bool>(), any::<bool>());
    let paper = (
        prop::sample::select(InstrumentKind::ALL),
        prop::option::of(prop::sample::select(AuthorityKind::ALL)),
        prop::option::of(0_i64..200),
        prop::option::of(window()),
    );
    let matter = (
        prop::sample::select(MatterType::ALL),
        prop::sample::select(vec![0_u32, 3, 4, 35, 36, 120]),
        prop::sample::select(vec![0_u32, 3, 4, 12]),
        any::<bool>(),
        prop::sample::select(Notification::ALL),
    );
    let rest = (
        any::<bool>(),
        any::<bool>(),
        prop::option::of(country()),
        prop::option::of(country()),
        prop::collection::vec(approval(), 0..3),
        prop::option::of(window()),
    );
    // Most requesters are who they should be, or nothing would ever be allowed.
    (who, paper, matter, rest, 0_u8..8).prop_map(|(who, paper, matter, rest, doubtful)| {
        let (authority_country, authority_kind, verified, accredited) = who;
        let standing = match doubtful {
            0 => Standing { verified, accredited, stated: true },
            _ => Standing { verified: true, accredited: true, stated: true },
        };
        let mut facts = Facts {
            authority_country,
            authority_kind,
            standing,
            instrument: paper.0,
            issued_by: paper.1,
            issue_time: paper.2.map(|days| day(11, 1) - chrono::Duration::days(days)),
            instrument_period: paper.3,
            matter: matter.0,
            offence: Offence { max_penalty_months: matter.1, sentence_months: matter.2, listed: matter.3 },
            notification: matter.4,
            emergency: rest.0,
            formal_request_assured: rest.1,
            contact_country: rest.2,
            authority_approvals: rest.4,
            ..facts(&ELEMENTS)
        };
        for item in &mut facts.items {
            item.residence = rest.3;
            item.window = rest.5.or(item.window);
        }
        facts
    })
}

fn results(policy: &Policy, facts: &Facts) -> Vec<ItemResult> {
    evaluation(policy, facts).results
}

/// Whether `less` lets leave nothing that `more` does not.
fn within(less: &ItemResult, more: &ItemResult) -> bool {
    let windows = match (less.window, more.window) {
        (Some(less), Some(more)) => more.encloses(&less),
        (None, None) => true,
        _ => false,
    };
    !less.outcome.is_allowed() || more.outcome.is_allowed() && windows
}

/// What Cedar itself says over all packs at once, asked in its own JSON: the proofs are about this.
fn cedar_allows(policy: &Policy, facts: &Facts, result: &ItemResult, approvers: u32) -> bool {
    let uid = |kind: &str, id: &str| json!({"__entity": {"type": kind, "id": id}});
    let (item, element) = (&result.item, policy.catalogue.get(&result.item.element).unwrap());
    let storage = policy.storage.get(&element.key);
    let approved: Vec<&str> = facts
        .authority_approvals
        .iter()
        .filter(|one| one.covers(&item.target_id, &item.element))
        .filter(|one| match (one.window, item.window) {
            (Some(window), Some(asked)) => window.intersection(&asked).is_some(),
            _ => true,
        })
        .map(|one| one.country.alpha2())
        .collect();
    let entities = json!([
        {"uid": {"type": "Authority", "id": "requester"}, "parents": [], "attrs": {
            "country": facts.authority_country.alpha2(),
            "kind": uid("AuthorityKind", facts.authority_kind.as_str()),
            "verified": facts.standing.verified,
            "accredited": facts.standing.accredited,
        }},
        {"uid": {"type": "Element", "id": element.key}, "parents": [], "attrs": {
            "class": uid("DataClass", element.class.as_str()),
            "us_class": uid("UsClass", element.us_class.as_str()),
            "stored_in": storage.into_iter().flatten().map(|one| one.alpha2()).collect::<Vec<_>>(),
            "storage_known": storage.is_some(),
        }},
    ]);
    let context = json!({
        "instrument": uid("Instrument", facts.instrument.as_str()),
        "issued_by": uid("AuthorityKind", facts.issued_by.unwrap_or(facts.authority_kind).as_str()),
        "instrument_age_days": facts.issue_time.map_or(-1, |issued| (facts.receive_time - issued).num_days()),
        "matter": uid("Matter", facts.matter.as_str()),
        "emergency": facts.emergency,
        "formal_request_assured": facts.formal_request_assured,
        "approvers": approvers,
        "approved_by_state": approved,
        "handled_in": policy.staff.iter().flatten().map(|one| one.alpha2()).collect::<Vec<_>>(),
        "staff_known": policy.staff.is_some(),
        "residence": item.residence.map_or("", |one| one.alpha2()),
        "residence_known": item.residence.is_some(),
        "contact_country": facts.contact_country.map_or("", |one| one.alpha2()),
        "contact_known": facts.contact_country.is_some(),
        "max_penalty_months": facts.offence.max_penalty_months,
        "sentence_months": facts.offence.sentence_months,
        "listed_offence": facts.offence.listed,
        "notification": uid("Notification", facts.notification.as_str()),
    });
    let action: EntityUid = "Action::\"disclose\"".parse().unwrap();
    let context = Context::from_json_value(context, Some((schema(), &action))).unwrap();
    let principal = "Authority::\"requester\"".parse().unwrap();
    let resource = format!("Element::\"{}\"", element.key).parse().unwrap();
    let request = Request::new(principal, action, resource, context, Some(schema())).unwrap();
    let entities = Entities::from_json_value(entities, Some(schema())).unwrap();
    Authorizer::new().is_authorized(&request, policy.packs().all(), &entities).decision() == Decision::Allow
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The engine asks permits, forbids and approvals apart, to explain more than Cedar does; it decides as Cedar does.
    #[test]
    fn what_is_allowed_is_what_cedar_allows(policy in any_policy(), facts in any_facts()) {
        for result in results(policy, &facts) {
            // A window can leave nothing of what is permitted; Cedar does not see windows.
            let by_window = result.findings.iter().any(|finding| {
                ["NOTHING_LEFT_OF_WINDOW", "WINDOW_NOT_STATED"].contains(&finding.code())
            });
            if by_window {
                continue;
            }
            let allowed = result.outcome.is_allowed();
            prop_assert_eq!(allowed, cedar_allows(policy, &facts, &result, result.approvals_required.max(5)));
            if allowed {
                prop_assert!(cedar_allows(policy, &facts, &result, result.approvals_required));
                prop_assert!(!cedar_allows(policy, &facts, &result, result.approvals_required - 1));
            }
        }
    }

    #[test]
    fn a_narrower_request_never_yields_more(policy in any_policy(), facts in any_facts(), cut in 1_i64..40, take in 0_usize..18) {
        let wide = results(policy, &facts);
        let mut narrow = facts.clone();
        for item in &mut narrow.items {
            item.window = item.window.map(|window| {
                let half = (window.end - window.start) / 2;
                let cut = chrono::Duration::days(cut).min(half / 2);
                Window { start: window.start + cut, end: window.end - cut }
            });
        }
        for (less, more) in results(policy, &narrow).iter().zip(&wide) {
            // A shorter window may lie wholly in what an approval or the paper covers, so only what leaves is compared.
            if let (true, Some(window), Some(asked)) = (less.outcome.is_allowed(), less.window, less.item.window) {
                prop_assert!(asked.encloses(&window));
            }
            if less.outcome.is_allowed() && facts.authority_approvals.is_empty() {
                prop_assert!(more.outcome.is_allowed(), "{}", less.item.element);
            }
        }
        narrow.items = facts.items[..take].to_vec();
        narrow.items.iter_mut().zip(&facts.items).for_each(|(item, as_before)| item.window = as_before.window);
        prop_assert_eq!(&results(policy, &narrow)[..], &wide[..take], "what else is asked for changes nothing");
    }

    #[test]
    fn everything_is_each_element(policy in any_policy(), facts in any_facts()) {
        let Some(first) = facts.items.first() else { return Ok(()) };
        let one = Facts { items: vec![Item { element: policy.everything.clone(), ..first.clone() }], ..facts.clone() };
        let each = policy.catalogue.iter().map(|element| Item { element: element.key.clone(), ..first.clone() }).collect();
        let each = Facts { items: each, ..facts.clone() };
        let (one, each) = (results(policy, &one), results(policy, &each));
        prop_assert_eq!(one.len(), each.len());
        for (one, each) in one.iter().zip(&each) {
            prop_assert_eq!((&one.item, one.outcome, one.window), (&each.item, each.outcome, each.window));
        }
    }

    #[test]
    fn nothing_leaves_without_its_reasons(policy in any_policy(), facts in any_facts()) {
        let china: Country = "CN".parse().unwrap();
        let answer = evaluation(policy, &facts);
        prop_assert!((1..=2).contains(&answer.approvals_required));
        for result in &answer.results {
            prop_assert!(!result.findings.is_empty());
            for finding in &result.findings {
                prop_assert!(!finding.citations().is_empty(), "{}", finding.code());
            }
            if !result.outcome.is_allowed() {
                prop_assert_eq!(result.approvals_required, 0);
                continue;
            }
            prop_assert!(facts.standing.verified && facts.standing.accredited);
            prop_assert!(!result.storage.is_empty());
            let approved = facts.authority_approvals.iter().any(|one| one.country == china);
            prop_assert!(approved || !result.storage.contains(&china));
            prop_assert!(result.window.is_none_or(|window| window.end <= facts.receive_time));
        }
    }
}

/// Policies that forbid something, in many ways.
fn forbid() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        country().prop_map(|one| format!("principal.country == \"{one}\"")),
        prop::sample::select(AuthorityKind::ALL).prop_map(|one| format!("principal.kind == AuthorityKind::\"{one}\"")),
        prop::sample::select(InstrumentKind::ALL)
            .prop_map(|one| format!("context.instrument == Instrument::\"{one}\"")),
        prop::sample::select(ELEMENTS.to_vec()).prop_map(|one| format!("resource == Element::\"{one}\"")),
        Just("context.emergency".to_owned()),
        Just("true".to_owned()),
    ];
    let effect = prop::sample::select(vec!["withhold", "hold", "process"]);
    (effect, part.clone(), part, any::<bool>()).prop_map(|(effect, one, other, both)| {
        let joined = if both { format!("{one} && {other}") } else { format!("{one} || {other}") };
        format!(
            "@id(\"made-up\")\n@cite(\"guide §1\")\n@reason(\"Made up.\")\n@status(\"unconfirmed\")\n@effect(\"{effect}\")\n\
             forbid (principal, action, resource) when {{ {joined} }};"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn more_process_never_yields_less(policy in any_policy(), facts in any_facts()) {
        for ladder in policy.ladders.iter().filter(|one| one.countries.has(facts.authority_country)) {
            let emergency = ladder.emergency;
            let mut before: Option<Vec<ItemResult>> = None;
            for instrument in &ladder.steps {
                let now = results(policy, &Facts { instrument: *instrument, emergency, ..facts.clone() });
                for (less, more) in before.iter().flatten().zip(&now) {
                    prop_assert!(within(less, more), "{} opens more than {}", less.item.element, instrument);
                }
                before = Some(now);
            }
        }
    }

    #[test]
    fn a_forbid_more_never_widens(facts in any_facts(), forbid in forbid()) {
        let before = policy("SG", "SG");
        let text = format!("{}\n[[pack]]\nkey = \"made-up\"\ntext = '''\n{forbid}\n'''\n", operated("SG", "SG"));
        let after = Policy::parse(&text).unwrap();
        for (less, more) in results(&after, &facts).iter().zip(&results(&before, &facts)) {
            prop_assert!(within(less, more), "{}", less.item.element);
        }
    }
}
