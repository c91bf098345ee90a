//! Revisions of policies: publication, proofs, comparison.

use rogatory_chassis::{Failure, FieldFaults};
use rogatory_names::PolicyRevisionId;
use rogatory_proto::rogatory::disclosure::v1 as wire;

use super::{LONGEST_REASON, finish, interval, number, scope::outcome};
use crate::{
    app::{
        ChangedDecision, ComparePolicyRevisions, Comparison, Equivalence, Policies, PolicyDifference,
        PublishPolicyRevision,
    },
    domain::{
        compare::ItemChange,
        invariant::{Proof, Verdict},
    },
};

/// As many decisions are compared where the caller does not say.
const DECISIONS: usize = 1_000;
/// As many decisions as one call compares.
const MOST_DECISIONS: usize = 10_000;

pub(in crate::grpc) fn publish_policy_revision(
    desk: &Policies,
    m: &wire::PublishPolicyRevisionRequest,
) -> Result<PublishPolicyRevision, Failure> {
    let mut faults = FieldFaults::new();
    let publication = desk.read_publication(&mut faults, &m.name, &m.etag, m.effective_time.as_ref(), &m.request_id);
    let override_reason = match m.override_reason.as_str() {
        "" => None,
        // A reason of blanks is none.
        reason => faults.prose("override_reason", reason, LONGEST_REASON),
    };
    let publication = publication.map(|publication| publication.saying(&m.override_reason));
    finish(faults, publication.map(|publication| PublishPolicyRevision { publication, override_reason }))
}

pub(in crate::grpc) fn compare_policy_revisions(
    m: wire::ComparePolicyRevisionsRequest,
) -> Result<ComparePolicyRevisions, Failure> {
    let mut faults = FieldFaults::new();
    faults.name("base_revision", &m.base_revision, PolicyRevisionId::parse_name);
    faults.name("revision", &m.revision, PolicyRevisionId::parse_name);
    let page_size = match usize::try_from(m.page_size) {
        Ok(0) => DECISIONS,
        Ok(size) => size.min(MOST_DECISIONS),
        Err(_) => {
            faults.add("page_size", "is negative");
            0
        }
    };
    faults.done()?;
    Ok(ComparePolicyRevisions { base: m.base_revision, revision: m.revision, page_size, page_token: m.page_token })
}

pub(in crate::grpc) fn proof(proof: Proof) -> wire::Proof {
    use wire::proof::Verdict as Word;
    let (verdict, counterexample) = match proof.verdict {
        Verdict::Proven => (Word::Proven, String::new()),
        Verdict::Broken(words) => (Word::Broken, words),
        Verdict::Unknown(why) => (Word::Unknown, why),
    };
    wire::Proof { invariant: proof.invariant, sentence: proof.sentence, verdict: verdict.into(), counterexample }
}

pub(in crate::grpc) fn comparison(comparison: &Comparison) -> wire::ComparePolicyRevisionsResponse {
    use wire::compare_policy_revisions_response::Equivalence as Word;
    let policies = comparison.policies.as_ref();
    let (equivalence, example) = match policies.map(|policies| &policies.equivalence) {
        None => (Word::Unspecified, ""),
        Some(Equivalence::Equivalent) => (Word::Equivalent, ""),
        Some(Equivalence::Different(words)) => (Word::Different, words.as_str()),
        Some(Equivalence::Unknown(why)) => (Word::Unknown, why.as_str()),
    };
    let parts = policies.map(|policies| policies.parts.iter().map(ToString::to_string).collect());
    wire::ComparePolicyRevisionsResponse {
        summary: summary(comparison),
        equivalence: equivalence.into(),
        example: example.to_owned(),
        parts: parts.unwrap_or_default(),
        decisions: comparison.decisions.iter().map(decision).collect(),
        decisions_compared: i32::try_from(comparison.compared).unwrap_or(i32::MAX),
        next_page_token: comparison.next_page_token.clone(),
    }
}

fn summary(comparison: &Comparison) -> String {
    let (compared, changed) = (comparison.compared, comparison.decisions.len());
    let decisions = if compared == 1 { "decision" } else { "decisions" };
    let decisions = format!("of {compared} {decisions} compared here {changed} would come out differently");
    let Some(PolicyDifference { equivalence, parts }) = &comparison.policies else { return decisions };
    let packs = match equivalence {
        Equivalence::Equivalent if parts.is_empty() => "the revisions decide alike",
        Equivalence::Equivalent => "the packs decide alike, other parts differ",
        Equivalence::Different(_) => "the revisions differ",
        Equivalence::Unknown(_) => "whether the packs decide alike cannot be told",
    };
    format!("{packs}; {decisions}")
}

fn decision(changed: &ChangedDecision) -> wire::DecisionChange {
    let change = &changed.change;
    wire::DecisionChange {
        decision: changed.id.name(),
        request: changed.request.name(),
        items: change.items.iter().map(item).collect(),
        approvals_before: number(change.approvals_before),
        approvals_after: number(change.approvals_after),
    }
}

fn item(change: &ItemChange) -> wire::ItemChange {
    use wire::item_result::Result as Word;
    let word = |answer: Option<_>| answer.map_or(Word::Unspecified, outcome).into();
    let window = |window: Option<_>| window.map(interval);
    wire::ItemChange {
        item_id: change.item_id.clone(),
        target_id: change.target_id.clone(),
        element: change.element.clone(),
        before: word(change.before.map(|answer| answer.outcome)),
        after: word(change.after.map(|answer| answer.outcome)),
        window_before: window(change.before.and_then(|answer| answer.window)),
        window_after: window(change.after.and_then(|answer| answer.window)),
    }
}
