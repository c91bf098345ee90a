//! Facts, results and decisions.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use rogatory_chassis::{CallContext, CallKey, Failure, FieldFaults, convert};
use rogatory_names::{DecisionId, RequestId, VerificationId};
use rogatory_proto::rogatory::disclosure::v1 as wire;
use rogatory_store::{etag, parse_etag};

use super::{LONGEST_KEY, LONGEST_NAME, LONGEST_REASON, finish, interval, number, paging};
use crate::{
    app::{
        ApproveDecision, EvaluatedScope, Page, Paging, ProposeDecision, RecordAuthorityApproval, RejectDecision, Replay,
    },
    domain::{
        decision::{self, Approval, Decision, Narrowing, Proposal},
        evaluate::{ItemResult, Outcome},
        facts::{AuthorityApproval, Facts, Item, Notification, Offence, Standing, Window},
        replay::Difference,
    },
    store::Versioned,
};

/// The most items of a request.
const MOST_ITEMS: usize = 1000;
/// The most preparers of a request.
const MOST_PREPARERS: usize = 100;
/// The most approvals of authorities, and the most elements of one.
const MOST_APPROVALS: usize = 100;
/// A thousand years, in months: imprisonment for life.
const MOST_MONTHS: i32 = 12_000;

pub(in crate::grpc) fn evaluate_scope(
    m: &wire::EvaluateScopeRequest,
) -> Result<(Facts, Option<DateTime<Utc>>), Failure> {
    let mut faults = FieldFaults::new();
    // A calculation may leave open whether the requester is believed.
    let facts = facts(&mut faults, m.facts.as_ref(), true);
    let rules_time = faults.optional_time("rules_time", m.rules_time.as_ref());
    finish(faults, facts.map(|facts| (facts, rules_time)))
}

pub(in crate::grpc) fn propose_decision(
    m: &wire::ProposeDecisionRequest,
    context: &CallContext,
) -> Result<ProposeDecision, Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.name("request", &m.request, RequestId::parse_name);
    let facts = facts(&mut faults, m.facts.as_ref(), false);
    if m.facts.as_ref().is_some_and(|facts| !facts.authority_approvals.is_empty()) {
        faults.add("facts.authority_approvals", "are recorded with RecordAuthorityApproval, not proposed");
    }
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
            predecessor: None,
        };
        Some(ProposeDecision { proposal, verification_request: verification_request?, key: key? })
    })();
    finish(faults, read)
}

pub(in crate::grpc) fn approve_decision(m: &wire::ApproveDecisionRequest) -> Result<ApproveDecision, Failure> {
    let mut faults = FieldFaults::new();
    let decision = faults.name("name", &m.name, DecisionId::parse_name);
    let version = faults.name("etag", &m.etag, parse_etag);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let mut narrowings = Vec::new();
    if faults.optional_list("narrowings", &m.narrowings, MOST_ITEMS) {
        for (index, narrowing) in m.narrowings.iter().enumerate() {
            narrowings.extend(self::narrowing(&mut faults, index, narrowing));
        }
    }
    let read =
        (|| Some(ApproveDecision { decision: decision?, version: version?, reason: reason?, narrowings, key: key? }))();
    finish(faults, read)
}

fn narrowing(faults: &mut FieldFaults, index: usize, m: &wire::Narrowing) -> Option<Narrowing> {
    let at = |field: &str| format!("narrowings[{index}].{field}");
    let item_id = faults.text(&at("item_id"), &m.item_id, LONGEST_KEY);
    let target_id = faults.text(&at("target_id"), &m.target_id, LONGEST_KEY);
    let element = faults.text(&at("element"), &m.element, LONGEST_KEY);
    let window = self::window(faults, &at("window"), m.window.as_ref());
    Some(Narrowing { item_id: item_id?, target_id: target_id?, element: element?, window })
}

pub(in crate::grpc) fn record_authority_approval(
    m: &wire::RecordAuthorityApprovalRequest,
    context: &CallContext,
) -> Result<RecordAuthorityApproval, Failure> {
    let mut faults = FieldFaults::new();
    let decision = faults.name("name", &m.name, DecisionId::parse_name);
    let version = faults.name("etag", &m.etag, parse_etag);
    let approval = match &m.approval {
        Some(approval) => authority_approval(&mut faults, "approval", approval),
        None => {
            faults.add("approval", "is required");
            None
        }
    };
    if approval.as_ref().is_some_and(|approval| approval.approve_time > context.now) {
        faults.add("approval.approve_time", "is in the future");
    }
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read =
        (|| Some(RecordAuthorityApproval { decision: decision?, version: version?, approval: approval?, key: key? }))();
    finish(faults, read)
}

pub(in crate::grpc) fn reject_decision(m: &wire::RejectDecisionRequest) -> Result<RejectDecision, Failure> {
    let mut faults = FieldFaults::new();
    let decision = faults.name("name", &m.name, DecisionId::parse_name);
    let version = faults.name("etag", &m.etag, parse_etag);
    let reason = faults.prose("reason", &m.reason, LONGEST_REASON);
    let key = CallKey::read(&mut faults, &m.request_id, m);
    let read = (|| Some(RejectDecision { decision: decision?, version: version?, reason: reason?, key: key? }))();
    finish(faults, read)
}

pub(in crate::grpc) fn decision_name(name: &str) -> Result<DecisionId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, DecisionId::parse_name);
    finish(faults, id)
}

pub(in crate::grpc) fn list_decisions(
    m: &wire::ListDecisionsRequest,
) -> Result<(Option<RequestId>, Option<decision::State>, Paging), Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.optional_name("request", &m.request, RequestId::parse_name);
    let state = faults.optional_one_of("state", m.state).and_then(|state| match state {
        wire::decision::State::Unspecified => None,
        wire::decision::State::Proposed => Some(decision::State::Proposed),
        wire::decision::State::Approved => Some(decision::State::Approved),
        wire::decision::State::Rejected => Some(decision::State::Rejected),
        wire::decision::State::Superseded => Some(decision::State::Superseded),
    });
    let paging = paging(&mut faults, m.page_size, &m.page_token);
    finish(faults, Some((request, state, paging)))
}

fn facts(faults: &mut FieldFaults, m: Option<&wire::ScopeFacts>, calculated: bool) -> Option<Facts> {
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
    let standing = standing(faults, m, calculated);
    let issued_by = (m.issuing_authority_kind != 0)
        .then(|| convert::read_authority_kind(faults, "facts.issuing_authority_kind", m.issuing_authority_kind))
        .flatten();
    let issue_time = faults.optional_time("facts.instrument_issue_time", m.instrument_issue_time.as_ref());
    let instrument_period = window(faults, "facts.instrument_period", m.instrument_period.as_ref());
    let offence = offence(faults, m.offence.as_ref());
    let notification = match faults.optional_one_of("facts.notification", m.notification) {
        None | Some(wire::NotificationState::Unspecified) => Notification::NotNotified,
        Some(wire::NotificationState::Notified) => Notification::Notified,
        Some(wire::NotificationState::Cleared) => Notification::Cleared,
        Some(wire::NotificationState::Objected) => Notification::Objected,
    };
    let contact_country = faults.optional_country("facts.contact_country", &m.contact_country);
    let mut authority_approvals = Vec::new();
    if faults.optional_list("facts.authority_approvals", &m.authority_approvals, MOST_APPROVALS) {
        for (index, approval) in m.authority_approvals.iter().enumerate() {
            authority_approvals.extend(authority_approval(
                faults,
                &format!("facts.authority_approvals[{index}]"),
                approval,
            ));
        }
    }
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
        standing,
        instrument: instrument?,
        issued_by,
        issue_time,
        instrument_period,
        matter: matter?,
        offence,
        notification,
        emergency: m.emergency,
        formal_request_assured: m.formal_request_assured,
        contact_country,
        authority_approvals,
        items,
        receive_time: receive_time?,
    })
}

fn item(faults: &mut FieldFaults, index: usize, m: &wire::ScopeItem) -> Option<Item> {
    let at = |field: &str| format!("facts.items[{index}].{field}");
    let item_id = faults.text(&at("item_id"), &m.item_id, LONGEST_KEY);
    let target_id = faults.text(&at("target_id"), &m.target_id, LONGEST_KEY);
    let element = faults.text(&at("element"), &m.element, LONGEST_KEY);
    let window = self::window(faults, &at("window"), m.window.as_ref());
    let residence = faults.optional_country(&at("residence_country"), &m.residence_country);
    Some(Item { item_id: item_id?, target_id: target_id?, element: element?, window, residence })
}

/// Whether the requester is believed: stated, or taken for granted by a calculation that says so.
fn standing(faults: &mut FieldFaults, m: &wire::ScopeFacts, calculated: bool) -> Standing {
    if !calculated {
        let stated = [
            ("facts.requester_verified", m.requester_verified),
            ("facts.requester_accredited", m.requester_accredited),
        ];
        for (field, _) in stated.into_iter().filter(|(_, value)| value.is_none()) {
            faults.add(field, "is required");
        }
    }
    Standing {
        verified: m.requester_verified.unwrap_or(calculated),
        accredited: m.requester_accredited.unwrap_or(calculated),
        stated: m.requester_verified.is_some() && m.requester_accredited.is_some(),
    }
}

fn offence(faults: &mut FieldFaults, m: Option<&wire::Offence>) -> Offence {
    let Some(m) = m else { return Offence::default() };
    let mut months = |field: &str, value: i32| match u32::try_from(value) {
        Ok(months) if value <= MOST_MONTHS => months,
        _ => {
            faults.add(format!("facts.offence.{field}"), format!("must lie between 0 and {MOST_MONTHS}"));
            0
        }
    };
    Offence {
        max_penalty_months: months("max_penalty_months", m.max_penalty_months),
        sentence_months: months("sentence_months", m.sentence_months),
        listed: m.listed,
    }
}

fn authority_approval(faults: &mut FieldFaults, at: &str, m: &wire::AuthorityApproval) -> Option<AuthorityApproval> {
    let field = |name: &str| format!("{at}.{name}");
    let country = faults.country(&field("country"), &m.country);
    let authority = faults.text(&field("authority"), &m.authority, LONGEST_NAME);
    let reference = faults.text(&field("reference"), &m.reference, LONGEST_NAME);
    let approve_time = faults.time(&field("approve_time"), m.approve_time.as_ref());
    let fits = faults.list(&field("elements"), &m.elements, MOST_APPROVALS);
    let elements = keys(faults, &field("elements"), &m.elements, fits);
    let fits = faults.optional_list(&field("target_ids"), &m.target_ids, MOST_ITEMS);
    let target_ids = keys(faults, &field("target_ids"), &m.target_ids, fits);
    let window = window(faults, &field("window"), m.window.as_ref());
    Some(AuthorityApproval {
        country: country?,
        authority: authority?,
        reference: reference?,
        approve_time: approve_time?,
        elements,
        target_ids,
        window,
        recorded: None,
    })
}

/// Keys, one by one, of a list that is not too long.
fn keys(faults: &mut FieldFaults, at: &str, values: &[String], fits: bool) -> Vec<String> {
    let values = values.iter().enumerate().filter(|_| fits);
    values.filter_map(|(index, value)| faults.text(&format!("{at}[{index}]"), value, LONGEST_KEY)).collect()
}

fn window(faults: &mut FieldFaults, at: &str, m: Option<&rogatory_proto::google::r#type::Interval>) -> Option<Window> {
    faults.optional_interval(at, m).map(|(start, end)| Window { start, end })
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

// Answers.

pub(in crate::grpc) fn evaluated(value: &EvaluatedScope) -> wire::EvaluateScopeResponse {
    let evaluation = &value.evaluation;
    wire::EvaluateScopeResponse {
        results: evaluation.results.iter().map(item_result).collect(),
        approvals_required: number(evaluation.approvals_required),
        provenance: Some(convert::provenance(&value.provenance)),
        findings: convert::findings(&evaluation.findings),
    }
}

pub(in crate::grpc) fn replayed(value: &Replay) -> wire::ReplayDecisionResponse {
    let difference = |difference: &Difference| {
        let item = difference.item.as_ref();
        wire::ReplayDifference {
            item_id: item.map(|item| item.item_id.clone()).unwrap_or_default(),
            target_id: item.map(|item| item.target_id.clone()).unwrap_or_default(),
            element: item.map(|item| item.element.clone()).unwrap_or_default(),
            field: difference.field.to_owned(),
            stored: difference.stored.clone(),
            replayed: difference.replayed.clone(),
        }
    };
    wire::ReplayDecisionResponse {
        equal: value.differences.is_empty(),
        differences: value.differences.iter().map(difference).collect(),
        cause: value.cause.unwrap_or_default().to_owned(),
        stored: Some(convert::provenance(&value.stored)),
        replayed: Some(convert::provenance(&value.replayed)),
    }
}

pub(in crate::grpc) fn decision(stored: &Versioned<Decision>) -> wire::Decision {
    let value = &stored.value;
    let state = match value.state {
        decision::State::Proposed => wire::decision::State::Proposed,
        decision::State::Approved => wire::decision::State::Approved,
        decision::State::Rejected => wire::decision::State::Rejected,
        decision::State::Superseded => wire::decision::State::Superseded,
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
        predecessor: value.predecessor.map(|decision| decision.name()).unwrap_or_default(),
        successor: value.successor.map(|decision| decision.name()).unwrap_or_default(),
    }
}

pub(in crate::grpc) fn decisions(page: &Page<Decision>) -> wire::ListDecisionsResponse {
    wire::ListDecisionsResponse {
        decisions: page.rows.iter().map(decision).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}

/// The result of an item on the wire.
pub(in crate::grpc) const fn outcome(value: Outcome) -> wire::item_result::Result {
    match value {
        Outcome::Allow => wire::item_result::Result::Allow,
        Outcome::AllowNarrowed => wire::item_result::Result::AllowNarrowed,
        Outcome::Withhold => wire::item_result::Result::Withhold,
        Outcome::HoldForAuthority => wire::item_result::Result::HoldForAuthority,
        Outcome::NeedsOtherProcess => wire::item_result::Result::NeedsOtherProcess,
    }
}

fn item_result(value: &ItemResult) -> wire::ItemResult {
    wire::ItemResult {
        item: Some(scope_item(&value.item)),
        result: outcome(value.outcome).into(),
        approvals_required: number(value.approvals_required),
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
        requester_verified: Some(value.standing.verified),
        requester_accredited: Some(value.standing.accredited),
        issuing_authority_kind: value.issued_by.map(|kind| convert::authority_kind(kind).into()).unwrap_or_default(),
        instrument_period: value.instrument_period.map(interval),
        instrument_issue_time: value.issue_time.map(convert::timestamp),
        offence: (value.offence != Offence::default()).then(|| wire::Offence {
            max_penalty_months: number(value.offence.max_penalty_months),
            sentence_months: number(value.offence.sentence_months),
            listed: value.offence.listed,
        }),
        notification: match value.notification {
            Notification::NotNotified => wire::NotificationState::Unspecified,
            Notification::Notified => wire::NotificationState::Notified,
            Notification::Cleared => wire::NotificationState::Cleared,
            Notification::Objected => wire::NotificationState::Objected,
        }
        .into(),
        contact_country: value.contact_country.map(|country| country.to_string()).unwrap_or_default(),
        formal_request_assured: value.formal_request_assured,
        authority_approvals: value.authority_approvals.iter().map(approved).collect(),
    }
}

fn approved(value: &AuthorityApproval) -> wire::AuthorityApproval {
    let recorded = value.recorded.as_ref();
    wire::AuthorityApproval {
        country: value.country.to_string(),
        authority: value.authority.clone(),
        reference: value.reference.clone(),
        approve_time: Some(convert::timestamp(value.approve_time)),
        elements: value.elements.clone(),
        target_ids: value.target_ids.clone(),
        window: value.window.map(interval),
        recorder: recorded.map(|(actor, _)| actor.clone()).unwrap_or_default(),
        record_time: recorded.map(|(_, time)| convert::timestamp(*time)),
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
