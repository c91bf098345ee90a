//! Whether a stored decision comes out the same when it is made again.

use super::{
    decision::{Decision, NARROWED},
    evaluate::{Evaluation, ItemResult},
    facts::{Item, Window},
};

/// One thing that came out differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The item; none for the request as a whole.
    pub item: Option<Item>,
    /// What differs: `result`, `window`, `findings`, `approvals_required`, `item`.
    pub field: &'static str,
    /// As it was stored.
    pub stored: String,
    /// As it came out now.
    pub replayed: String,
}

/// What differs between a stored decision and the same facts evaluated again. What people narrowed is left aside: compared is
/// what the policy said.
#[must_use]
pub fn differences(decision: &Decision, evaluation: &Evaluation) -> Vec<Difference> {
    let mut found = Vec::new();
    let absent = || "not there".to_owned();
    for index in 0..decision.results.len().max(evaluation.results.len()) {
        match (decision.results.get(index), evaluation.results.get(index)) {
            (Some(stored), Some(replayed)) if stored.item == replayed.item => compare(&mut found, stored, replayed),
            (stored, replayed) => {
                let key = |result: Option<&ItemResult>| result.map_or_else(absent, |one| one.item.element.clone());
                let item = stored.or(replayed).map(|result| result.item.clone());
                found.push(Difference { item, field: "item", stored: key(stored), replayed: key(replayed) });
            }
        }
    }
    whole(
        &mut found,
        "approvals_required",
        decision.approvals_required.to_string(),
        evaluation.approvals_required.to_string(),
    );
    whole(&mut found, "findings", codes(&decision.findings), codes(&evaluation.findings));
    if decision.findings != evaluation.findings && codes(&decision.findings) == codes(&evaluation.findings) {
        found.push(Difference {
            item: None,
            field: "findings",
            stored: codes(&decision.findings),
            replayed: "the same codes with other sentences or citations".to_owned(),
        });
    }
    found
}

fn whole(found: &mut Vec<Difference>, field: &'static str, stored: String, replayed: String) {
    if stored != replayed {
        found.push(Difference { item: None, field, stored, replayed });
    }
}

fn compare(found: &mut Vec<Difference>, stored: &ItemResult, replayed: &ItemResult) {
    if stored.findings.iter().any(|finding| finding.code() == NARROWED) {
        return;
    }
    let mut differ = |field, stored_words: String, replayed_words: String| {
        let item = Some(stored.item.clone());
        found.push(Difference { item, field, stored: stored_words, replayed: replayed_words });
    };
    if stored.outcome != replayed.outcome {
        differ("result", stored.outcome.to_string(), replayed.outcome.to_string());
    }
    if stored.window != replayed.window {
        differ("window", span(stored.window), span(replayed.window));
    }
    if stored.approvals_required != replayed.approvals_required {
        differ("approvals_required", stored.approvals_required.to_string(), replayed.approvals_required.to_string());
    }
    if stored.findings != replayed.findings {
        let (was, is) = (codes(&stored.findings), codes(&replayed.findings));
        let is = if was == is { "the same codes with other sentences or citations".to_owned() } else { is };
        differ("findings", was, is);
    }
}

fn span(window: Option<Window>) -> String {
    window.map_or_else(|| "none".to_owned(), |one| format!("{} to {}", one.start.to_rfc3339(), one.end.to_rfc3339()))
}

fn codes(findings: &[rogatory_rulebook::Finding]) -> String {
    findings.iter().map(rogatory_rulebook::Finding::code).collect::<Vec<_>>().join(", ")
}
