//! A submitter sees what it filed and nothing else, and cannot tell what it may not see from what is not there.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::intake::v1::{
    GetRequestRequest, LegalRequest, ListRequestsRequest, SubmitRequestRequest, UpdateRequestRequest,
    WatchRequestRequest, WithdrawRequestRequest, submit_request_request::Subject,
};
use tonic::{Code, Status};

use crate::{
    on_both_engines,
    suite::{Alone, Kind},
    wire::{file, fresh_id, unsigned},
};

on_both_engines! { a_submitter_sees_only_what_it_filed }

async fn a_submitter_sees_only_what_it_filed(kind: Kind) {
    let alone = Alone::start(kind).await;
    let filed = file(&alone.portal(), unsigned()).await;
    let other = alone.person("other", &[Role::Submitter]);
    let missing = |status: Status, name: &str| {
        assert_eq!(status.code(), Code::NotFound);
        status.message().replace(name, "NAME")
    };
    let read = |name: &str| GetRequestRequest { name: name.to_owned() };
    let nowhere = rogatory_names::RequestId::new().name();
    let not_there = missing(other.requests().get_request(read(&nowhere)).await.unwrap_err(), &nowhere);
    let (name, etag) = (filed.name.clone(), filed.etag.clone());

    let got = other.requests().get_request(read(&name)).await.unwrap_err();
    assert_eq!(missing(got, &name), not_there, "the two cannot be told apart");
    let watch = WatchRequestRequest { name: name.clone() };
    assert_eq!(missing(other.requests().watch_request(watch).await.unwrap_err(), &name), not_there);
    let withdraw = WithdrawRequestRequest {
        name: name.clone(),
        etag: etag.clone(),
        reason: "mine".to_owned(),
        request_id: fresh_id(),
    };
    assert_eq!(missing(other.requests().withdraw_request(withdraw).await.unwrap_err(), &name), not_there);
    let submit = SubmitRequestRequest {
        subject: Some(Subject::Name(name.clone())),
        etag: etag.clone(),
        request_id: fresh_id(),
        validate_only: false,
    };
    let checked = SubmitRequestRequest { validate_only: true, ..submit.clone() };
    assert_eq!(missing(other.requests().submit_request(submit).await.unwrap_err(), &name), not_there);
    assert_eq!(missing(other.requests().submit_request(checked).await.unwrap_err(), &name), not_there);
    let update = UpdateRequestRequest {
        request: Some(LegalRequest { name: name.clone(), etag, ..unsigned() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["items".to_owned()] }),
        request_id: fresh_id(),
    };
    assert_eq!(missing(other.requests().update_request(update).await.unwrap_err(), &name), not_there);
    let all = other.requests().list_requests(ListRequestsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.requests, []);

    for role in [Role::Analyst, Role::Verifier, Role::Counsel, Role::Approver, Role::Biller, Role::Auditor] {
        // Whoever holds another role beside `submitter` sees by that one.
        let office = alone.person("someone", &[Role::Submitter, role]);
        office.requests().get_request(read(&name)).await.unwrap();
        let all = office.requests().list_requests(ListRequestsRequest::default()).await.unwrap().into_inner();
        assert_eq!(all.requests.len(), 1);
    }
}
