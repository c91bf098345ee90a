//! What the operator states before the first case and in between: where its data is, and what it charges.

use rogatory_proto::rogatory::{
    billing::v1::{CreateScheduleRevisionRequest, PublishScheduleRevisionRequest},
    disclosure::v1::{
        CreatePolicyRevisionRequest, GetPolicyRevisionRequest, ListPolicyRevisionsRequest, PublishPolicyRevisionRequest,
    },
    rulebook::v1::{Revision, revision},
};

use super::{
    act::{Broken, Doing, fresh_id},
    people::{People, Person},
};

/// The document that both revise.
const PLATFORM: &str = "aliexpress.com";

/// Appends the operator's statement to the policy that is in force and publishes the two as a new revision.
///
/// # Errors
/// What a service refused, as a sentence.
pub async fn publish_storage(people: &People, statement: &str) -> Result<Revision, String> {
    storage(people, statement).await.map_err(|Broken(cause)| cause)
}

async fn storage(people: &People, statement: &str) -> Result<Revision, Broken> {
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
    policies.publish_policy_revision(publish).await.doing("publishing the policy")
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
