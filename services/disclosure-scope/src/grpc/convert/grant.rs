//! Grants and productions.

use rogatory_chassis::{CallKey, Failure, FieldFaults, convert};
use rogatory_names::{GrantId, ProductionId, RequestId};
use rogatory_proto::rogatory::disclosure::v1 as wire;
use rogatory_rulebook::Digest;
use rogatory_store::{etag, parse_etag};

use super::{LONGEST_KEY, LONGEST_NAME, LONGEST_REASON, finish, interval, paging};
use crate::{
    app::{Page, Paging, RecordProduction, RevokeGrant},
    domain::{
        grant::{self, Answer, Grant, Permission, Record},
        production::{ProducedFile, Production},
    },
    store::Versioned,
};

/// The most files of a production.
const MOST_FILES: usize = 10_000;

pub(in crate::grpc) fn revoke_grant(m: &wire::RevokeGrantRequest) -> Result<RevokeGrant, Failure> {
    let mut faults = FieldFaults::new();
    let grant = faults.name("name", &m.name, GrantId::parse_name);
    let version = faults.name("etag", &m.etag, parse_etag);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(RevokeGrant { grant: grant?, version: version?, reason: reason?, key: key? }))();
    finish(faults, read)
}

pub(in crate::grpc) fn grant_name(name: &str) -> Result<GrantId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, GrantId::parse_name);
    finish(faults, id)
}

pub(in crate::grpc) fn production_name(name: &str) -> Result<ProductionId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, ProductionId::parse_name);
    finish(faults, id)
}

pub(in crate::grpc) fn list_grants(
    m: &wire::ListGrantsRequest,
) -> Result<(Option<RequestId>, Option<grant::State>, Paging), Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.optional_name("request", &m.request, RequestId::parse_name);
    let state = faults.optional_one_of("state", m.state).and_then(|state| match state {
        wire::grant::State::Unspecified => None,
        wire::grant::State::Active => Some(grant::State::Active),
        wire::grant::State::Revoked => Some(grant::State::Revoked),
    });
    let paging = paging(&mut faults, m.page_size, &m.page_token);
    finish(faults, Some((request, state, paging)))
}

pub(in crate::grpc) fn check_disclosure(m: &wire::CheckDisclosureRequest) -> Result<(GrantId, Record), Failure> {
    let mut faults = FieldFaults::new();
    let grant = faults.name("grant", &m.grant, GrantId::parse_name);
    let target_id = faults.text("target_id", &m.target_id, LONGEST_KEY);
    let element = faults.text("element", &m.element, LONGEST_KEY);
    let time = faults.optional_time("record_time", m.record_time.as_ref());
    let storage = faults.country("storage_country", &m.storage_country);
    let read = (|| Some((grant?, Record { target_id: target_id?, element: element?, time, storage: storage? })))();
    finish(faults, read)
}

pub(in crate::grpc) fn record_production(m: &wire::RecordProductionRequest) -> Result<RecordProduction, Failure> {
    let mut faults = FieldFaults::new();
    let grant = faults.name("grant", &m.grant, GrantId::parse_name);
    match (m.files.is_empty(), m.no_data) {
        (true, false) => faults.add("files", "needs at least one element, or set no_data"),
        (false, true) => faults.add("no_data", "says that nothing was found, but there are files"),
        (true, true) | (false, false) => {}
    }
    let files: Vec<ProducedFile> = if faults.optional_list("files", &m.files, MOST_FILES) {
        m.files.iter().enumerate().filter_map(|(index, file)| produced_file(&mut faults, index, file)).collect()
    } else {
        Vec::new()
    };
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(RecordProduction { grant: grant?, files, key: key? }))();
    finish(faults, read)
}

fn produced_file(faults: &mut FieldFaults, index: usize, m: &wire::ProducedFile) -> Option<ProducedFile> {
    let at = |field: &str| format!("files[{index}].{field}");
    let file_name = faults.text(&at("file_name"), &m.file_name, LONGEST_NAME);
    if file_name.as_ref().is_some_and(|name| name.contains(['/', '\\']) || name == "." || name == "..") {
        faults.add(at("file_name"), "is a path; send the name alone");
    }
    if m.size_bytes < 0 {
        faults.add(at("size_bytes"), "is negative");
    }
    if m.record_count < 0 {
        faults.add(at("record_count"), "is negative");
    }
    let digest = faults.name(&at("digest"), &m.digest, str::parse::<Digest>);
    let target_id = faults.text(&at("target_id"), &m.target_id, LONGEST_KEY);
    let element = faults.text(&at("element"), &m.element, LONGEST_KEY);
    let first_record_time = faults.optional_time(&at("first_record_time"), m.first_record_time.as_ref());
    let last_record_time = faults.optional_time(&at("last_record_time"), m.last_record_time.as_ref());
    if first_record_time.zip(last_record_time).is_some_and(|(first, last)| first > last) {
        faults.add(at("first_record_time"), "is after last_record_time");
    }
    let storage = faults.country(&at("storage_country"), &m.storage_country);
    Some(ProducedFile {
        file_name: file_name?,
        size_bytes: m.size_bytes,
        digest: digest?,
        record_count: m.record_count,
        target_id: target_id?,
        element: element?,
        first_record_time,
        last_record_time,
        storage: storage?,
    })
}

pub(in crate::grpc) fn grant(stored: &Versioned<Grant>) -> wire::Grant {
    let value = &stored.value;
    let state = match value.state {
        grant::State::Active => wire::grant::State::Active,
        grant::State::Revoked => wire::grant::State::Revoked,
    };
    wire::Grant {
        name: value.id.name(),
        decision: value.decision.name(),
        request: value.request.name(),
        state: state.into(),
        permissions: value.permissions.iter().map(permission).collect(),
        create_time: Some(convert::timestamp(value.create_time)),
        expire_time: Some(convert::timestamp(value.expire_time)),
        revoker: value.revocation.as_ref().map(|word| word.actor.clone()).unwrap_or_default(),
        etag: etag(stored.version),
        purpose: value.purpose.clone(),
        token: value.token.as_str().to_owned(),
    }
}

pub(in crate::grpc) fn grants(page: &Page<Grant>) -> wire::ListGrantsResponse {
    wire::ListGrantsResponse {
        // A thousand tokens would not fit into an answer.
        grants: page.rows.iter().map(|row| wire::Grant { token: String::new(), ..grant(row) }).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}

pub(in crate::grpc) fn checked(answer: &Answer) -> wire::CheckDisclosureResponse {
    wire::CheckDisclosureResponse { permitted: answer.permitted, findings: convert::findings([&answer.finding]) }
}

pub(in crate::grpc) fn production(value: &Production) -> wire::Production {
    let file = |file: &ProducedFile| wire::ProducedFile {
        file_name: file.file_name.clone(),
        size_bytes: file.size_bytes,
        digest: file.digest.to_string(),
        record_count: file.record_count,
        target_id: file.target_id.clone(),
        element: file.element.clone(),
        first_record_time: file.first_record_time.map(convert::timestamp),
        last_record_time: file.last_record_time.map(convert::timestamp),
        storage_country: file.storage.to_string(),
    };
    wire::Production {
        name: value.id.name(),
        grant: value.grant.name(),
        request: value.request.name(),
        files: value.files.iter().map(file).collect(),
        no_data: value.no_data(),
        manifest_digest: value.manifest_digest.to_string(),
        recorder: value.recorder.clone(),
        create_time: Some(convert::timestamp(value.create_time)),
        signature: value.signature.as_str().to_owned(),
    }
}

fn permission(value: &Permission) -> wire::Permission {
    wire::Permission {
        item_id: value.item_id.clone(),
        target_id: value.target_id.clone(),
        element: value.element.clone(),
        window: value.window.map(interval),
        storage_countries: value.storage.iter().map(ToString::to_string).collect(),
    }
}
