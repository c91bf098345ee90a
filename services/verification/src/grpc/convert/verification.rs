//! Verifications.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, Utc};
use rogatory_chassis::{
    CallKey, Failure, FieldFaults,
    convert::{findings, provenance, read_authority_kind, read_instrument_kind, timestamp},
};
use rogatory_names::{RequestId, VerificationId};
use rogatory_proto::rogatory::verification::v1 as wire;
use rogatory_rulebook::Digest;

use super::{
    LONGEST_LINE, LONGEST_NOTE, all, etag,
    evidence::{evidence, report},
    size,
};
use crate::{
    app::{Copy, Message, Opening, Stored, VerificationFilter, message_check::Envelope},
    domain::{
        approval::Approval,
        rules::{Level, VerificationRules},
        verification::{Credential, Facts, Officer, Report, State, Verification},
    },
};

/// As many signed copies as one request may have, as the schema has it.
const MOST_COPIES: usize = 20;
/// As many keys of targets, as the schema has it.
const MOST_TARGETS: usize = 1_000;
/// The longest key of a target.
const LONGEST_KEY: usize = 128;
/// Bytes of the largest copy or message, as the schema has it.
const LARGEST: usize = 8 * 1024 * 1024;
/// Bytes of the largest detached signature, as the schema has it.
const LARGEST_SIGNATURE: usize = 1024 * 1024;
/// The longest code that is looked at.
const LONGEST_CODE: usize = 32;

/// Reads an `OpenVerificationRequest`.
pub(in crate::grpc) fn open_verification(
    mut message: wire::OpenVerificationRequest,
    now: DateTime<Utc>,
) -> Result<(Opening, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let key = CallKey::read(&mut faults, &message.request_id, &message);
    let copies = copies(&mut faults, std::mem::take(&mut message.signed_copies));
    let received = message.message.take().map(|message| received(&mut faults, message));
    let facts = facts(&mut faults, &message, &copies, now);
    all(faults, || {
        let message = match received {
            None => None,
            Some(received) => Some(received?),
        };
        Some((Opening { facts: facts?, message, copies }, key?))
    })
}

fn facts(
    faults: &mut FieldFaults,
    message: &wire::OpenVerificationRequest,
    copies: &[Copy],
    now: DateTime<Utc>,
) -> Option<Facts> {
    let request = faults.name("request", &message.request, RequestId::parse_name);
    let agency_name = faults.text("agency_name", &message.agency_name, LONGEST_LINE);
    let country = faults.country("country", &message.country);
    let stated_kind = read_authority_kind(faults, "authority_kind", message.authority_kind);
    let instrument = read_instrument_kind(faults, "instrument_kind", message.instrument_kind);
    let officer = officer(faults, message.officer.as_ref());
    let receive_time = faults.past_time("receive_time", message.receive_time.as_ref(), now);
    let submitter = faults.optional_text("submitter", &message.submitter, LONGEST_LINE);
    if submitter.as_ref().is_some_and(|submitter| !submitter.contains(':')) {
        faults.add("submitter", "is not `person:` and a subject");
    }
    if faults.optional_list("target_keys", &message.target_keys, MOST_TARGETS) {
        for (index, target) in message.target_keys.iter().enumerate() {
            faults.text(&format!("target_keys[{index}]"), target, LONGEST_KEY);
        }
    }
    let follows_up = faults.optional_name("follows_up", &message.follows_up, RequestId::parse_name);
    if follows_up.is_some() && follows_up == request {
        faults.add("follows_up", "is the request itself");
    }
    Some(Facts {
        request: request?,
        agency_name: agency_name?,
        country: country?,
        stated_kind: stated_kind?,
        instrument: instrument?,
        officer: officer?,
        emergency: message.emergency,
        signed_copies: copies.iter().map(|copy| copy.digest).collect(),
        receive_time: receive_time?,
        submitter,
        target_keys: message.target_keys.clone(),
        follows_up,
    })
}

fn officer(faults: &mut FieldFaults, message: Option<&wire::Officer>) -> Option<Officer> {
    let Some(message) = message else {
        faults.add("officer", "is required");
        return None;
    };
    let display_name = faults.text("officer.display_name", &message.display_name, LONGEST_LINE);
    let email = faults.optional_email("officer.email", &message.email);
    let postal_address = faults.optional_prose("officer.postal_address", &message.postal_address, LONGEST_NOTE);
    let expire_time = faults.optional_time("officer.credential_expire_time", message.credential_expire_time.as_ref());
    let mut line = |field: &str, value: &str| faults.optional_text(&format!("officer.{field}"), value, LONGEST_LINE);
    Some(Officer {
        title: line("title", &message.title),
        phone: line("phone", &message.phone),
        credential: Credential {
            kind: line("credential_kind", &message.credential_kind),
            number: line("credential_number", &message.credential_number),
            issuer: line("credential_issuer", &message.credential_issuer),
            expire_time,
        },
        display_name: display_name?,
        email,
        postal_address,
    })
}

fn copies(faults: &mut FieldFaults, messages: Vec<wire::SignedCopy>) -> Vec<Copy> {
    let mut copies = Vec::new();
    if !faults.optional_list("signed_copies", &messages, MOST_COPIES) {
        return copies;
    }
    let file = |bytes: Vec<u8>| Some(bytes).filter(|bytes| !bytes.is_empty());
    for (index, message) in messages.into_iter().enumerate() {
        let field = |name: &str| format!("signed_copies[{index}].{name}");
        let (content, detached) = (file(message.content), file(message.detached_signature));
        for (name, bytes, most) in
            [("content", &content, LARGEST), ("detached_signature", &detached, LARGEST_SIGNATURE)]
        {
            if bytes.as_ref().is_some_and(|bytes| bytes.len() > most) {
                faults.add(field(name), format!("is larger than {most} bytes"));
            }
        }
        let Ok(digest) = message.digest.parse::<Digest>() else {
            faults.add(field("digest"), "is not `sha256:` and 64 hexadecimal digits");
            continue;
        };
        if content.as_ref().is_some_and(|content| Digest::of(content) != digest) {
            faults.add(field("digest"), "is not the digest of the content");
        }
        if detached.is_some() && content.is_none() {
            faults.add(field("content"), "is required with a detached signature");
        }
        copies.push(Copy { digest, content, detached });
    }
    copies
}

fn received(faults: &mut FieldFaults, message: wire::ReceivedMessage) -> Option<Message> {
    if message.raw.is_empty() {
        faults.add("message.raw", "is required");
    } else if message.raw.len() > LARGEST {
        faults.add("message.raw", format!("is larger than {LARGEST} bytes"));
    }
    let wire::ReceivedMessage { raw, client_ip, helo, mail_from } = message;
    if client_ip.is_empty() {
        if !helo.is_empty() || !mail_from.is_empty() {
            faults.add("message.client_ip", "is required with `helo` or `mail_from`");
        }
        return Some(Message { raw, envelope: None });
    }
    let ip = client_ip.parse::<IpAddr>().map_err(|_| faults.add("message.client_ip", "is not an IP address")).ok();
    let any = ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    for (field, alone) in
        [("message.helo", Envelope::new(any, &helo, "")), ("message.mail_from", Envelope::new(any, "", &mail_from))]
    {
        if alone.is_err() {
            faults.add(field, "is nothing that a mail server sends");
        }
    }
    Some(Message { raw, envelope: Some(Envelope::new(ip?, &helo, &mail_from).ok()?) })
}

/// Reads the name of a verification.
pub(in crate::grpc) fn name(name: &str) -> Result<VerificationId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, VerificationId::parse_name);
    all(faults, || id)
}

/// Reads a `ListVerificationsRequest` but for its token.
pub(in crate::grpc) fn list_verifications(
    message: &wire::ListVerificationsRequest,
) -> Result<(VerificationFilter, u64), Failure> {
    use wire::verification::State as W;
    let mut faults = FieldFaults::new();
    let request = faults.optional_name("request", &message.request, RequestId::parse_name);
    let state = faults.optional_one_of::<W>("state", message.state).and_then(|state| match state {
        W::Unspecified => None,
        W::Open => Some(State::Open),
        W::Verified => Some(State::Verified),
        W::Denied => Some(State::Denied),
    });
    let size = size(&mut faults, message.page_size);
    all(faults, || Some((VerificationFilter { request, state }, size?)))
}

/// Reads a `RecordEvidenceRequest`.
pub(in crate::grpc) fn record_evidence(
    message: &wire::RecordEvidenceRequest,
    now: DateTime<Utc>,
) -> Result<(VerificationId, Report, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    let report = report(&mut faults, message.evidence.as_ref(), now);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((id?, report?, key?)))
}

/// Reads a `SendChallengeRequest`.
pub(in crate::grpc) fn send_challenge(
    message: &wire::SendChallengeRequest,
) -> Result<(VerificationId, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((id?, key?)))
}

/// Reads an `AnswerChallengeRequest`.
pub(in crate::grpc) fn answer_challenge(
    message: &wire::AnswerChallengeRequest,
) -> Result<(VerificationId, String, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    let code = faults.text("code", &message.code, LONGEST_CODE);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((id?, code?, key?)))
}

/// A verification as it was read: its id and the version behind its etag.
type At = (VerificationId, i64);

/// Reads an `ApproveVerificationRequest`.
pub(in crate::grpc) fn approve_verification(
    message: &wire::ApproveVerificationRequest,
) -> Result<(At, String, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    let version = etag(&mut faults, "etag", &message.etag);
    let reason = faults.prose("reason", &message.reason, LONGEST_NOTE);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some(((id?, version?), reason?, key?)))
}

/// Reads a `ConcludeVerificationRequest`.
pub(in crate::grpc) fn conclude_verification(
    message: &wire::ConcludeVerificationRequest,
) -> Result<(VerificationId, i64, CallKey), Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", &message.name, VerificationId::parse_name);
    let version = etag(&mut faults, "etag", &message.etag);
    let key = CallKey::read(&mut faults, &message.request_id, message);
    all(faults, || Some((id?, version?, key?)))
}

/// A verification for the wire, as it is at a time.
pub(in crate::grpc) fn verification(
    stored: &Stored<Verification>,
    rules: &VerificationRules,
    now: DateTime<Utc>,
) -> wire::Verification {
    use wire::verification::State as W;
    let value = &stored.value;
    let state = match value.state {
        State::Open => W::Open,
        State::Verified => W::Verified,
        State::Denied => W::Denied,
    };
    let approval = |approval: &Approval| wire::Approval {
        approver: approval.approver.clone(),
        approve_time: Some(timestamp(approval.approve_time)),
    };
    wire::Verification {
        name: value.id.name(),
        request: value.facts.request.name(),
        state: state.into(),
        level: level(value.level).into(),
        required_level: level(value.required_level).into(),
        agency: value.agency.map(|agency| agency.name()).unwrap_or_default(),
        evidence: value.evidence.iter().map(evidence).collect(),
        needs: findings(&value.needs(rules)),
        findings: findings(&value.findings_at(rules, now)),
        provenance: Some(provenance(&value.provenance)),
        opener: value.opener.clone(),
        create_time: Some(timestamp(value.create_time)),
        conclude_time: value.conclude_time.map(timestamp),
        expire_time: value.expire_time.map(timestamp),
        etag: stored.etag(),
        approvals: value.approvals().map(approval).collect(),
        reopen_time: value.reopen_time.map(timestamp),
        debt_due_time: value.debt_due_time().map(timestamp),
    }
}

fn level(level: Level) -> wire::verification::Level {
    use wire::verification::Level as W;
    match level {
        Level::Unverified => W::Unverified,
        Level::Basic => W::Basic,
        Level::Enhanced => W::Enhanced,
    }
}
