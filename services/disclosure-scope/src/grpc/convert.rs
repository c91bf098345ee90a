//! Wire to domain and back. The only file that knows both.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, CallKey, Failure, FieldFaults, convert};
use rogatory_names::{DecisionId, GrantId, RequestId, VerificationId};
use rogatory_proto::{google::r#type::Interval, rogatory::disclosure::v1 as wire};
use rogatory_rulebook::Digest;
use rogatory_store::{etag, page_size, parse_etag};

use crate::{
    app::{
        ApproveDecision, EvaluatedScope, Page, Paging, ProposeDecision, RecordProduction, RejectDecision, RevokeGrant,
    },
    domain::{
        decision::{self, Approval, Decision, Proposal},
        evaluate::{ItemResult, Outcome},
        facts::{Facts, Item, Window},
        grant::{self, Answer, Grant, Permission, Record},
        production::{ProducedFile, Production},
    },
    store::Versioned,
};

/// The most items of a request.
const MOST_ITEMS: usize = 1000;
/// The most files of a production.
const MOST_FILES: usize = 10_000;
/// The most preparers of a request.
const MOST_PREPARERS: usize = 100;
/// The longest key of an item, target or element, in characters.
const LONGEST_KEY: usize = 128;
/// The longest name of a platform, an actor or a file, in characters.
const LONGEST_NAME: usize = 255;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 2000;

// Requests.

pub(super) fn evaluate_scope(m: &wire::EvaluateScopeRequest) -> Result<(Facts, Option<DateTime<Utc>>), Failure> {
    let mut faults = FieldFaults::new();
    let facts = facts(&mut faults, m.facts.as_ref());
    let rules_time = faults.optional_time("rules_time", m.rules_time.as_ref());
    finish(faults, facts.map(|facts| (facts, rules_time)))
}

pub(super) fn propose_decision(
    m: &wire::ProposeDecisionRequest,
    context: &CallContext,
) -> Result<ProposeDecision, Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.name("request", &m.request, RequestId::parse_name);
    let facts = facts(&mut faults, m.facts.as_ref());
    if facts.as_ref().is_some_and(|facts| facts.receive_time > context.now) {
        faults.add("facts.receive_time", "is in the future");
    }
    let verification = faults.name("verification", &m.verification, VerificationId::parse_name);
    let verification_request = faults.name("verification_request", &m.verification_request, RequestId::parse_name);
    let expire_time = faults.time("verification_expire_time", m.verification_expire_time.as_ref());
    let preparers = preparers(&mut faults, &m.preparers);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| {
        let proposal = Proposal {
            request: request?,
            facts: facts?,
            verification: verification?,
            verification_expire_time: expire_time?,
            preparers,
        };
        Some(ProposeDecision { proposal, verification_request: verification_request?, key: key? })
    })();
    finish(faults, read)
}

pub(super) fn approve_decision(m: &wire::ApproveDecisionRequest) -> Result<ApproveDecision, Failure> {
    let mut faults = FieldFaults::new();
    let decision = faults.name("name", &m.name, DecisionId::parse_name);
    let version = faults.name("etag", &m.etag, parse_etag);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(ApproveDecision { decision: decision?, version: version?, reason: reason?, key: key? }))();
    finish(faults, read)
}

pub(super) fn reject_decision(m: &wire::RejectDecisionRequest) -> Result<RejectDecision, Failure> {
    let mut faults = FieldFaults::new();
    let decision = faults.name("name", &m.name, DecisionId::parse_name);
    let version = faults.name("etag", &m.etag, parse_etag);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(RejectDecision { decision: decision?, version: version?, reason: reason?, key: key? }))();
    finish(faults, read)
}

pub(super) fn revoke_grant(m: &wire::RevokeGrantRequest) -> Result<RevokeGrant, Failure> {
    let mut faults = FieldFaults::new();
    let grant = faults.name("name", &m.name, GrantId::parse_name);
    let version = faults.name("etag", &m.etag, parse_etag);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(RevokeGrant { grant: grant?, version: version?, reason: reason?, key: key? }))();
    finish(faults, read)
}

pub(super) fn decision_name(name: &str) -> Result<DecisionId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, DecisionId::parse_name);
    finish(faults, id)
}

pub(super) fn grant_name(name: &str) -> Result<GrantId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, GrantId::parse_name);
    finish(faults, id)
}

pub(super) fn list_decisions(
    m: &wire::ListDecisionsRequest,
) -> Result<(Option<RequestId>, Option<decision::State>, Paging), Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.optional_name("request", &m.request, RequestId::parse_name);
    let state = faults.optional_one_of("state", m.state).and_then(|state| match state {
        wire::decision::State::Unspecified => None,
        wire::decision::State::Proposed => Some(decision::State::Proposed),
        wire::decision::State::Approved => Some(decision::State::Approved),
        wire::decision::State::Rejected => Some(decision::State::Rejected),
    });
    let paging = paging(&mut faults, m.page_size, &m.page_token);
    finish(faults, Some((request, state, paging)))
}

pub(super) fn list_grants(
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

pub(super) fn check_disclosure(m: &wire::CheckDisclosureRequest) -> Result<(GrantId, Record), Failure> {
    let mut faults = FieldFaults::new();
    let grant = faults.name("grant", &m.grant, GrantId::parse_name);
    let target_id = faults.text("target_id", &m.target_id, LONGEST_KEY);
    let element = faults.text("element", &m.element, LONGEST_KEY);
    let time = faults.optional_time("record_time", m.record_time.as_ref());
    let storage = faults.country("storage_country", &m.storage_country);
    let read = (|| Some((grant?, Record { target_id: target_id?, element: element?, time, storage: storage? })))();
    finish(faults, read)
}

pub(super) fn record_production(m: &wire::RecordProductionRequest) -> Result<RecordProduction, Failure> {
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
    Some(ProducedFile {
        file_name: file_name?,
        size_bytes: m.size_bytes,
        digest: digest?,
        record_count: m.record_count,
        target_id: target_id?,
        element: element?,
    })
}

fn facts(faults: &mut FieldFaults, m: Option<&wire::ScopeFacts>) -> Option<Facts> {
    let Some(m) = m else {
        faults.add("facts", "is required");
        return None;
    };
    let platform = faults.text("facts.platform", &m.platform, LONGEST_NAME);
    let authority_country = faults.country("facts.authority_country", &m.authority_country);
    let authority_kind = convert::read_authority_kind(faults, "facts.authority_kind", m.authority_kind);
    let instrument = convert::read_instrument_kind(faults, "facts.instrument_kind", m.instrument_kind);
    let matter = convert::read_matter_type(faults, "facts.matter_type", m.matter_type);
    let receive_time = faults.time("facts.receive_time", m.receive_time.as_ref());
    let mut items = Vec::new();
    if faults.list("facts.items", &m.items, MOST_ITEMS) {
        let mut seen = HashSet::new();
        for (index, item) in m.items.iter().enumerate() {
            // One item of a request may concern several targets: the two keys together are what is unique.
            if !seen.insert((&item.item_id, &item.target_id)) {
                faults.add(format!("facts.items[{index}].item_id"), "is there already for the same target");
            }
            items.extend(self::item(faults, index, item));
        }
    }
    Some(Facts {
        platform: platform?,
        authority_country: authority_country?,
        authority_kind: authority_kind?,
        instrument: instrument?,
        matter: matter?,
        emergency: m.emergency,
        items,
        receive_time: receive_time?,
    })
}

fn item(faults: &mut FieldFaults, index: usize, m: &wire::ScopeItem) -> Option<Item> {
    let at = |field: &str| format!("facts.items[{index}].{field}");
    let item_id = faults.text(&at("item_id"), &m.item_id, LONGEST_KEY);
    let target_id = faults.text(&at("target_id"), &m.target_id, LONGEST_KEY);
    let element = faults.text(&at("element"), &m.element, LONGEST_KEY);
    let window = faults.optional_interval(&at("window"), m.window.as_ref());
    let residence = faults.optional_country(&at("residence_country"), &m.residence_country);
    let window = window.map(|(start, end)| Window { start, end });
    Some(Item { item_id: item_id?, target_id: target_id?, element: element?, window, residence })
}

/// Actors as the chassis writes them. A misspelt one would let its person approve what that person prepared.
fn preparers(faults: &mut FieldFaults, values: &[String]) -> BTreeSet<String> {
    let mut preparers = BTreeSet::new();
    if faults.optional_list("preparers", values, MOST_PREPARERS) {
        for (index, value) in values.iter().enumerate() {
            let field = format!("preparers[{index}]");
            let Some(actor) = faults.text(&field, value, LONGEST_NAME) else { continue };
            let subject = ["person:", "peer:", "system:"].iter().find_map(|kind| actor.strip_prefix(kind));
            if subject.is_none_or(str::is_empty) {
                faults.add(field, "is not of the form `person:<subject>`, `peer:<service>` or `system:<worker>`");
            }
            preparers.insert(actor);
        }
    }
    preparers
}

fn paging(faults: &mut FieldFaults, size: i32, token: &str) -> Paging {
    let size = page_size(size).map_err(|wrong| faults.add("page_size", wrong.to_string())).unwrap_or_default();
    Paging { size, token: token.to_owned() }
}

/// What was read, when no field was wrong.
fn finish<T>(faults: FieldFaults, read: Option<T>) -> Result<T, Failure> {
    faults.done()?;
    read.ok_or_else(|| Failure::bug("a field was not read and no fault was found"))
}

// Answers.

pub(super) fn evaluated(value: &EvaluatedScope) -> wire::EvaluateScopeResponse {
    let evaluation = &value.evaluation;
    wire::EvaluateScopeResponse {
        results: evaluation.results.iter().map(item_result).collect(),
        approvals_required: number(evaluation.approvals_required),
        provenance: Some(convert::provenance(&value.provenance)),
    }
}

pub(super) fn decision(stored: &Versioned<Decision>) -> wire::Decision {
    let value = &stored.value;
    let state = match value.state {
        decision::State::Proposed => wire::decision::State::Proposed,
        decision::State::Approved => wire::decision::State::Approved,
        decision::State::Rejected => wire::decision::State::Rejected,
    };
    wire::Decision {
        name: value.id.name(),
        request: value.request.name(),
        verification: value.verification.name(),
        verification_expire_time: Some(convert::timestamp(value.verification_expire_time)),
        state: state.into(),
        facts: Some(scope_facts(&value.facts)),
        results: value.results.iter().map(item_result).collect(),
        approvals_required: number(value.approvals_required),
        approvals: value.approvals.iter().map(approval).collect(),
        preparers: value.preparers.iter().cloned().collect(),
        rejection: value.rejection.as_ref().map(approval),
        grant: value.grant.map(|grant| grant.name()).unwrap_or_default(),
        findings: convert::findings(&value.findings),
        provenance: Some(convert::provenance(&value.provenance)),
        create_time: Some(convert::timestamp(value.create_time)),
        etag: etag(stored.version),
    }
}

pub(super) fn decisions(page: &Page<Decision>) -> wire::ListDecisionsResponse {
    wire::ListDecisionsResponse {
        decisions: page.rows.iter().map(decision).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}

pub(super) fn grant(stored: &Versioned<Grant>) -> wire::Grant {
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
    }
}

pub(super) fn grants(page: &Page<Grant>) -> wire::ListGrantsResponse {
    wire::ListGrantsResponse {
        grants: page.rows.iter().map(grant).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}

pub(super) fn checked(answer: &Answer) -> wire::CheckDisclosureResponse {
    wire::CheckDisclosureResponse { permitted: answer.permitted, findings: convert::findings([&answer.finding]) }
}

pub(super) fn production(value: &Production) -> wire::Production {
    let file = |file: &ProducedFile| wire::ProducedFile {
        file_name: file.file_name.clone(),
        size_bytes: file.size_bytes,
        digest: file.digest.to_string(),
        record_count: file.record_count,
        target_id: file.target_id.clone(),
        element: file.element.clone(),
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

fn item_result(value: &ItemResult) -> wire::ItemResult {
    let result = match value.outcome {
        Outcome::Allow => wire::item_result::Result::Allow,
        Outcome::AllowNarrowed => wire::item_result::Result::AllowNarrowed,
        Outcome::Withhold => wire::item_result::Result::Withhold,
        Outcome::HoldForAuthority => wire::item_result::Result::HoldForAuthority,
        Outcome::NeedsOtherProcess => wire::item_result::Result::NeedsOtherProcess,
    };
    wire::ItemResult {
        item: Some(scope_item(&value.item)),
        result: result.into(),
        data_class: value.class.map(|class| convert::data_class(class).into()).unwrap_or_default(),
        window: value.window.map(interval),
        findings: convert::findings(&value.findings),
    }
}

fn scope_facts(value: &Facts) -> wire::ScopeFacts {
    wire::ScopeFacts {
        platform: value.platform.clone(),
        authority_country: value.authority_country.to_string(),
        authority_kind: convert::authority_kind(value.authority_kind).into(),
        instrument_kind: convert::instrument_kind(value.instrument).into(),
        matter_type: convert::matter_type(value.matter).into(),
        emergency: value.emergency,
        items: value.items.iter().map(scope_item).collect(),
        receive_time: Some(convert::timestamp(value.receive_time)),
    }
}

fn scope_item(value: &Item) -> wire::ScopeItem {
    wire::ScopeItem {
        item_id: value.item_id.clone(),
        target_id: value.target_id.clone(),
        element: value.element.clone(),
        window: value.window.map(interval),
        residence_country: value.residence.map(|country| country.to_string()).unwrap_or_default(),
    }
}

fn approval(value: &Approval) -> wire::Approval {
    wire::Approval {
        actor: value.actor.clone(),
        reason: value.reason.clone(),
        approve_time: Some(convert::timestamp(value.time)),
    }
}

fn interval(window: Window) -> Interval {
    convert::interval((window.start, window.end))
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
