//! Enquiries over the wire.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::intake::v1::{
    Enquiry, GetEnquiryRequest, ListEnquiriesRequest, SubmitEnquiryRequest,
    enquiry::{State, Subject},
};
use tonic::Code;

use crate::{
    on_both_engines,
    suite::{Alone, Kind, Office},
    wire::{fresh_id, reason},
};

on_both_engines! { enquiries_are_stored_sorted_and_listed }

async fn ask(office: &Office, line: &str, body: &str) -> Enquiry {
    let enquiry = Enquiry {
        sender: "officer@agency.example".to_owned(),
        subject_line: line.to_owned(),
        body: body.to_owned(),
        ..Enquiry::default()
    };
    let call = SubmitEnquiryRequest { enquiry: Some(enquiry), request_id: fresh_id() };
    let first = office.enquiries().submit_enquiry(call.clone()).await.unwrap().into_inner();
    assert_eq!(office.enquiries().submit_enquiry(call).await.unwrap().into_inner(), first);
    first
}

async fn enquiries_are_stored_sorted_and_listed(kind: Kind) {
    let alone = Alone::start_with(kind, |settings| {
        settings.docket.workers = 0;
        settings.links.customer_service = Some("https://service.example/".to_owned());
    })
    .await;
    let portal = alone.portal();
    let general = ask(&portal, "Macau", "Does the guide apply to Macau?").await;
    assert_eq!((general.subject(), general.state(), general.rule.as_str()), (Subject::General, State::Open, "general"));
    let parcel = ask(&portal, "Help", "Where is my parcel?").await;
    assert_eq!((parcel.subject(), parcel.state()), (Subject::CustomerService, State::Redirected));
    assert!(parcel.answer.contains("https://service.example/") && parcel.findings[0].citations[0].section == "§8");
    let served = ask(&portal, "Subpoena", "Please accept service of the attached subpoena").await;
    assert_eq!((served.subject(), served.state()), (Subject::ServiceAttempt, State::Redirected));
    let rude = ask(&portal, "You", "idiots").await;
    assert_eq!((rude.subject(), rude.state(), rude.answer.as_str()), (Subject::Impertinent, State::Unanswered, ""));

    let get = GetEnquiryRequest { name: general.name.clone() };
    assert_eq!(portal.enquiries().get_enquiry(get.clone()).await.unwrap().into_inner(), general);
    let other = alone.person("other", &[Role::Submitter]);
    assert_eq!(other.enquiries().get_enquiry(get).await.unwrap_err().code(), Code::NotFound);
    let all = |state: State| ListEnquiriesRequest { state: state.into(), page_size: 1, page_token: String::new() };
    let first = portal.enquiries().list_enquiries(all(State::Redirected)).await.unwrap().into_inner();
    assert_eq!(first.enquiries, [served]);
    let next = ListEnquiriesRequest { page_token: first.next_page_token.clone(), ..all(State::Redirected) };
    let second = portal.enquiries().list_enquiries(next).await.unwrap().into_inner();
    assert_eq!((second.enquiries, second.next_page_token.as_str()), (vec![parcel], ""));
    let mismatch = ListEnquiriesRequest { page_token: first.next_page_token, ..all(State::Open) };
    assert_eq!(reason(&portal.enquiries().list_enquiries(mismatch).await.unwrap_err()), "TOKEN_MISMATCH");
    let none = other.enquiries().list_enquiries(ListEnquiriesRequest::default()).await.unwrap().into_inner();
    assert_eq!(none.enquiries, []);
    let events = alone.events().await;
    assert_eq!(events.len(), 4);
    assert_eq!(events[3].facts["rule"], "impertinent");
}
