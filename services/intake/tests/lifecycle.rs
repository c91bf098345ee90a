//! The state graph as data: what the loader proves of it, and that no path goes around verification.

use std::collections::{BTreeMap, BTreeSet};

use rogatory_intake::domain::{
    conditions::{ConditionKind, Conditions, Status},
    lifecycle::{Graph, Trigger},
    state::State,
};

use crate::sample;

const GRAPH: &str = include_str!("../lifecycle/graph.toml");

fn faults_of(text: &str) -> Vec<String> {
    Graph::parse(text).unwrap_err().iter().map(|fault| format!("{}: {}", fault.path, fault.description)).collect()
}

fn all_true() -> Conditions {
    let mut conditions = Conditions::default();
    for kind in ConditionKind::ALL {
        conditions.set(*kind, Status::True, "TEST", "", sample::now());
    }
    conditions
}

#[test]
fn every_way_into_a_disclosing_state_needs_verified_and_scoped() {
    let graph = Graph::parse(GRAPH).unwrap();
    let disclosing: Vec<State> = State::ALL.iter().copied().filter(|state| graph.discloses(*state)).collect();
    assert_eq!(disclosing, [State::Approved, State::Produced]);
    for (trigger, from, to) in graph.ways().filter(|(_, _, to)| graph.discloses(*to)) {
        for missing in [ConditionKind::Verified, ConditionKind::Scoped] {
            for status in [Status::False, Status::Unknown] {
                let mut conditions = all_true();
                conditions.set(missing, status, "TEST", "", sample::now());
                let refusal = graph.next(trigger, from, &conditions).unwrap_err();
                assert!(refusal.obstacles.iter().any(|o| o.code == format!("{missing}_NOT_TRUE")), "{from} to {to}");
            }
        }
        assert!(graph.next(trigger, from, &Conditions::default()).is_err(), "{from} to {to}");
    }
}

/// Walks every path of the graph with every set of conditions that the happenings themselves can have made true, where
/// VERIFIED is made true by `verified` alone and SCOPED by `approved` alone, and `reopened` takes both back, as `domain/life`
/// does it.
#[test]
fn no_path_reaches_a_disclosing_state_around_verification_and_approval() {
    let graph = Graph::parse(GRAPH).unwrap();
    // (state, has `verified` happened, has `approved` happened), both since it was last reopened
    let mut reached = BTreeSet::from([(State::Draft, false, false)]);
    let mut open: Vec<_> = reached.iter().copied().collect();
    while let Some((state, verified, scoped)) = open.pop() {
        for trigger in Trigger::ALL {
            let (verified, scoped) = match trigger {
                Trigger::Reopened => (false, false),
                _ => (verified || *trigger == Trigger::Verified, scoped || *trigger == Trigger::Approved),
            };
            // The others may hold or not: the worst case for each `needs` and each `unless` is tried.
            for others in [Status::True, Status::False] {
                let mut conditions = Conditions::default();
                for kind in ConditionKind::ALL {
                    conditions.set(*kind, others, "TEST", "", sample::now());
                }
                let status = |holds| if holds { Status::True } else { Status::False };
                conditions.set(ConditionKind::Verified, status(verified), "TEST", "", sample::now());
                conditions.set(ConditionKind::Scoped, status(scoped), "TEST", "", sample::now());
                if let Ok(to) = graph.next(*trigger, state, &conditions) {
                    assert!(!graph.discloses(to) || (verified && scoped), "{state} to {to} on {trigger}");
                    if reached.insert((to, verified, scoped)) {
                        open.push((to, verified, scoped));
                    }
                }
            }
        }
    }
    let states: BTreeSet<State> = reached.iter().map(|(state, _, _)| *state).collect();
    assert_eq!(states.len(), State::ALL.len(), "every state is reached");
    assert!(reached.iter().all(|(state, verified, scoped)| !graph.discloses(*state) || (*verified && *scoped)));
}

#[test]
fn a_reopened_verification_leads_back_and_never_on() {
    let graph = Graph::parse(GRAPH).unwrap();
    let ways: Vec<(State, State)> =
        graph.ways().filter(|(on, _, _)| *on == Trigger::Reopened).map(|(_, from, to)| (from, to)).collect();
    let back = [State::UnderReview, State::Held, State::Approved].map(|from| (from, State::Verifying));
    assert_eq!(ways, back);
    let mut conditions = all_true();
    for (kind, code) in [(ConditionKind::Verified, "VERIFIED_TRUE"), (ConditionKind::Scoped, "SCOPED_TRUE")] {
        let refusal = graph.next(Trigger::Reopened, State::Approved, &conditions).unwrap_err();
        assert!(
            refusal.obstacles.iter().any(|obstacle| obstacle.code == code),
            "what was believed is taken back first"
        );
        conditions.set(kind, Status::Unknown, "REOPENED", "", sample::now());
    }
    assert_eq!(graph.next(Trigger::Reopened, State::Approved, &conditions), Ok(State::Verifying));
}

#[test]
fn what_is_held_may_be_changed_only_where_its_route_is_what_holds_it() {
    let graph = Graph::parse(GRAPH).unwrap();
    for routed in Status::ALL {
        for verified in Status::ALL {
            let mut conditions = all_true();
            conditions.set(ConditionKind::Routed, *routed, "TEST", "", sample::now());
            conditions.set(ConditionKind::Verified, *verified, "TEST", "", sample::now());
            let allowed = *routed != Status::True && *verified != Status::True;
            let next = graph.next(Trigger::Amended, State::Held, &conditions);
            assert_eq!(next.is_ok(), allowed, "routed {routed}, verified {verified}");
            assert!(next.is_err() || next == Ok(State::Assessing), "and only to be assessed again");
        }
    }
}

#[test]
fn closed_is_the_end_and_every_other_state_can_end() {
    let graph = Graph::parse(GRAPH).unwrap();
    let mut into: BTreeMap<State, BTreeSet<State>> = BTreeMap::new();
    for (_, from, to) in graph.ways() {
        assert_ne!(from, State::Closed);
        into.entry(from).or_default().insert(to);
    }
    for state in State::ALL.iter().filter(|state| **state != State::Closed) {
        assert!(into[state].contains(&State::Closed), "{state} cannot end");
        assert!(graph.allows(Trigger::Withdrawn, *state));
    }
}

#[test]
fn a_graph_with_a_hole_is_refused() {
    let bare = GRAPH.replace("needs = [\"VERIFIED\", \"SCOPED\"]", "needs = [\"VERIFIED\"]");
    let faults = faults_of(&bare);
    assert_eq!(
        faults.iter().filter(|fault| fault.contains("without both VERIFIED and SCOPED")).count(),
        2,
        "{faults:?}"
    );

    let open_end =
        GRAPH.replace("from = [\"ASSESSING\"]\nto = \"DEFICIENT\"", "from = [\"CLOSED\"]\nto = \"DEFICIENT\"");
    let faults = faults_of(&open_end);
    assert!(faults.iter().any(|fault| fault.contains("a terminal state has a way on")), "{faults:?}");
    let unreachable = GRAPH.replace("to = \"MISDIRECTED\"", "to = \"HELD\"");
    assert!(faults_of(&unreachable).iter().any(|fault| fault.contains("MISDIRECTED cannot be reached")));
    let twice = format!("{GRAPH}\n[[transition]]\non = \"submitted\"\nfrom = [\"DRAFT\"]\nto = \"HELD\"\n");
    assert!(faults_of(&twice).iter().any(|fault| fault.contains("second way")));
    let silent = GRAPH.replace("on = \"denied\"", "on = \"closed\"");
    assert!(faults_of(&silent).iter().any(|fault| fault.contains("denied has no way")));
    let unknown = GRAPH.replace("on = \"denied\"", "on = \"forgotten\"");
    let fault = &Graph::parse(&unknown).unwrap_err()[0];
    assert!(fault.line > 0 && fault.description.contains("forgotten"), "{fault}");
}
