//! What the operator states before the first case and in between: where its data is, and what it charges.

use rogatory_proto::rogatory::{
    billing::v1::{CreateScheduleRevisionRequest, PublishScheduleRevisionRequest},
    disclosure::v1::{
        CreatePolicyRevisionRequest, GetPolicyRevisionRequest, ListPolicyRevisionsRequest, PublishPolicyRevisionRequest,
    },
    rulebook::v1::{Revision, revision},
};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::{
    act::{Broken, Doing, fresh_id},
    people::{People, Person},
};

/// The document that both revise.
const PLATFORM: &str = "aliexpress.com";

/// Why the policy may be published on a machine that has no solver, as it stands in the audit ledger.
const OVERRIDE: &str = "A demonstration on a machine without the solver cvc5. The statement adds no rule to the policy that \
                        ships, whose invariants were proven before it shipped.";

/// How the policy came to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Its invariants were proven first.
    Proven,
    /// No proof could be had, and the operator said why it is published all the same.
    Overridden,
}

/// Appends the operator's statement to the policy that is in force and publishes the two as a new revision. Where no proof can
/// be had it is published with a reason instead.
///
/// # Errors
/// What a service refused, as a sentence.
pub async fn publish_storage(people: &People, statement: &str) -> Result<Proof, String> {
    storage(people, statement).await.map_err(|Broken(cause)| cause)
}

async fn storage(people: &People, statement: &str) -> Result<Proof, Broken> {
    let mut policies = people.of(&Person::publisher())?.policies();
    let list = ListPolicyRevisionsRequest { document: PLATFORM.to_owned(), ..ListPolicyRevisionsRequest::default() };
    let page = policies.list_policy_revisions(list).await.doing("listing the policies")?;
    let newest = page.revisions.into_iter().find(|found| found.state() == revision::State::Published);
    let newest = newest.ok_or_else(|| Broken(format!("no disclosure policy of {PLATFORM} is published")))?;
    let read = GetPolicyRevisionRequest { name: newest.name };
    let shipped = policies.get_policy_revision(read).await.doing("reading the policy")?;
    let text = format!("{}\n{statement}", shipped.text);
    let create = CreatePolicyRevisionRequest { text, request_id: fresh_id() };
    let draft = policies.create_policy_revision(create).await.doing("drafting the policy")?;
    let publish = PublishPolicyRevisionRequest {
        name: draft.name,
        etag: draft.etag,
        request_id: fresh_id(),
        ..PublishPolicyRevisionRequest::default()
    };
    match policies.publish_policy_revision(publish.clone()).await {
        Err(refused) if lacks_proof(&refused) => {}
        answer => return answer.doing("publishing the policy").map(|_| Proof::Proven),
    }
    let publish =
        PublishPolicyRevisionRequest { request_id: fresh_id(), override_reason: OVERRIDE.to_owned(), ..publish };
    policies.publish_policy_revision(publish).await.doing("publishing the policy without a proof")?;
    Ok(Proof::Overridden)
}

/// Whether it was refused for want of a solver, or of time for it.
fn lacks_proof(refused: &Status) -> bool {
    let details = refused.get_error_details();
    let mut violations = details.precondition_failure().into_iter().flat_map(|failure| &failure.violations);
    violations.any(|violation| violation.r#type == "PROOF_MISSING")
}

/// Publishes a fee schedule from now on.
///
/// # Errors
/// What a service refused, as a sentence.
pub async fn publish_schedule(people: &People, text: &str) -> Result<Revision, String> {
    schedule(people, text).await.map_err(|Broken(cause)| cause)
}

async fn schedule(people: &People, text: &str) -> Result<Revision, Broken> {
    let mut schedules = people.of(&Person::publisher())?.schedules();
    let create = CreateScheduleRevisionRequest { text: text.to_owned(), request_id: fresh_id() };
    let draft = schedules.create_schedule_revision(create).await.doing("drafting the schedule")?;
    let publish = PublishScheduleRevisionRequest {
        name: draft.name,
        etag: draft.etag,
        request_id: fresh_id(),
        ..PublishScheduleRevisionRequest::default()
    };
    schedules.publish_schedule_revision(publish).await.doing("publishing the schedule")
}
