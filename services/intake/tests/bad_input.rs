//! Malformed, oversized and hostile messages: every bad field is named at once, nothing is stored, nothing is INTERNAL.

use chrono::Utc;
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::intake::v1::{
        CloseRequestRequest, CreateRequestRequest, DataItem, Enquiry, GetRequestRequest, LegalRequest,
        ListRequestsRequest, SubmitEnquiryRequest, SubmitRequestRequest, Target, UpdateRequestRequest,
        WithdrawRequestRequest, submit_request_request::Subject,
    },
};
use tonic::Code;

use crate::{
    suite::{Alone, Kind, Office},
    wire::{fresh_id, reason, submit, told, unsigned},
};

async fn refused(portal: &Office, request: LegalRequest) -> Vec<String> {
    let status = portal.requests().submit_request(submit(request)).await.unwrap_err();
    let (code, reason, fields) = told(&status);
    assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "FIELDS_INVALID"), "{status:?}");
    fields
}

fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: Utc::now().timestamp() + seconds, nanos: 0 })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_field_is_named_at_once() {
    let alone = Alone::start(Kind::Sqlite).await;
    let portal = alone.portal();
    let mut request = unsigned();
    let requester = request.requester.as_mut().unwrap();
    requester.country = "XX".to_owned();
    requester.authority_kind = 99;
    requester.officer.as_mut().unwrap().email = "nobody".to_owned();
    requester.officer.as_mut().unwrap().display_name = "Jane\u{7}Doe".to_owned();
    request.instrument.as_mut().unwrap().issue_time = at(3_600);
    request.instrument.as_mut().unwrap().title = "x".repeat(301);
    request.matter_type = 0;
    request.targets[0].names = vec!["Ann\u{0}".to_owned(), "Ann".to_owned()];
    request.targets[0].residence_country = "EU".to_owned();
    request.targets.push(Target { target_id: "target-1".to_owned(), ..Target::default() });
    request.targets.push(Target::default());
    request.items[0].target_ids = vec!["target-9".to_owned()];
    request.items[0].window = Some(Interval { start_time: at(0), end_time: at(-60) });
    request.items.push(DataItem { item_id: "item-1".to_owned(), ..DataItem::default() });
    request.documents = vec!["documents/1".to_owned()];
    request.follows_up = "requests/none".to_owned();
    let fields = refused(&portal, request).await;
    for field in [
        "request.requester.country",
        "request.requester.authority_kind",
        "request.requester.officer.email",
        "request.requester.officer.display_name",
        "request.instrument.issue_time",
        "request.instrument.title",
        "request.matter_type",
        "request.targets[0].names[0]",
        "request.targets[0].residence_country",
        "request.targets[1].target_id",
        "request.targets[2].target_id",
        "request.items[0].target_ids[0]",
        "request.items[0].window",
        "request.items[1].item_id",
        "request.items[1].element",
        "request.documents[0]",
        "request.follows_up",
    ] {
        assert_eq!(fields.iter().filter(|found| *found == field).count(), 1, "{field} in {fields:?}");
    }
    assert_eq!(fields.len(), 17, "{fields:?}");
    let all = portal.requests().list_requests(ListRequestsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.requests, []);
    assert_eq!(alone.events().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_and_too_many() {
    let alone = Alone::start(Kind::Sqlite).await;
    let portal = alone.portal();
    assert_eq!(refused(&portal, LegalRequest { targets: vec![], ..unsigned() }).await, ["request.targets"]);
    let many = |count: usize| -> Vec<Target> {
        let target = |index| Target { target_id: format!("target-{index}"), ..unsigned().targets.remove(0) };
        (0..count).map(target).collect()
    };
    assert_eq!(refused(&portal, LegalRequest { targets: many(10_000), ..unsigned() }).await, ["request.targets"]);
    let item = |index: usize| DataItem { item_id: format!("item-{index}"), ..unsigned().items.remove(0) };
    let items: Vec<DataItem> = (0..1_001).map(item).collect();
    assert_eq!(refused(&portal, LegalRequest { items, ..unsigned() }).await, ["request.items"]);
    // Each list is short enough, and still the scope would be of 40,000 decisions.
    let items: Vec<DataItem> = (0..200).map(item).collect();
    let asked = LegalRequest { items, targets: many(200), ..unsigned() };
    assert_eq!(refused(&portal, asked).await, ["request.items"]);
    file_of(&portal, LegalRequest { targets: many(1_000), ..unsigned() }).await;

    let mut huge = unsigned();
    huge.legal_grounds = "x".repeat(5 * 1024 * 1024);
    let status = portal.requests().submit_request(submit(huge)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "TOO_LARGE"));
    let names = LegalRequest { documents: vec!["x".to_owned(); 201], ..unsigned() };
    assert_eq!(refused(&portal, names).await, ["request.documents"]);
}

async fn file_of(portal: &Office, request: LegalRequest) {
    portal.requests().submit_request(submit(request)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_around_the_request_is_checked_too() {
    let alone = Alone::start(Kind::Sqlite).await;
    let portal = alone.portal();
    let analyst = alone.analyst();
    let fields = |status: tonic::Status| told(&status).2;

    let nothing = SubmitRequestRequest::default();
    assert_eq!(fields(portal.requests().submit_request(nothing).await.unwrap_err()), ["subject", "request_id"]);
    let odd = SubmitRequestRequest {
        subject: Some(Subject::Name("requests/1".to_owned())),
        etag: "?".to_owned(),
        request_id: "1".to_owned(),
        validate_only: false,
    };
    assert_eq!(fields(portal.requests().submit_request(odd).await.unwrap_err()), ["name", "etag", "request_id"]);
    let none = CreateRequestRequest::default();
    assert_eq!(fields(portal.requests().create_request(none).await.unwrap_err()), ["request", "request_id"]);
    let mask =
        prost_types::FieldMask { paths: vec!["state".to_owned(), "targets".to_owned(), "items.window".to_owned()] };
    let update = UpdateRequestRequest {
        request: Some(LegalRequest::default()),
        update_mask: Some(mask),
        request_id: fresh_id(),
    };
    assert_eq!(
        fields(portal.requests().update_request(update).await.unwrap_err()),
        ["update_mask.paths[0]", "update_mask.paths[2]", "request.name", "request.etag"]
    );
    let update = UpdateRequestRequest::default();
    let named = fields(portal.requests().update_request(update).await.unwrap_err());
    assert_eq!(named, ["update_mask", "request", "request_id"]);
    let withdraw = WithdrawRequestRequest { reason: "x".repeat(2_001), ..WithdrawRequestRequest::default() };
    assert_eq!(
        fields(portal.requests().withdraw_request(withdraw).await.unwrap_err()),
        ["name", "etag", "reason", "request_id"]
    );
    let close = CloseRequestRequest::default();
    assert_eq!(
        fields(analyst.requests().close_request(close).await.unwrap_err()),
        ["name", "etag", "outcome", "reason", "request_id"]
    );
    let get = GetRequestRequest { name: "documents/doc_1".to_owned() };
    assert_eq!(fields(portal.requests().get_request(get).await.unwrap_err()), ["name"]);
    let list = ListRequestsRequest { state: 77, country: "EU".to_owned(), page_size: -1, page_token: String::new() };
    assert_eq!(fields(portal.requests().list_requests(list).await.unwrap_err()), ["state", "country", "page_size"]);
    let enquiry = Enquiry { sender: "nobody".to_owned(), body: "\u{1b}[2J".to_owned(), ..Enquiry::default() };
    let enquiry = SubmitEnquiryRequest { enquiry: Some(enquiry), request_id: String::new() };
    assert_eq!(
        fields(portal.enquiries().submit_enquiry(enquiry).await.unwrap_err()),
        ["enquiry.sender", "enquiry.subject_line", "enquiry.body", "request_id"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_may_lack_anything_but_what_is_there_is_well_formed() {
    let alone = Alone::start(Kind::Sqlite).await;
    let portal = alone.portal();
    let mut request = LegalRequest::default();
    request.targets.push(Target { residence_country: "Narnia".to_owned(), ..Target::default() });
    let call = CreateRequestRequest { request: Some(request), request_id: fresh_id() };
    let status = portal.requests().create_request(call).await.unwrap_err();
    assert_eq!(told(&status).2, ["request.targets[0].target_id", "request.targets[0].residence_country"]);
}
