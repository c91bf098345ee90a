//! The messages of `EnquiryService`.

use rogatory_chassis::{CallKey, Failure, FieldFaults, convert};
use rogatory_names::EnquiryId;
use rogatory_proto::rogatory::intake::v1 as wire;
use wire::enquiry;

use super::{finish, paging};
use crate::{
    app::{ListEnquiries, Page, SubmitEnquiry},
    domain::enquiry::{Asked, Enquiry, EnquiryState, Subject},
};

/// The longest subject line, in characters.
const LONGEST_SUBJECT_LINE: usize = 500;
/// The longest text, in characters.
const LONGEST_BODY: usize = 50_000;

// Requests.

pub(in crate::grpc) fn submit(m: &wire::SubmitEnquiryRequest) -> Result<SubmitEnquiry, Failure> {
    let mut faults = FieldFaults::new();
    let enquiry = m.enquiry.clone().unwrap_or_default();
    if m.enquiry.is_none() {
        faults.add("enquiry", "is required");
    }
    let sender = faults.email("enquiry.sender", &enquiry.sender);
    let subject_line = faults.text("enquiry.subject_line", &enquiry.subject_line, LONGEST_SUBJECT_LINE);
    let body = faults.prose("enquiry.body", &enquiry.body, LONGEST_BODY);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| {
        let asked = Asked { sender: sender?, subject_line: subject_line?, body: body? };
        Some(SubmitEnquiry { asked, key: key? })
    })();
    finish(faults, read)
}

pub(in crate::grpc) fn name(name: &str) -> Result<EnquiryId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, EnquiryId::parse_name);
    finish(faults, id)
}

pub(in crate::grpc) fn list(m: &wire::ListEnquiriesRequest) -> Result<ListEnquiries, Failure> {
    let mut faults = FieldFaults::new();
    let state = faults.optional_one_of("state", m.state).and_then(read_state);
    let paging = paging(&mut faults, m.page_size, &m.page_token);
    finish(faults, paging.map(|paging| ListEnquiries { state, paging }))
}

fn read_state(state: enquiry::State) -> Option<EnquiryState> {
    match state {
        enquiry::State::Unspecified => None,
        enquiry::State::Open => Some(EnquiryState::Open),
        enquiry::State::Redirected => Some(EnquiryState::Redirected),
        enquiry::State::Unanswered => Some(EnquiryState::Unanswered),
    }
}

// Answers.

pub(in crate::grpc) fn enquiry(value: &Enquiry) -> wire::Enquiry {
    let subject = match value.subject {
        Subject::General => enquiry::Subject::General,
        Subject::ServiceAttempt => enquiry::Subject::ServiceAttempt,
        Subject::SpecificRequest => enquiry::Subject::SpecificRequest,
        Subject::Ipr => enquiry::Subject::Ipr,
        Subject::CustomerService => enquiry::Subject::CustomerService,
        Subject::Impertinent => enquiry::Subject::Impertinent,
    };
    let state = match value.state {
        EnquiryState::Open => enquiry::State::Open,
        EnquiryState::Redirected => enquiry::State::Redirected,
        EnquiryState::Unanswered => enquiry::State::Unanswered,
    };
    wire::Enquiry {
        name: value.id.name(),
        sender: value.sender.clone(),
        subject_line: value.subject_line.clone(),
        body: value.body.clone(),
        subject: subject.into(),
        state: state.into(),
        rule: value.rule.clone(),
        answer: value.answer.clone(),
        findings: convert::findings(&value.findings),
        submitter: value.submitter.clone(),
        create_time: Some(convert::timestamp(value.create_time)),
    }
}

pub(in crate::grpc) fn enquiries(page: &Page<Enquiry>) -> wire::ListEnquiriesResponse {
    wire::ListEnquiriesResponse {
        enquiries: page.rows.iter().map(enquiry).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}
