//! Drafts, filing, changes, lists: what needs no peer.

use rogatory_proto::rogatory::{
    intake::v1::{
        CheckRequestRequest, CloseRequestRequest, CreateRequestRequest, GetDocumentRequest, GetRequestRequest,
        LegalRequest, ListRequestsRequest, SubmitRequestRequest, UpdateRequestRequest, WatchRequestRequest,
        WithdrawRequestRequest,
        condition::{Status, Type},
        legal_request::{Outcome, State},
        submit_request_request::Subject,
    },
    rulebook::v1::InstrumentKind,
};
use tonic::Code;

use crate::{
    on_both_engines,
    suite::{Alone, Kind},
    wire::{self, file, fresh_id, reason, submit, told, unsigned, violations, whole},
};

on_both_engines! {
    a_request_is_filed_and_its_deficiencies_are_shown_at_once,
    a_repeated_call_gets_the_first_answer_and_another_body_is_refused,
    validate_only_and_check_leave_no_trace,
    a_draft_is_changed_and_filed,
    etags_and_states_are_kept_to,
    lists_come_in_pages_that_are_bound_to_their_filter,
    a_watcher_sees_every_change_and_the_end,
    every_change_leaves_an_event_and_an_audit_entry,
    two_that_change_the_same_at_once_do_not_both_win,
}

async fn a_request_is_filed_and_its_deficiencies_are_shown_at_once(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let filed = file(&portal, unsigned()).await;
    assert_eq!((filed.state(), filed.outcome()), (State::Received, Outcome::Unspecified));
    assert_eq!(filed.deficiencies.len(), 1);
    assert_eq!(filed.deficiencies[0].code, "SIGNED_COPY_MISSING");
    assert_eq!(filed.deficiencies[0].citations[0].section, "§4");
    assert_eq!(filed.submitter, "person:portal");
    assert!(filed.receive_time.is_some() && !filed.etag.is_empty());
    assert_eq!(filed.timeline.len(), 1);
    let complete = filed.conditions.iter().find(|condition| condition.r#type() == Type::Complete).unwrap();
    assert_eq!(complete.status(), Status::False);
    let read = portal.requests().get_request(GetRequestRequest { name: filed.name.clone() }).await.unwrap();
    assert_eq!(read.into_inner(), filed);

    let whole = file(&portal, whole(&portal).await).await;
    assert_eq!(whole.deficiencies, []);
    let document = GetDocumentRequest { name: whole.documents[0].clone() };
    let document = portal.documents().get_document(document).await.unwrap().into_inner();
    assert_eq!(document.request, whole.name);
}

async fn a_repeated_call_gets_the_first_answer_and_another_body_is_refused(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let call = submit(whole(&portal).await);
    let first = portal.requests().submit_request(call.clone()).await.unwrap().into_inner();
    let again = portal.requests().submit_request(call.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = SubmitRequestRequest { request_id: call.request_id.clone(), ..submit(unsigned()) };
    let refused = portal.requests().submit_request(other.clone()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
    // The key is the caller's own.
    alone.analyst().requests().submit_request(other).await.unwrap();

    let withdraw = WithdrawRequestRequest {
        name: first.name.clone(),
        etag: first.etag.clone(),
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    let ended = portal.requests().withdraw_request(withdraw.clone()).await.unwrap().into_inner();
    assert_eq!((ended.state(), ended.outcome()), (State::Closed, Outcome::Withdrawn));
    let again = portal.requests().withdraw_request(withdraw).await.unwrap().into_inner();
    assert_eq!(ended, again);
    let all = portal.requests().list_requests(ListRequestsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.requests.len(), 1);
}

async fn validate_only_and_check_leave_no_trace(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let request = whole(&portal).await;
    let document = request.documents[0].clone();
    let mut call = submit(request.clone());
    call.validate_only = true;
    let shown = portal.requests().submit_request(call).await.unwrap().into_inner();
    assert_eq!((shown.state(), shown.name.as_str(), shown.etag.as_str()), (State::Received, "", ""));
    let check = |request| CheckRequestRequest { request: Some(request) };
    let checked = portal.requests().check_request(check(request)).await.unwrap().into_inner();
    assert_eq!(checked.deficiencies, []);
    let lacking = LegalRequest { legal_grounds: String::new(), ..unsigned() };
    let checked = portal.requests().check_request(check(lacking)).await.unwrap().into_inner();
    let codes: Vec<&str> = checked.deficiencies.iter().map(|told| told.code.as_str()).collect();
    assert_eq!(codes, ["SIGNED_COPY_MISSING", "LEGAL_GROUNDS_MISSING"]);

    let all = portal.requests().list_requests(ListRequestsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.requests, []);
    let kinds: Vec<String> = alone.events().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["document.uploaded"]);
    let read = portal.documents().get_document(GetDocumentRequest { name: document }).await.unwrap().into_inner();
    assert_eq!(read.request, "");
}

async fn a_draft_is_changed_and_filed(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let empty = CreateRequestRequest { request: Some(LegalRequest::default()), request_id: fresh_id() };
    let draft = portal.requests().create_request(empty).await.unwrap().into_inner();
    assert_eq!((draft.state(), draft.receive_time), (State::Draft, None));
    let by_name = |draft: &LegalRequest| SubmitRequestRequest {
        subject: Some(Subject::Name(draft.name.clone())),
        etag: draft.etag.clone(),
        request_id: fresh_id(),
        validate_only: false,
    };
    let refused = portal.requests().submit_request(by_name(&draft)).await.unwrap_err();
    assert_eq!(
        told(&refused).2,
        [
            "request.platform",
            "request.requester.agency_name",
            "request.requester.authority_kind",
            "request.requester.country",
            "request.instrument.kind",
            "request.matter_type",
            "request.targets",
        ]
    );
    let update = UpdateRequestRequest {
        request: Some(LegalRequest { name: draft.name.clone(), etag: draft.etag.clone(), ..whole(&portal).await }),
        update_mask: Some(prost_types::FieldMask {
            paths: ["platform", "requester", "instrument", "matter_type", "targets", "items", "documents"]
                .map(str::to_owned)
                .to_vec(),
        }),
        request_id: fresh_id(),
    };
    let changed = portal.requests().update_request(update).await.unwrap().into_inner();
    assert_eq!((changed.state(), changed.legal_grounds.as_str()), (State::Draft, ""), "the mask decides");
    let mut checked = by_name(&changed);
    checked.validate_only = true;
    let shown = portal.requests().submit_request(checked).await.unwrap().into_inner();
    assert_eq!((shown.state(), shown.name.as_str()), (State::Received, ""));
    let filed = portal.requests().submit_request(by_name(&changed)).await.unwrap().into_inner();
    assert_eq!((filed.state(), filed.name.as_str()), (State::Received, draft.name.as_str()));
    let codes: Vec<&str> = filed.deficiencies.iter().map(|told| told.code.as_str()).collect();
    assert_eq!(codes, ["NATURE_OF_INVESTIGATION_MISSING", "LEGAL_GROUNDS_MISSING"]);
    let kinds: Vec<&str> = filed.timeline.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["request.created", "request.updated", "request.submitted"]);
    let again = portal.requests().submit_request(by_name(&filed)).await.unwrap_err();
    assert_eq!((again.code(), reason(&again).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
}

async fn etags_and_states_are_kept_to(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let analyst = alone.analyst();
    let filed = file(&portal, unsigned()).await;
    let update = UpdateRequestRequest {
        request: Some(LegalRequest { name: filed.name.clone(), etag: filed.etag.clone(), ..unsigned() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["legal_grounds".to_owned()] }),
        request_id: fresh_id(),
    };
    let refused = portal.requests().update_request(update.clone()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    let stale = UpdateRequestRequest {
        request: update.request.map(|request| LegalRequest { etag: other_etag(&filed.etag), ..request }),
        request_id: fresh_id(),
        ..update
    };
    let refused = portal.requests().update_request(stale).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "ETAG_MISMATCH"));

    let close = |etag: &str, outcome: Outcome| CloseRequestRequest {
        name: filed.name.clone(),
        etag: etag.to_owned(),
        outcome: outcome.into(),
        reason: "a duplicate".to_owned(),
        request_id: fresh_id(),
    };
    let refused = analyst.requests().close_request(close(&filed.etag, Outcome::CompliedInFull)).await.unwrap_err();
    assert_eq!(violations(&refused), ["NO_PRODUCTION", "ITEM_WITHHELD"]);
    let refused = analyst.requests().close_request(close(&filed.etag, Outcome::Withdrawn)).await.unwrap_err();
    assert_eq!(violations(&refused), ["NOT_WITHDRAWN"]);
    let refused = analyst.requests().close_request(close(&other_etag(&filed.etag), Outcome::Duplicate)).await;
    assert_eq!(refused.unwrap_err().code(), Code::Aborted);
    let closed = analyst.requests().close_request(close(&filed.etag, Outcome::Duplicate)).await.unwrap().into_inner();
    assert_eq!((closed.state(), closed.outcome()), (State::Closed, Outcome::Duplicate));
    let refused = analyst.requests().close_request(close(&closed.etag, Outcome::Duplicate)).await.unwrap_err();
    assert_eq!(told(&refused).0, Code::FailedPrecondition);
    let missing = GetRequestRequest { name: rogatory_names::RequestId::new().name() };
    assert_eq!(portal.requests().get_request(missing).await.unwrap_err().code(), Code::NotFound);
}

/// A well-formed etag of another version.
fn other_etag(etag: &str) -> String {
    rogatory_store::etag(rogatory_store::parse_etag(etag).unwrap() + 1)
}

async fn lists_come_in_pages_that_are_bound_to_their_filter(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let mut names = Vec::new();
    for index in 0..5 {
        let mut request = unsigned();
        request.requester.as_mut().unwrap().country = if index % 2 == 0 { "US" } else { "DE" }.to_owned();
        names.push(file(&portal, request).await.name);
    }
    names.reverse();
    let ask = |page_token: &str| ListRequestsRequest {
        page_size: 2,
        page_token: page_token.to_owned(),
        ..ListRequestsRequest::default()
    };
    let mut found = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let page = portal.requests().list_requests(ask(&token)).await.unwrap().into_inner();
        assert!(page.requests.iter().all(|request| request.timeline.is_empty() && request.letters.is_empty()));
        found.extend(page.requests.into_iter().map(|request| request.name));
        token = page.next_page_token;
    }
    assert_eq!((found, token.as_str()), (names, ""));

    let first = portal.requests().list_requests(ask("")).await.unwrap().into_inner().next_page_token;
    let other_filter = ListRequestsRequest { country: "US".to_owned(), ..ask(&first) };
    let refused = portal.requests().list_requests(other_filter).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "TOKEN_MISMATCH"));
    let refused = portal.requests().list_requests(ask("nonsense")).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_MISMATCH");
    let other_caller = alone.person("other", &[rogatory_chassis::Role::Submitter]);
    assert_eq!(reason(&other_caller.requests().list_requests(ask(&first)).await.unwrap_err()), "TOKEN_MISMATCH");

    let german = ListRequestsRequest { country: "DE".to_owned(), state: State::Received.into(), ..Default::default() };
    assert_eq!(portal.requests().list_requests(german).await.unwrap().into_inner().requests.len(), 2);
    let closed = ListRequestsRequest { state: State::Closed.into(), ..Default::default() };
    assert_eq!(portal.requests().list_requests(closed).await.unwrap().into_inner().requests, []);
}

async fn a_watcher_sees_every_change_and_the_end(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let empty = CreateRequestRequest { request: Some(unsigned()), request_id: fresh_id() };
    let draft = portal.requests().create_request(empty).await.unwrap().into_inner();
    let watch = WatchRequestRequest { name: draft.name.clone() };
    let mut seen = portal.requests().watch_request(watch.clone()).await.unwrap().into_inner();
    assert_eq!(seen.message().await.unwrap().unwrap().state(), State::Draft);
    let by_name = SubmitRequestRequest {
        subject: Some(Subject::Name(draft.name.clone())),
        etag: draft.etag,
        request_id: fresh_id(),
        validate_only: false,
    };
    let filed = portal.requests().submit_request(by_name).await.unwrap().into_inner();
    assert_eq!(seen.message().await.unwrap().unwrap(), filed);
    let withdraw = WithdrawRequestRequest {
        name: draft.name.clone(),
        etag: filed.etag,
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    portal.requests().withdraw_request(withdraw).await.unwrap();
    assert_eq!(seen.message().await.unwrap().unwrap().state(), State::Closed);
    assert!(seen.message().await.unwrap().is_none(), "the stream ends with the request");
    let mut late = portal.requests().watch_request(watch).await.unwrap().into_inner();
    assert_eq!(late.message().await.unwrap().unwrap().state(), State::Closed);
    assert!(late.message().await.unwrap().is_none());

    // A change that another replica commits is found by looking; a server that stops ends the stream.
    let open = file(&portal, unsigned()).await;
    let watch = WatchRequestRequest { name: open.name.clone() };
    let mut seen = portal.requests().watch_request(watch).await.unwrap().into_inner();
    seen.message().await.unwrap().unwrap();
    let (replica, _) = alone.docket(rogatory_chassis::SystemClock::shared(), 1).await;
    let context =
        rogatory_chassis::CallContext::for_worker("test", chrono::Utc::now(), std::time::Duration::from_secs(9));
    let mut faults = rogatory_chassis::FieldFaults::new();
    let key = rogatory_chassis::CallKey::read(&mut faults, &fresh_id(), &open).unwrap();
    let close = rogatory_intake::app::CloseRequest {
        id: rogatory_names::RequestId::parse_name(&open.name).unwrap(),
        version: rogatory_store::parse_etag(&open.etag).unwrap(),
        outcome: rogatory_intake::domain::state::Outcome::Duplicate,
        reason: "a duplicate".to_owned(),
        key,
    };
    replica.close_request(&context, &close).await.unwrap();
    assert_eq!(seen.message().await.unwrap().unwrap().state(), State::Closed);

    let open = file(&portal, unsigned()).await;
    let watch = WatchRequestRequest { name: open.name };
    let mut seen = portal.requests().watch_request(watch).await.unwrap().into_inner();
    seen.message().await.unwrap().unwrap();
    alone.server.stop().await;
    assert_eq!(seen.message().await.unwrap_err().code(), Code::Unavailable);
}

async fn every_change_leaves_an_event_and_an_audit_entry(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let filed = file(&portal, whole(&portal).await).await;
    let withdraw = WithdrawRequestRequest {
        name: filed.name.clone(),
        etag: filed.etag,
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    portal.requests().withdraw_request(withdraw).await.unwrap();
    let events = alone.events().await;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["document.uploaded", "request.submitted", "request.withdrawn"]);
    assert!(events[1..].iter().all(|event| event.request == filed.name && event.actor == "person:portal"));
    assert_eq!(events[2].facts["state"], "CLOSED");
    assert_eq!(events[2].facts["outcome"], "WITHDRAWN");
    let entries = rogatory_store::audit::list(alone.store().await.read(), 0, 100).await.unwrap();
    let methods: Vec<&str> = entries.iter().map(|entry| entry.method.rsplit('/').next().unwrap()).collect();
    assert_eq!(methods, ["UploadDocument", "SubmitRequest", "WithdrawRequest"]);
}

async fn two_that_change_the_same_at_once_do_not_both_win(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let filed = file(&portal, unsigned()).await;
    let call = || WithdrawRequestRequest {
        name: filed.name.clone(),
        etag: filed.etag.clone(),
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (mut client, call) = (portal.requests(), call());
        tasks.spawn(async move { client.withdraw_request(call).await.map(|_| ()).map_err(|status| status.code()) });
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(Code::Aborted))), "{results:?}");
    // A document is bound to one request, also when two name it at once.
    let request = whole(&portal).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (mut client, call) = (portal.requests(), submit(request.clone()));
        tasks.spawn(async move { client.submit_request(call).await });
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for refused in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(told(refused).2, ["request.documents[0]"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_not_ours_and_an_emergency_that_is_none_are_refused() {
    let alone = Alone::start(Kind::Sqlite).await;
    let portal = alone.portal();
    let other = LegalRequest { platform: "other.example".to_owned(), ..unsigned() };
    let refused = portal.requests().submit_request(submit(other)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "NO_REVISION_IN_FORCE"));
    let ordinary = file(&portal, unsigned()).await;
    let follows = |name: &str| LegalRequest { follows_up: name.to_owned(), ..unsigned() };
    for name in [ordinary.name.as_str(), &rogatory_names::RequestId::new().name()] {
        let refused = portal.requests().submit_request(submit(follows(name))).await.unwrap_err();
        assert_eq!(told(&refused).2, ["request.follows_up"]);
    }
    let emergency = file(&portal, wire::emergency()).await;
    assert_eq!(emergency.obligations[0].code, "FORMAL_REQUEST_OWED");
    assert_eq!(emergency.deficiencies, []);
    file(&portal, follows(&emergency.name)).await;
    // An emergency of somebody else is not told apart from one that is not there.
    let other = alone.person("other", &[rogatory_chassis::Role::Submitter]);
    let refused = other.requests().submit_request(submit(follows(&emergency.name))).await.unwrap_err();
    assert_eq!(told(&refused).2, ["request.follows_up"]);
    let mut informal = unsigned();
    informal.instrument.as_mut().unwrap().kind = InstrumentKind::Informal.into();
    let filed = file(&portal, informal).await;
    assert!(filed.deficiencies.iter().any(|told| told.code == "INSTRUMENT_NOT_BINDING"));
}
