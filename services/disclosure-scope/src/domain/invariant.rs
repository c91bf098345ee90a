//! What no revision of the policies may ever allow.
//!
//! An invariant is a `forbid` in Cedar with `@id` and `@reason`. It belongs to the program, not to a revision: it decides
//! nothing, it is proven of every revision before that is published.

use std::{collections::BTreeSet, str::FromStr as _, sync::LazyLock};

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, ValidationMode, Validator};
use rogatory_rulebook::{Country, Fault, Source};

use super::pack::{Words, is_key, place, position, said, schema};

/// The invariants that ship.
pub const SHIPPED: &str = include_str!("../../policies/invariants.cedar");
/// Key of the proof that no policy can fail, which is no invariant in Cedar.
pub const NO_POLICY_FAILS: &str = "no-policy-fails";
/// What it says.
pub const NO_POLICY_FAILS_SENTENCE: &str = "No policy can fail at run time.";

/// Something that no revision may allow.
#[derive(Debug, Clone)]
pub struct Invariant {
    /// Its key: `content-never-under-a-subpoena`.
    pub key: String,
    /// What it says, as a sentence.
    pub sentence: String,
    /// The policy itself.
    pub forbid: Policy,
    /// All that it leaves: everything is permitted but what it forbids.
    pub bound: PolicySet,
}

/// Whether an invariant holds for all possible facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Key of the invariant.
    pub invariant: String,
    /// What it says, as a sentence.
    pub sentence: String,
    /// The answer.
    pub verdict: Verdict,
}

/// The answer to the question whether an invariant holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// For all possible facts.
    Proven,
    /// Not for these, in words.
    Broken(String),
    /// Nobody can tell, for this reason.
    Unknown(String),
}

/// The invariants that ship, read.
#[must_use]
pub fn shipped() -> &'static [Invariant] {
    #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    static READ: LazyLock<Vec<Invariant>> = LazyLock::new(|| parse(SHIPPED).expect("the invariants are sound"));
    &READ
}

/// Reads a file of invariants.
///
/// # Errors
/// Every fault, with its place.
pub fn parse(text: &str) -> Result<Vec<Invariant>, Vec<Fault>> {
    let source = Source::new(text);
    let set = PolicySet::from_str(text).map_err(|errors| {
        errors.iter().map(|error| source.fault(place(error)..place(error), "", said(error))).collect::<Vec<_>>()
    })?;
    let mut faults = Vec::new();
    if set.templates().next().is_some() {
        faults.push(Fault::of_file("", "a template says nothing of itself; write a policy"));
    }
    let mut policies: Vec<(usize, &Policy)> = set.policies().map(|policy| (position(policy, text), policy)).collect();
    policies.sort_by_key(|(at, _)| *at);
    let mut keys = BTreeSet::from([NO_POLICY_FAILS]);
    let mut invariants = Vec::new();
    for (at, policy) in policies {
        let key = policy.annotation("id").unwrap_or_default();
        let sentence = policy.annotation("reason").unwrap_or_default().trim();
        let mut fault = |description: &str| faults.push(source.fault(at..at, key, description));
        if !is_key(key) {
            fault("needs @id: lower-case letters, digits and hyphens, at most 64");
        } else if !keys.insert(key) {
            fault("is there already");
        }
        if sentence.is_empty() {
            fault("needs @reason, a sentence: who breaks it must learn what it says");
        }
        if policy.effect() != Effect::Forbid {
            fault("is a permit; an invariant says what is never allowed");
        }
        let mut words = Words::default();
        if let Ok(json) = policy.to_json() {
            words.walk(&json);
        }
        // A misspelt one would never match, and what it forbids would be proven of everything.
        for word in words.strings.iter().filter(|word| Country::from_str(word).is_err()) {
            fault(&format!("`{word}` is not a country; write ISO 3166-1 alpha-2 in capitals"));
        }
        invariants.push(Invariant::new(key, sentence, policy));
    }
    for error in Validator::new(schema().clone()).validate(&set, ValidationMode::Strict).validation_errors() {
        let policy = set.policy(error.policy_id());
        let (at, key) =
            policy.map_or((0, ""), |policy| (position(policy, text), policy.annotation("id").unwrap_or_default()));
        faults.push(source.fault(at..at, key, said(error)));
    }
    let invariants: Vec<Invariant> = invariants.into_iter().flatten().collect();
    if faults.is_empty() { Ok(invariants) } else { Err(faults) }
}

impl Invariant {
    /// None when the policies do not go together, which two with different ids always do.
    fn new(key: &str, sentence: &str, policy: &Policy) -> Option<Self> {
        let forbid = policy.new_id(PolicyId::new(key));
        let everything =
            Policy::parse(Some(PolicyId::new("everything")), "permit(principal, action, resource);").ok()?;
        let mut bound = PolicySet::new();
        bound.add(everything).ok()?;
        bound.add(policy.new_id(PolicyId::new("never"))).ok()?;
        Some(Self { key: key.to_owned(), sentence: sentence.to_owned(), forbid, bound })
    }
}
