//! How two revisions of a policy differ beside what their packs permit, and what that does to a decision.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    evaluate::{ItemResult, Outcome, evaluate},
    facts::{Facts, Window},
    policy::Policy,
};

/// A decision that comes out differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionChange {
    /// The items that change, in the order asked.
    pub items: Vec<ItemChange>,
    /// Approvals required by the revision before.
    pub approvals_before: u32,
    /// Approvals required by the revision after.
    pub approvals_after: u32,
}

/// An item that comes out differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemChange {
    /// Key of the item.
    pub item_id: String,
    /// Key of the target.
    pub target_id: String,
    /// Key of the element.
    pub element: String,
    /// By the revision before; none where it has no such item.
    pub before: Option<ItemAnswer>,
    /// By the revision after; none where it has no such item.
    pub after: Option<ItemAnswer>,
}

/// What may leave of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemAnswer {
    /// What was decided.
    pub outcome: Outcome,
    /// The window that may leave.
    pub window: Option<Window>,
}

/// The parts beside the packs that are not the same, by the names that they have in the file.
#[must_use]
pub fn different_parts(before: &Policy, after: &Policy) -> Vec<&'static str> {
    let elements = |policy: &Policy| {
        policy.catalogue.iter().map(|element| (element.key.clone(), format!("{element:?}"))).collect::<BTreeMap<_, _>>()
    };
    // The order of windows and ladders decides nothing.
    let ladders = |policy: &Policy| policy.ladders.iter().map(|one| format!("{one:?}")).collect::<BTreeSet<_>>();
    let windows = |policy: &Policy| policy.windows.iter().map(|one| format!("{one:?}")).collect::<BTreeSet<_>>();
    let parts = [
        ("title", before.title == after.title),
        ("everything", before.everything == after.everything),
        ("element", elements(before) == elements(after)),
        ("storage", before.storage == after.storage),
        ("retention", before.retention == after.retention),
        ("window", windows(before) == windows(after)),
        ("ladder", ladders(before) == ladders(after)),
        ("grant", before.grant_valid_days == after.grant_valid_days),
        ("emergency", before.emergency == after.emergency),
        ("operation", before.staff == after.staff),
    ];
    parts.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect()
}

/// Decides facts by two revisions. None when the same may leave, and as many people have to approve.
#[must_use]
pub fn compare_decision(before: &Policy, after: &Policy, facts: &Facts) -> Option<DecisionChange> {
    // Citations name the revision; they are not compared.
    let (one, two) = (evaluate(before, "", facts), evaluate(after, "", facts));
    let (answers_before, answers_after) = (answers(&one.results), answers(&two.results));
    let mut seen = BTreeSet::new();
    let keys = one.results.iter().chain(&two.results).map(key).filter(|key| seen.insert(*key));
    let items = keys.filter_map(|key| {
        let (before, after) = (answers_before.get(&key).copied(), answers_after.get(&key).copied());
        let (item_id, target_id, element) = key;
        (before != after).then(|| ItemChange {
            item_id: item_id.to_owned(),
            target_id: target_id.to_owned(),
            element: element.to_owned(),
            before,
            after,
        })
    });
    let change = DecisionChange {
        items: items.collect(),
        approvals_before: one.approvals_required,
        approvals_after: two.approvals_required,
    };
    (!change.items.is_empty() || change.approvals_before != change.approvals_after).then_some(change)
}

type Key<'a> = (&'a str, &'a str, &'a str);

fn key(result: &ItemResult) -> Key<'_> {
    (&result.item.item_id, &result.item.target_id, &result.item.element)
}

fn answers(results: &[ItemResult]) -> BTreeMap<Key<'_>, ItemAnswer> {
    results.iter().map(|one| (key(one), ItemAnswer { outcome: one.outcome, window: one.window })).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use rogatory_rulebook::Rules as _;

    use super::*;
    use crate::shipped_policy;

    fn parts(change: impl Fn(&str) -> String) -> Vec<&'static str> {
        let changed = change(shipped_policy());
        assert_ne!(changed, shipped_policy());
        different_parts(&Policy::parse(shipped_policy()).unwrap(), &Policy::parse(&changed).unwrap())
    }

    #[test]
    fn the_parts_that_differ_are_named_as_in_the_file() {
        let first = |from: &'static str, to: &'static str| move |text: &str| text.replacen(from, to, 1);
        let added = |table: &'static str| move |text: &str| format!("{text}\n{table}\n");
        assert_eq!(parts(first("title = \"", "title = \"The ")), ["title"]);
        assert_eq!(parts(first("everything = \"all-data\"", "everything = \"everything\"")), ["everything"]);
        assert_eq!(parts(first("valid_days = ", "valid_days = 1")), ["grant"]);
        assert_eq!(parts(first("[emergency]\nreason = \"", "[emergency]\nreason = \"So it is: ")), ["emergency"]);
        assert_eq!(parts(first("longest_days = ", "longest_days = 1")), ["window"]);
        assert_eq!(parts(first("steps = [\"informal\", \"subpoena\", ", "steps = [\"subpoena\", ")), ["ladder"]);
        assert_eq!(parts(first("sensitivity = \"medium\"", "sensitivity = \"high\"")), ["element"]);
        assert_eq!(parts(added("[storage]\norders = [\"CN\"]")), ["storage"]);
        assert_eq!(parts(added("[retention]\norders = 30")), ["retention"]);
        assert_eq!(parts(added("[operation]\nstaff_countries = [\"SG\"]")), ["operation"]);
        assert!(parts(first("@reason(\"", "@reason(\"It is so: ")).is_empty(), "the packs are compared by the solver");
    }
}
