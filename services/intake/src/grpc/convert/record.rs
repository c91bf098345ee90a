//! What `RequestService` answers, for the wire.

use rogatory_chassis::{Caller, convert};
use rogatory_proto::rogatory::{intake::v1 as wire, verification::v1::Officer as WireOfficer};
use rogatory_store::etag;
use wire::legal_request;

use super::plan::plan;
use crate::{
    app::{Page, Record},
    domain::{
        completeness::Deficiency,
        conditions::{Condition, ConditionKind, Status},
        follow_up::Obligation,
        letter::Letter,
        progress::Entry,
        request::{DataItem, Emergency, Instrument, Officer, Particulars, Requester, Target},
        state::{Outcome, State},
    },
};

pub(in crate::grpc) fn checked(deficiencies: &[Deficiency]) -> wire::CheckRequestResponse {
    wire::CheckRequestResponse { deficiencies: deficiencies.iter().map(deficiency).collect() }
}

pub(in crate::grpc) fn requests(page: &Page<Record>, caller: &Caller) -> wire::ListRequestsResponse {
    wire::ListRequestsResponse {
        requests: page.rows.iter().map(|row| request(row, caller)).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}

/// The record as `caller` may read it.
pub(in crate::grpc) fn request(record: &Record, caller: &Caller) -> wire::LegalRequest {
    let Record { version, timeline, letters, .. } = record;
    let request = record.shown_to(caller);
    let wrote = &request.particulars;
    // What was only checked is not stored, and so has neither a name nor an etag.
    let stored = *version > 0;
    wire::LegalRequest {
        name: if stored { request.id.name() } else { String::new() },
        state: state(request.state).into(),
        outcome: request.outcome.map_or(legal_request::Outcome::Unspecified, outcome).into(),
        etag: if stored { etag(*version) } else { String::new() },
        plan: request.plan.as_ref().map(|found| plan(found, &request.id)),
        conditions: request.conditions.iter().map(condition).collect(),
        deficiencies: request.deficiencies.iter().map(deficiency).collect(),
        verification: request.verification.as_ref().map(|known| known.id.name()).unwrap_or_default(),
        decision: request.decision.as_ref().map(|known| known.id.name()).unwrap_or_default(),
        quotes: request.quotes.iter().map(|quote| quote.id.name()).collect(),
        grant: request.grant.as_ref().map(|grant| grant.id.name()).unwrap_or_default(),
        findings: convert::findings(&request.findings),
        obligations: request.obligations.iter().map(obligation).collect(),
        timeline: timeline.iter().map(entry).collect(),
        letters: letters.iter().map(letter).collect(),
        submitter: request.submitter.clone(),
        create_time: Some(convert::timestamp(request.create_time)),
        receive_time: request.receive_time.map(convert::timestamp),
        update_time: Some(convert::timestamp(request.update_time)),
        ..particulars(wrote)
    }
}

fn particulars(wrote: &Particulars) -> wire::LegalRequest {
    wire::LegalRequest {
        platform: text(&wrote.platform),
        requester: Some(requester(&wrote.requester)),
        instrument: Some(instrument(&wrote.instrument)),
        matter_type: wrote.matter_type.map(convert::matter_type).map_or(0, Into::into),
        targets: wrote.targets.iter().map(target).collect(),
        items: wrote.items.iter().map(item).collect(),
        nature_of_investigation: text(&wrote.nature_of_investigation),
        legal_grounds: text(&wrote.legal_grounds),
        served_contact: text(&wrote.served_contact),
        emergency: wrote.emergency.as_ref().map(emergency),
        documents: wrote.documents.iter().map(|document| document.id.name()).collect(),
        follows_up: wrote.follows_up.map(|id| id.name()).unwrap_or_default(),
        ..wire::LegalRequest::default()
    }
}

fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}

fn state(state: State) -> legal_request::State {
    match state {
        State::Draft => legal_request::State::Draft,
        State::Received => legal_request::State::Received,
        State::Assessing => legal_request::State::Assessing,
        State::Deficient => legal_request::State::Deficient,
        State::Misdirected => legal_request::State::Misdirected,
        State::Verifying => legal_request::State::Verifying,
        State::UnderReview => legal_request::State::UnderReview,
        State::Held => legal_request::State::Held,
        State::Approved => legal_request::State::Approved,
        State::Produced => legal_request::State::Produced,
        State::Closed => legal_request::State::Closed,
    }
}

fn outcome(outcome: Outcome) -> legal_request::Outcome {
    match outcome {
        Outcome::CompliedInFull => legal_request::Outcome::CompliedInFull,
        Outcome::CompliedInPart => legal_request::Outcome::CompliedInPart,
        Outcome::NoData => legal_request::Outcome::NoData,
        Outcome::Rejected => legal_request::Outcome::Rejected,
        Outcome::Withdrawn => legal_request::Outcome::Withdrawn,
        Outcome::Duplicate => legal_request::Outcome::Duplicate,
        Outcome::OutOfScope => legal_request::Outcome::OutOfScope,
        Outcome::Redirected => legal_request::Outcome::Redirected,
    }
}

fn requester(value: &Requester) -> wire::Requester {
    wire::Requester {
        agency_name: text(&value.agency_name),
        authority_kind: value.authority_kind.map(convert::authority_kind).map_or(0, Into::into),
        country: value.country.map(|country| country.alpha2().to_owned()).unwrap_or_default(),
        officer: Some(officer(&value.officer)),
        agency_reference: text(&value.agency_reference),
    }
}

fn officer(value: &Officer) -> WireOfficer {
    WireOfficer {
        display_name: text(&value.display_name),
        title: text(&value.title),
        email: text(&value.email),
        phone: text(&value.phone),
        postal_address: text(&value.postal_address),
        credential_kind: text(&value.credential_kind),
        credential_number: text(&value.credential_number),
        credential_issuer: text(&value.credential_issuer),
        credential_expire_time: value.credential_expire_time.map(convert::timestamp),
    }
}

fn instrument(value: &Instrument) -> wire::Instrument {
    wire::Instrument {
        kind: value.kind.map(convert::instrument_kind).map_or(0, Into::into),
        title: text(&value.title),
        reference: text(&value.reference),
        issue_time: value.issue_time.map(convert::timestamp),
        issuer: text(&value.issuer),
    }
}

fn target(value: &Target) -> wire::Target {
    wire::Target {
        target_id: value.target_id.clone(),
        names: value.names.clone(),
        aliases: value.aliases.clone(),
        street_addresses: value.street_addresses.clone(),
        emails: value.emails.clone(),
        phones: value.phones.clone(),
        platform_ids: value.platform_ids.clone(),
        listings: value.listings.clone(),
        transactions: value.transactions.clone(),
        residence_country: value.residence_country.map(|country| country.alpha2().to_owned()).unwrap_or_default(),
        residence_evidence: value.residence_evidence.iter().map(convert::residence_evidence).collect(),
    }
}

fn item(value: &DataItem) -> wire::DataItem {
    wire::DataItem {
        item_id: value.item_id.clone(),
        element: value.element.clone(),
        target_ids: value.target_ids.clone(),
        description: text(&value.description),
        window: value.window.map(convert::interval),
    }
}

fn emergency(value: &Emergency) -> wire::Emergency {
    wire::Emergency {
        threat: text(&value.threat),
        urgency: text(&value.urgency),
        form_completed: value.form_completed,
        follow_up_promised: value.follow_up_promised,
    }
}

fn condition(value: &Condition) -> wire::Condition {
    use wire::condition::{Status as WireStatus, Type};
    let kind = match value.kind {
        ConditionKind::Complete => Type::Complete,
        ConditionKind::Routed => Type::Routed,
        ConditionKind::Verified => Type::Verified,
        ConditionKind::Scoped => Type::Scoped,
        ConditionKind::CostAgreed => Type::CostAgreed,
        ConditionKind::Produced => Type::Produced,
        ConditionKind::Progressing => Type::Progressing,
    };
    let status = match value.status {
        Status::True => WireStatus::True,
        Status::False => WireStatus::False,
        Status::Unknown => WireStatus::Unknown,
    };
    wire::Condition {
        r#type: kind.into(),
        status: status.into(),
        reason: value.reason.clone(),
        message: value.message.clone(),
        last_transition_time: Some(convert::timestamp(value.last_transition_time)),
    }
}

fn deficiency(value: &Deficiency) -> wire::Deficiency {
    wire::Deficiency {
        code: value.code.clone(),
        item: value.item.clone(),
        field: value.field.clone(),
        sentence: value.sentence.clone(),
        cure: value.cure.clone(),
        citations: value.citations.iter().map(convert::citation).collect(),
    }
}

fn obligation(value: &Obligation) -> wire::Obligation {
    wire::Obligation {
        code: value.code.clone(),
        sentence: value.sentence.clone(),
        due_time: value.due_time.map(convert::timestamp),
        settle_time: value.settle_time.map(convert::timestamp),
        citations: value.citations.iter().map(convert::citation).collect(),
    }
}

fn entry(value: &Entry) -> wire::TimelineEntry {
    wire::TimelineEntry {
        entry_time: Some(convert::timestamp(value.entry_time)),
        actor: value.actor.clone(),
        kind: value.kind.clone(),
        state: state(value.state).into(),
        sentence: value.sentence.clone(),
    }
}

fn letter(value: &Letter) -> wire::Letter {
    wire::Letter {
        name: value.id.name(),
        template: value.template.as_str().to_owned(),
        subject: value.subject.clone(),
        body: value.body.clone(),
        create_time: Some(convert::timestamp(value.create_time)),
    }
}
