//! What `RequestService` is asked, from the wire.

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallKey, Failure, FieldFaults};
use rogatory_names::RequestId;
use rogatory_proto::rogatory::intake::v1 as wire;
use wire::legal_request;

use super::{LONGEST_REASON, finish, paging, version, written};
use crate::{
    app::{
        CloseRequest, CreateRequest, Field, ListRequests, Subject, SubmitRequest, UpdateRequest, WithdrawRequest,
        Written,
    },
    domain::state::{Outcome, State},
};

pub(in crate::grpc) fn create(m: &wire::CreateRequestRequest, now: DateTime<Utc>) -> Result<CreateRequest, Failure> {
    let mut faults = FieldFaults::new();
    let written = whole(&mut faults, m.request.as_ref(), now, false);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    finish(faults, written.zip(key).map(|(written, key)| CreateRequest { written, key }))
}

pub(in crate::grpc) fn name(name: &str) -> Result<RequestId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, RequestId::parse_name);
    finish(faults, id)
}

pub(in crate::grpc) fn list(m: &wire::ListRequestsRequest) -> Result<ListRequests, Failure> {
    let mut faults = FieldFaults::new();
    let state = faults.optional_one_of("state", m.state).and_then(read_state);
    let country = faults.optional_country("country", &m.country);
    let paging = paging(&mut faults, m.page_size, &m.page_token);
    finish(faults, paging.map(|paging| ListRequests { state, country, paging }))
}

pub(in crate::grpc) fn check(m: &wire::CheckRequestRequest, now: DateTime<Utc>) -> Result<Written, Failure> {
    let mut faults = FieldFaults::new();
    let written = whole(&mut faults, m.request.as_ref(), now, true);
    finish(faults, written)
}

pub(in crate::grpc) fn submit(m: &wire::SubmitRequestRequest, now: DateTime<Utc>) -> Result<SubmitRequest, Failure> {
    use wire::submit_request_request::Subject as WireSubject;
    let mut faults = FieldFaults::new();
    let subject = match &m.subject {
        None => {
            faults.add("subject", "is required: the name of a draft, or the whole request");
            None
        }
        Some(WireSubject::Name(name)) => {
            let id = faults.name("name", name, RequestId::parse_name);
            let version = version(&mut faults, "etag", &m.etag);
            id.zip(version).map(|(id, version)| Subject::Draft { id, version })
        }
        Some(WireSubject::Request(request)) => {
            whole(&mut faults, Some(request), now, true).map(|written| Subject::Whole(Box::new(written)))
        }
    };
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let validate_only = m.validate_only;
    finish(faults, subject.zip(key).map(|(subject, key)| SubmitRequest { subject, key, validate_only }))
}

pub(in crate::grpc) fn update(m: &wire::UpdateRequestRequest, now: DateTime<Utc>) -> Result<UpdateRequest, Failure> {
    let mut faults = FieldFaults::new();
    let fields = fields(&mut faults, m.update_mask.as_ref());
    let read = match &m.request {
        None => {
            faults.add("request", "is required");
            None
        }
        Some(request) => {
            let id = faults.name("request.name", &request.name, RequestId::parse_name);
            let version = version(&mut faults, "request.etag", &request.etag);
            // What the mask does not name is not taken, so it is not looked at either.
            let taken = taken(request, &fields);
            let written = written::written(&mut faults, &taken, now);
            id.zip(version).map(|(id, version)| (id, version, written))
        }
    };
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = read.zip(key);
    finish(faults, read.map(|((id, version, written), key)| UpdateRequest { id, version, written, fields, key }))
}

pub(in crate::grpc) fn withdraw(m: &wire::WithdrawRequestRequest) -> Result<WithdrawRequest, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &m.name, RequestId::parse_name);
    let version = version(&mut faults, "etag", &m.etag);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(WithdrawRequest { id: id?, version: version?, reason: reason?, key: key? }))();
    finish(faults, read)
}

pub(in crate::grpc) fn close(m: &wire::CloseRequestRequest) -> Result<CloseRequest, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &m.name, RequestId::parse_name);
    let version = version(&mut faults, "etag", &m.etag);
    let outcome = faults.one_of("outcome", m.outcome).and_then(read_outcome);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(CloseRequest { id: id?, version: version?, outcome: outcome?, reason: reason?, key: key? }))();
    finish(faults, read)
}

fn whole(
    faults: &mut FieldFaults,
    request: Option<&wire::LegalRequest>,
    now: DateTime<Utc>,
    filed: bool,
) -> Option<Written> {
    let Some(request) = request else {
        faults.add("request", "is required");
        return None;
    };
    let written = written::written(faults, request, now);
    if filed {
        written::essential(faults, &written);
    }
    written::consistent(faults, &written);
    Some(written)
}

fn fields(faults: &mut FieldFaults, mask: Option<&prost_types::FieldMask>) -> Vec<Field> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if paths.is_empty() {
        faults.add("update_mask", "is required: the names of the fields to take");
    }
    let mut fields = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let field = match path.as_str() {
            "platform" => Field::Platform,
            "requester" => Field::Requester,
            "instrument" => Field::Instrument,
            "matter_type" => Field::MatterType,
            "targets" => Field::Targets,
            "items" => Field::Items,
            "nature_of_investigation" => Field::NatureOfInvestigation,
            "legal_grounds" => Field::LegalGrounds,
            "served_contact" => Field::ServedContact,
            "emergency" => Field::Emergency,
            "documents" => Field::Documents,
            "follows_up" => Field::FollowsUp,
            _ => {
                let text = "is not a field on the first level of a request that a caller may change";
                faults.add(format!("update_mask.paths[{index}]"), text);
                continue;
            }
        };
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}

fn taken(request: &wire::LegalRequest, fields: &[Field]) -> wire::LegalRequest {
    let mut taken = wire::LegalRequest::default();
    for field in fields {
        match field {
            Field::Platform => taken.platform.clone_from(&request.platform),
            Field::Requester => taken.requester.clone_from(&request.requester),
            Field::Instrument => taken.instrument.clone_from(&request.instrument),
            Field::MatterType => taken.matter_type = request.matter_type,
            Field::Targets => taken.targets.clone_from(&request.targets),
            Field::Items => taken.items.clone_from(&request.items),
            Field::NatureOfInvestigation => taken.nature_of_investigation.clone_from(&request.nature_of_investigation),
            Field::LegalGrounds => taken.legal_grounds.clone_from(&request.legal_grounds),
            Field::ServedContact => taken.served_contact.clone_from(&request.served_contact),
            Field::Emergency => taken.emergency.clone_from(&request.emergency),
            Field::Documents => taken.documents.clone_from(&request.documents),
            Field::FollowsUp => taken.follows_up.clone_from(&request.follows_up),
        }
    }
    taken
}

fn read_state(state: legal_request::State) -> Option<State> {
    match state {
        legal_request::State::Unspecified => None,
        legal_request::State::Draft => Some(State::Draft),
        legal_request::State::Received => Some(State::Received),
        legal_request::State::Assessing => Some(State::Assessing),
        legal_request::State::Deficient => Some(State::Deficient),
        legal_request::State::Misdirected => Some(State::Misdirected),
        legal_request::State::Verifying => Some(State::Verifying),
        legal_request::State::UnderReview => Some(State::UnderReview),
        legal_request::State::Held => Some(State::Held),
        legal_request::State::Approved => Some(State::Approved),
        legal_request::State::Produced => Some(State::Produced),
        legal_request::State::Closed => Some(State::Closed),
    }
}

fn read_outcome(outcome: legal_request::Outcome) -> Option<Outcome> {
    match outcome {
        legal_request::Outcome::Unspecified => None,
        legal_request::Outcome::CompliedInFull => Some(Outcome::CompliedInFull),
        legal_request::Outcome::CompliedInPart => Some(Outcome::CompliedInPart),
        legal_request::Outcome::NoData => Some(Outcome::NoData),
        legal_request::Outcome::Rejected => Some(Outcome::Rejected),
        legal_request::Outcome::Withdrawn => Some(Outcome::Withdrawn),
        legal_request::Outcome::Duplicate => Some(Outcome::Duplicate),
        legal_request::Outcome::OutOfScope => Some(Outcome::OutOfScope),
        legal_request::Outcome::Redirected => Some(Outcome::Redirected),
    }
}
