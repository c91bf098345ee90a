//! Revisions of schedules, from the draft to the price that changes.

use rogatory_billing::EXAMPLE_SCHEDULE;
use rogatory_proto::rogatory::{
    billing::v1::{
        CreateScheduleRevisionRequest, GetScheduleRevisionRequest, ListScheduleRevisionsRequest,
        PublishScheduleRevisionRequest, ValidateScheduleRevisionRequest,
    },
    rulebook::v1::revision::State,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{Suite, fields, id, on_both_engines, reason, stamp};

on_both_engines! {
    the_shipped_schedule_is_published_and_the_example_is_not, a_draft_with_a_fault_is_refused_with_its_line,
    no_schedule_takes_effect_in_the_past, a_draft_is_published_once,
}

async fn the_shipped_schedule_is_published_and_the_example_is_not(suite: &Suite) {
    let ask = ListScheduleRevisionsRequest { document: "aliexpress.com".to_owned(), ..Default::default() };
    let revisions = suite.schedules("auditor").list_schedule_revisions(ask).await.unwrap().into_inner().revisions;
    assert_eq!(revisions.len(), 1);
    assert_eq!((revisions[0].state(), revisions[0].author.as_str()), (State::Published, "system:seed"));
    assert_eq!(revisions[0].effective_time, Some(stamp("2020-01-01T00:00:00Z")));
    let ask = GetScheduleRevisionRequest { name: revisions[0].name.clone() };
    let read = suite.schedules("counsel").get_schedule_revision(ask).await.unwrap().into_inner();
    assert_eq!(read.text, rogatory_billing::SHIPPED_SCHEDULE);
}

async fn a_draft_with_a_fault_is_refused_with_its_line(suite: &Suite) {
    let line = EXAMPLE_SCHEDULE[..EXAMPLE_SCHEDULE.find("amount = \"150\"").unwrap()].matches('\n').count() + 1;
    let text = EXAMPLE_SCHEDULE.replace("amount = \"150\"", "amount = \"150.005\"");
    let ask = CreateScheduleRevisionRequest { text: text.clone(), request_id: id() };
    let status = suite.schedules("publisher").create_schedule_revision(ask).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["text".to_owned()]));
    let said = &status.get_details_bad_request().unwrap().field_violations[0].description;
    assert!(said.starts_with(&format!("{line}:")) && said.contains("more decimals than USD"), "{said}");

    let ask = ValidateScheduleRevisionRequest { text };
    let checked = suite.schedules("counsel").validate_schedule_revision(ask).await.unwrap().into_inner();
    let faults: Vec<_> = checked.faults.iter().map(|f| (f.line, f.path.as_str())).collect();
    assert_eq!(faults, [(i32::try_from(line).unwrap(), "row[1].amount")]);
    let good = ValidateScheduleRevisionRequest { text: EXAMPLE_SCHEDULE.to_owned() };
    let checked = suite.schedules("counsel").validate_schedule_revision(good).await.unwrap().into_inner();
    assert!(checked.faults.is_empty() && checked.digest.starts_with("sha256:"));

    let all = suite.schedules("auditor").list_schedule_revisions(ListScheduleRevisionsRequest::default()).await;
    assert_eq!(all.unwrap().into_inner().revisions.len(), 1);
}

async fn no_schedule_takes_effect_in_the_past(suite: &Suite) {
    let draft = suite.draft(EXAMPLE_SCHEDULE).await;
    let ask = PublishScheduleRevisionRequest {
        name: draft.name,
        etag: draft.etag,
        effective_time: Some(stamp("2026-11-24T11:59:59Z")),
        request_id: id(),
    };
    let status = suite.schedules("publisher").publish_schedule_revision(ask).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["effective_time".to_owned()]));
}

async fn a_draft_is_published_once(suite: &Suite) {
    let draft = suite.draft(EXAMPLE_SCHEDULE).await;
    let mut publisher = suite.schedules("publisher");
    let ask = |etag: &str| PublishScheduleRevisionRequest {
        name: draft.name.clone(),
        etag: etag.to_owned(),
        effective_time: None,
        request_id: id(),
    };
    let published = publisher.publish_schedule_revision(ask(&draft.etag)).await.unwrap().into_inner();
    assert_eq!((published.state(), &published.effective_time), (State::Published, &Some(suite.now())));
    let status = publisher.publish_schedule_revision(ask(&published.etag)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    let kinds: Vec<_> =
        suite.events(&["schedule.drafted", "schedule.published"]).await.into_iter().map(|e| e.kind).collect();
    // The schedule that ships was published first.
    assert_eq!(kinds, ["schedule.published", "schedule.drafted", "schedule.published"]);
}
