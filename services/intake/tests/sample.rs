//! A request that lacks nothing, for tests to take things from.

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_intake::domain::{
    document::{Attachment, DocumentKind},
    life::Moment,
    request::{DataItem, Emergency, Instrument, LegalRequest, Officer, Particulars, Requester, Target},
    route::{Contact, Leg, LegStatus, RoutePlan, Verdict},
    scope::{Decision, DecisionState, ItemResult, Result as Decided},
    shipped::Rules,
    verification::{Verification, VerificationState},
};
use rogatory_names::{DecisionId, DocumentId, GrantId, PlanId, RequestId, VerificationId};
use rogatory_rulebook::{
    AuthorityKind, Citation, Confirmation, DataClass, Digest, Effect, Finding, InstrumentKind, MatterType, Provenance,
};

/// A word that stands in every sensitive field, and nowhere else.
pub(crate) const SECRET: &str = "Zyx-Secret";

pub(crate) fn rules() -> Rules {
    Rules::shipped().unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

pub(crate) fn moment(rules: &Rules) -> Moment<'_> {
    Moment { graph: &rules.graph, actor: "person:portal", now: now() }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn particulars() -> Particulars {
    Particulars {
        platform: some("aliexpress.com"),
        requester: Requester {
            agency_name: some("Fernhill Police"),
            authority_kind: Some(AuthorityKind::Police),
            country: Some("US".parse().unwrap()),
            officer: Officer {
                display_name: some(SECRET),
                title: some("Detective"),
                email: some("zyx-secret@fernhill.example"),
                phone: some("+1 202 555 0100 Zyx-Secret"),
                postal_address: some("1 Zyx-Secret Street"),
                credential_kind: some("badge"),
                credential_number: some("Zyx-Secret-77"),
                credential_issuer: some("Fernhill Police"),
            },
            agency_reference: some("FP-1"),
        },
        instrument: Instrument {
            kind: Some(InstrumentKind::Subpoena),
            title: some("Grand Jury Subpoena"),
            reference: some("GJ-7"),
            issue_time: Some(now() - TimeDelta::days(3)),
            issuer: some("District Court"),
        },
        matter_type: Some(MatterType::Criminal),
        targets: vec![target("target-1")],
        items: vec![item("item-1", "account-identity")],
        nature_of_investigation: some("Fraud by Zyx-Secret"),
        legal_grounds: some("18 USC 2703(c)(2)"),
        served_contact: None,
        emergency: None,
        documents: vec![attachment(DocumentKind::SignedRequest)],
        follows_up: None,
    }
}

pub(crate) fn target(key: &str) -> Target {
    Target {
        target_id: key.to_owned(),
        names: vec![SECRET.to_owned()],
        platform_ids: vec!["us-Zyx-Secret".to_owned()],
        residence_country: Some("US".parse().unwrap()),
        ..Target::default()
    }
}

pub(crate) fn item(key: &str, element: &str) -> DataItem {
    DataItem {
        item_id: key.to_owned(),
        element: element.to_owned(),
        target_ids: Vec::new(),
        description: some("All of Zyx-Secret"),
        window: Some((now() - TimeDelta::days(90), now() - TimeDelta::days(1))),
    }
}

pub(crate) fn attachment(kind: DocumentKind) -> Attachment {
    Attachment { id: DocumentId::new(), kind, digest: Digest::of("paper") }
}

pub(crate) fn emergency() -> Particulars {
    let mut particulars = particulars();
    particulars.instrument = Instrument { kind: Some(InstrumentKind::EmergencyForm), ..Instrument::default() };
    particulars.documents = vec![attachment(DocumentKind::EmergencyForm)];
    particulars.nature_of_investigation = None;
    particulars.legal_grounds = None;
    particulars.emergency = Some(Emergency {
        threat: some("Zyx-Secret is in danger"),
        urgency: some("Zyx-Secret, tonight"),
        form_completed: true,
        follow_up_promised: true,
    });
    particulars
}

pub(crate) fn draft(rules: &Rules, particulars: Particulars) -> LegalRequest {
    LegalRequest::draft(RequestId::new(), particulars, "person:portal".to_owned(), rules.graph.initial(), now())
}

pub(crate) fn citation(section: &str) -> Citation {
    Citation {
        document: "AliExpress Law Enforcement Guide".to_owned(),
        revision: None,
        section: section.to_owned(),
        confirmation: Confirmation::Confirmed,
        source: None,
    }
}

pub(crate) fn finding(code: &'static str, effect: Effect) -> Finding {
    Finding::new(code, effect, format!("The sentence of {code}."), citation("§2"))
}

pub(crate) fn plan(verdict: Verdict) -> RoutePlan {
    let status = match verdict {
        Verdict::Misdirected => LegStatus::Misdirected,
        Verdict::Held => LegStatus::UnroutableResidence,
        Verdict::Routed | Verdict::OutOfScope => LegStatus::Routed,
    };
    let contact = Contact {
        contact_id: "e-commerce-one".to_owned(),
        legal_name: "AliExpress E-Commerce One Pte. Ltd.".to_owned(),
        incorporation_country: None,
        incorporation_confirmation: None,
    };
    let leg = Leg {
        target_ids: vec!["target-1".to_owned()],
        residence_countries: vec!["US".parse().unwrap()],
        status,
        contact: (verdict != Verdict::Held).then_some(contact),
        guide_row: "us".to_owned(),
        channels: Vec::new(),
        findings: vec![finding("CONTACT_BY_RESIDENCE", Effect::Permits)],
    };
    let refused = finding("MAINLAND_AUTHORITY", Effect::Refuses);
    RoutePlan {
        id: PlanId::new(),
        verdict,
        legs: if verdict == Verdict::OutOfScope { Vec::new() } else { vec![leg] },
        findings: if verdict == Verdict::OutOfScope { vec![refused] } else { Vec::new() },
        provenance: Provenance {
            revision: "guideRevisions/rev_1".to_owned(),
            digest: Digest::of("guide"),
            engine_version: "1".to_owned(),
            decide_time: now(),
            rules_time: now(),
        },
        create_time: now(),
    }
}

pub(crate) fn verification(request: RequestId, state: VerificationState) -> Verification {
    Verification {
        id: VerificationId::new(),
        request,
        state,
        level: "BASIC".to_owned(),
        expire_time: (state == VerificationState::Verified).then(|| now() + TimeDelta::days(30)),
        findings: vec![finding("REGISTRY", Effect::Permits)],
    }
}

pub(crate) fn decision(request: RequestId, state: DecisionState, results: &[ItemResult]) -> Decision {
    Decision {
        id: DecisionId::new(),
        request,
        state,
        results: results
            .iter()
            .enumerate()
            .map(|(index, result)| Decided {
                item_id: format!("item-{}", index + 1),
                target_id: "target-1".to_owned(),
                element: "account-identity".to_owned(),
                result: *result,
                data_class: Some(DataClass::Subscriber),
                findings: vec![finding("POLICY", Effect::Permits)],
            })
            .collect(),
        grant: (state == DecisionState::Approved).then(GrantId::new),
        findings: Vec::new(),
    }
}
