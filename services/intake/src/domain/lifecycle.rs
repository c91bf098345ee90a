//! The state graph: which happening leads from which state to which, and what must hold for it. Data, see
//! `lifecycle/graph.toml`.

use std::collections::BTreeSet;

use rogatory_rulebook::{Fault, Source, Spanned, words};
use serde::Deserialize;

use super::{
    conditions::{ConditionKind, Conditions},
    state::State,
};

words! {
    /// What moves a request from one state to another.
    Trigger, "trigger" {
        /// The request was filed.
        Submitted = "submitted",
        /// The docket took it up.
        AssessmentBegan = "assessment_began",
        /// The agency, or an analyst who adds what the platform knows, changed it to cure what was found.
        Amended = "amended",
        /// The guide does not apply to the requester.
        FoundOutOfScope = "found_out_of_scope",
        /// Something required is missing.
        FoundDeficient = "found_deficient",
        /// It was served on another contact than the appropriate one.
        FoundMisdirected = "found_misdirected",
        /// Its route cannot be decided.
        RouteHeld = "route_held",
        /// It is complete and routed.
        Assessed = "assessed",
        /// The requester was believed.
        Verified = "verified",
        /// The requester was not believed.
        Denied = "denied",
        /// The requester is no longer believed: the verification was reopened.
        Reopened = "reopened",
        /// Every item waits for something outside.
        ItemsHeld = "items_held",
        /// A competent authority approved something that waits, and the scope was decided anew.
        AuthorityApproved = "authority_approved",
        /// The scope decision was approved.
        Approved = "approved",
        /// The scope decision was rejected.
        DecisionRejected = "decision_rejected",
        /// Data left, or a search found none.
        Produced = "produced",
        /// The last grant was revoked before anything left.
        GrantRevoked = "grant_revoked",
        /// The agency withdrew it.
        Withdrawn = "withdrawn",
        /// A person closed it.
        Closed = "closed",
    }
}

/// The graph, checked: see [`Graph::parse`].
#[derive(Debug, Clone)]
pub struct Graph {
    transitions: Vec<Transition>,
    disclosing: BTreeSet<State>,
    initial: State,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transition {
    on: Trigger,
    from: BTreeSet<State>,
    to: State,
    #[serde(default)]
    needs: BTreeSet<ConditionKind>,
    #[serde(default)]
    unless: BTreeSet<ConditionKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    state: Vec<Spanned<StateRow>>,
    transition: Vec<Spanned<Transition>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateRow {
    name: State,
    #[serde(default)]
    initial: bool,
    #[serde(default)]
    terminal: bool,
    #[serde(default)]
    discloses: bool,
}

/// Why a happening is refused in a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{trigger} is refused in state {state}")]
pub struct Refusal {
    /// What happened.
    pub trigger: Trigger,
    /// The state that refuses it.
    pub state: State,
    /// What stands in the way beside the state; empty when the state alone refuses it.
    pub obstacles: Vec<Obstacle>,
}

/// One thing that stands in the way of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Stable code: `VERIFIED_NOT_TRUE`.
    pub code: String,
    /// A sentence that says what to do.
    pub description: String,
}

impl Graph {
    /// Reads the graph and proves of it: every state of the schema stands in it once; one is initial; CLOSED alone is
    /// terminal and has no way on, every other state has one; every state can be reached; each happening has a way and
    /// no more than one from each state; and no way leads into a disclosing state without VERIFIED and SCOPED.
    ///
    /// # Errors
    /// Every fault, with its line.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let source = Source::new(text);
        let file: File = source.read()?;
        let mut faults = Vec::new();

        for state in State::ALL {
            if file.state.iter().filter(|row| row.get_ref().name == *state).count() != 1 {
                faults.push(Fault::of_file("state", format!("{state} must stand in the graph once")));
            }
        }
        let initial: Vec<State> =
            file.state.iter().map(Spanned::get_ref).filter(|row| row.initial).map(|row| row.name).collect();
        if initial.len() != 1 {
            faults.push(Fault::of_file("state.initial", "exactly one state must be initial"));
        }
        let disclosing: BTreeSet<State> =
            file.state.iter().map(Spanned::get_ref).filter(|row| row.discloses).map(|row| row.name).collect();
        for (index, row) in file.state.iter().enumerate() {
            let path = format!("state[{index}]");
            let (state, terminal) = (row.get_ref().name, row.get_ref().terminal);
            let has_way_on = file.transition.iter().any(|way| way.get_ref().from.contains(&state));
            if terminal != (state == State::Closed) {
                faults.push(source.fault(row.span(), &path, "CLOSED, and no other state, must be terminal"));
            }
            if terminal == has_way_on {
                let text = if terminal { "a terminal state has a way on" } else { "has no way on and is not terminal" };
                faults.push(source.fault(row.span(), &path, text));
            }
        }
        for (index, way) in file.transition.iter().enumerate() {
            let path = format!("transition[{index}]");
            let Transition { on, from, to, needs, .. } = way.get_ref();
            let guarded = needs.contains(&ConditionKind::Verified) && needs.contains(&ConditionKind::Scoped);
            if disclosing.contains(to) && !guarded {
                faults.push(source.fault(
                    way.span(),
                    format!("{path}.needs"),
                    format!("leads into {to}, which discloses, without both VERIFIED and SCOPED"),
                ));
            }
            let doubled = file.transition.iter().take(index).map(Spanned::get_ref);
            if doubled.into_iter().any(|other| other.on == *on && other.from.intersection(from).next().is_some()) {
                faults.push(source.fault(way.span(), path, format!("{on} has a second way from the same state")));
            }
        }
        for trigger in Trigger::ALL {
            if !file.transition.iter().any(|way| way.get_ref().on == *trigger) {
                faults.push(Fault::of_file("transition.on", format!("{trigger} has no way")));
            }
        }

        let graph = Self {
            transitions: file.transition.into_iter().map(Spanned::into_inner).collect(),
            disclosing,
            initial: initial.first().copied().unwrap_or(State::Draft),
        };
        let reached = graph.reachable();
        for state in State::ALL.iter().filter(|state| !reached.contains(state)) {
            faults.push(Fault::of_file("state", format!("{state} cannot be reached")));
        }
        if faults.is_empty() { Ok(graph) } else { Err(faults) }
    }

    /// The state that follows.
    ///
    /// # Errors
    /// [`Refusal`] when the graph has no way from `from` on `trigger`, or a condition stands in it.
    pub fn next(&self, trigger: Trigger, from: State, conditions: &Conditions) -> Result<State, Refusal> {
        let way = self.transitions.iter().find(|way| way.on == trigger && way.from.contains(&from));
        let Some(way) = way else { return Err(Refusal { trigger, state: from, obstacles: Vec::new() }) };
        let missing = way.needs.iter().filter(|kind| !conditions.holds(**kind)).map(|kind| Obstacle {
            code: format!("{kind}_NOT_TRUE"),
            description: format!("the condition {kind} must hold first"),
        });
        let blocking = way.unless.iter().filter(|kind| conditions.holds(**kind)).map(|kind| Obstacle {
            code: format!("{kind}_TRUE"),
            description: format!("this may not happen once the condition {kind} holds"),
        });
        let obstacles: Vec<Obstacle> = missing.chain(blocking).collect();
        if obstacles.is_empty() { Ok(way.to) } else { Err(Refusal { trigger, state: from, obstacles }) }
    }

    /// Whether the graph has a way from `from` on `trigger`, whatever the conditions.
    #[must_use]
    pub fn allows(&self, trigger: Trigger, from: State) -> bool {
        self.transitions.iter().any(|way| way.on == trigger && way.from.contains(&from))
    }

    /// Whether something may leave in this state.
    #[must_use]
    pub fn discloses(&self, state: State) -> bool {
        self.disclosing.contains(&state)
    }

    /// The state in which a request begins.
    #[must_use]
    pub const fn initial(&self) -> State {
        self.initial
    }

    /// Every way as (trigger, from, to), for a reader or a test that walks them all.
    pub fn ways(&self) -> impl Iterator<Item = (Trigger, State, State)> {
        self.transitions.iter().flat_map(|way| way.from.iter().map(|from| (way.on, *from, way.to)))
    }

    fn reachable(&self) -> BTreeSet<State> {
        let mut reached = BTreeSet::from([self.initial]);
        loop {
            let before = reached.len();
            for (_, from, to) in self.ways() {
                if reached.contains(&from) {
                    reached.insert(to);
                }
            }
            if reached.len() == before {
                return reached;
            }
        }
    }
}
