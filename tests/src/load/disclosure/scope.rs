//! The evaluation of a scope in this process, beside an interpreter of Rego and beside Cedar without the program.

use std::hint::black_box;

use chrono::{DateTime, Utc};
use regorus::Value;
use rogatory_disclosure::domain::{
    evaluate::{Evaluation, ItemResult, Outcome, evaluate},
    facts::Facts,
    policy::Policy,
};
use rogatory_rulebook::Rules as _;

use super::{
    bare_cedar::Bare,
    rego::{Answer, Rego, answers, input},
    scopes,
    timed::Times,
};
use crate::load::effort::Effort;

/// A name that a revision could have.
const REVISION: &str = "policyRevisions/rev_01900000000070008000000000000000";

/// Measures the three in turn, on the same requests one after the other.
pub(super) fn measure(effort: &Effort) {
    let policy = Policy::parse(&scopes::policy_text()).expect("the policy that ships");
    let facts = scopes::facts(received());
    let agreed = agree(&policy, &facts);
    let mut rego = Rego::new(policy.packs());
    let inputs: Vec<Value> = facts.iter().map(|facts| input(&policy, facts)).collect();
    let bare: Vec<Bare<'_>> = facts.iter().map(|facts| Bare::new(&policy, facts)).collect();

    let (mut whole, mut interpreted, mut alone) = (Times::new(), Times::new(), Times::new());
    for _ in effort.rounds() {
        whole.of(effort.time(), |turn| {
            black_box(evaluate(&policy, REVISION, black_box(&facts[turn % facts.len()])));
        });
        interpreted.of(effort.time(), |turn| {
            black_box(rego.ask(black_box(inputs[turn % inputs.len()].clone())));
        });
        alone.of(effort.time(), |turn| {
            black_box(black_box(&bare[turn % bare.len()]).ask());
        });
    }

    let items = facts.first().map_or(0, |facts| facts.items.len());
    println!(
        "\nEvaluateScope in process: {items} items under {} policies, {} requests in turn; all three agree on {agreed} items",
        policy.packs().rules().len(),
        facts.len()
    );
    println!("{:<52} {:>9} {:>9} {:>9} {:>7}", "", "p50 µs", "p99 µs", "times", "ratio");
    for (what, times) in [
        ("rogatory: results, findings, citations, windows", &whole),
        ("regorus: the same rules in Rego, ids of rules", &interpreted),
        ("cedar-policy alone: yes or no, put together before", &alone),
    ] {
        let ratio = times.micros(0.5) / whole.micros(0.5);
        let (p50, p99) = (times.micros(0.5), times.micros(0.99));
        println!("{what:<52} {p50:>9.1} {p99:>9.1} {:>9} {ratio:>6.2}x", times.count());
    }
}

fn received() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

/// Sees to it that the three answer alike, and says of how many items.
///
/// # Panics
/// When they do not.
fn agree(policy: &Policy, facts: &[Facts]) -> usize {
    let mut rego = Rego::new(policy.packs());
    let mut agreed = 0;
    for facts in facts {
        let Evaluation { results, .. } = evaluate(policy, REVISION, facts);
        let told = answers(&rego.ask(input(policy, facts)));
        let bare = Bare::new(policy, facts).ask();
        assert_eq!((results.len(), results.len()), (told.len(), bare.len()), "an answer for each item");
        for ((result, told), bare) in results.iter().zip(&told).zip(bare) {
            let asked = format!("{} {} {:?}", facts.authority_country, facts.instrument.as_str(), result.item);
            assert!(alike(result, told), "{asked}: {result:?} is not {told:?}");
            assert_eq!(result.outcome.is_allowed(), bare, "{asked}: {result:?}");
            agreed += 1;
        }
    }
    agreed
}

fn alike(result: &ItemResult, told: &Answer) -> bool {
    // No window of these requests is cut, so nothing is narrowed.
    let codes: Vec<&str> = result.findings.iter().map(|finding| finding.code()).collect();
    let cited = |id: &String| codes.contains(&id.to_ascii_uppercase().replace('-', "_").as_str());
    result.outcome.as_str() == told.outcome
        && result.approvals_required == told.approvals
        && (result.outcome != Outcome::Allow || told.permits.iter().all(cited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rego_and_bare_cedar_answer_as_the_program_does() {
        let policy = Policy::parse(&scopes::policy_text()).expect("the policy that ships");
        let facts = scopes::facts(received());
        assert_eq!(agree(&policy, &facts), 20 * facts.len());
        let outcomes: std::collections::BTreeSet<&str> = facts
            .iter()
            .flat_map(|facts| evaluate(&policy, REVISION, facts).results)
            .map(|result| result.outcome.as_str())
            .collect();
        assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), ["allow", "hold_for_authority", "needs_other_process"]);
    }
}
