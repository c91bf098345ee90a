//! A request that lacks nothing, for tests to take things from.

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_intake::domain::{
    document::{Attachment, DocumentKind},
    life::Moment,
    request::{DataItem, Emergency, Instrument, LegalRequest, Officer, Particulars, Requester, Target},
    route::{
        CentralAuthority, Channel, ChannelKind, Contact, Leg, LegStatus, RoutePlan, Side, Standing, TargetRoute,
        Verdict,
    },
    scope::{Decided, Decision, DecisionState, ItemResult},
    shipped::Rules,
    verification::{Verification, VerificationState},
};
use rogatory_names::{DecisionId, DocumentId, GrantId, PlanId, RequestId, VerificationId};
use rogatory_rulebook::{
    AuthorityKind, Citation, Confirmation, DataClass, Digest, Effect, Finding, InstrumentKind, MatterType, Provenance,
    ResidenceEvidence, ResidenceEvidenceKind,
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
                credential_expire_time: Some(now() + TimeDelta::days(400)),
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
        targets: match verdict {
            Verdict::OutOfScope => Vec::new(),
            Verdict::Held => vec![target_route(&[], finding("RESIDENCE_UNKNOWN", Effect::Holds))],
            Verdict::Routed | Verdict::Misdirected => {
                vec![target_route(&["US"], finding("RESIDENCE_BY_EVIDENCE", Effect::Permits))]
            }
        },
        findings: if verdict == Verdict::OutOfScope { vec![refused] } else { Vec::new() },
        treaty_data_digest: Digest::of("treaties"),
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

fn target_route(countries: &[&str], finding: Finding) -> TargetRoute {
    TargetRoute {
        target_id: "target-1".to_owned(),
        residence_countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
        findings: vec![finding],
    }
}

/// What the platform knows of the residence of the target, which is not what the agency declares.
pub(crate) fn evidence() -> ResidenceEvidence {
    ResidenceEvidence {
        kind: ResidenceEvidenceKind::AccountRecord,
        country: "KZ".parse().unwrap(),
        source: "account-service".to_owned(),
        record_time: now() - TimeDelta::days(9),
    }
}

/// A plan that the evidence decided: everything that tells of the residence says `Kazakhstan`, `KZ`, `cis` or
/// `account-service`.
pub(crate) fn plan_by_evidence(verdict: Verdict) -> RoutePlan {
    let mut plan = plan(verdict);
    let of = |code: &'static str, effect, sentence: &str| Finding::new(code, effect, sentence, citation("§2"));
    let evidence = "the account record names Kazakhstan (account-service, 2026-11-15)";
    let held = verdict == Verdict::Held;
    for target in &mut plan.targets {
        target.residence_countries = if held { Vec::new() } else { vec!["KZ".parse().unwrap()] };
        let (code, effect) =
            if held { ("RESIDENCE_CONFLICT", Effect::Holds) } else { ("RESIDENCE_BY_EVIDENCE", Effect::Permits) };
        target.findings = vec![of(code, effect, &format!("The evidence: {evidence}."))];
    }
    for leg in &mut plan.legs {
        leg.residence_countries = if held { Vec::new() } else { vec!["KZ".parse().unwrap()] };
        leg.guide_row = if held { String::new() } else { "cis".to_owned() };
        leg.findings = vec![of("CONTACT_BY_RESIDENCE", Effect::Permits, "The user resides in Kazakhstan.")];
        if held {
            leg.findings = vec![of("RESIDENCE_CONFLICT", Effect::Holds, "See each target: Kazakhstan.")];
        }
        if verdict == Verdict::Misdirected {
            let sentence = "The request was served on another contact than the appropriate one.";
            leg.findings.push(of("SERVED_ON_OTHER_CONTACT", Effect::Refuses, sentence));
        }
    }
    plan
}

fn treaty(section: &str, confirmation: Confirmation) -> Citation {
    Citation { document: "Hague Service Convention 1965".to_owned(), confirmation, ..citation(section) }
}

/// A channel that is open, by way of two authorities of which one is named, with a condition and a declaration; and one
/// that is closed.
pub(crate) fn channels() -> Vec<Channel> {
    let authority = |side, country: &str, name: Option<&str>| CentralAuthority {
        side,
        country: country.parse().unwrap(),
        name: name.map(str::to_owned),
        citation: name.map(|_| treaty("authorities", Confirmation::Unconfirmed)),
    };
    let condition = |code: &'static str, effect, sentence: &str, section| {
        Finding::new(code, effect, sentence, treaty(section, Confirmation::Confirmed))
    };
    vec![
        Channel {
            kind: ChannelKind::HagueService,
            standing: Standing::Permitted,
            reason_code: "BOTH_BOUND".to_owned(),
            sentence: "Both States are bound.".to_owned(),
            central_authorities: vec![
                authority(Side::Requested, "SG", Some("Supreme Court of Singapore")),
                authority(Side::Requesting, "US", None),
            ],
            citations: vec![treaty("Art. 1", Confirmation::Confirmed)],
            conditions: vec![
                condition("TRANSLATION", Effect::Requires, "A translation into English is required.", "Art. 5"),
                condition("DECLARATION", Effect::Notes, "Singapore objects to service by post.", "Art. 10"),
            ],
        },
        Channel {
            kind: ChannelKind::Mlat,
            standing: Standing::Refused,
            reason_code: "CRIMINAL_ONLY".to_owned(),
            sentence: "It is for criminal matters.".to_owned(),
            central_authorities: Vec::new(),
            citations: Vec::new(),
            conditions: Vec::new(),
        },
    ]
}

pub(crate) fn verification(request: RequestId, state: VerificationState) -> Verification {
    Verification {
        id: VerificationId::new(),
        request,
        state,
        level: "BASIC".to_owned(),
        expire_time: (state == VerificationState::Verified).then(|| now() + TimeDelta::days(30)),
        findings: vec![finding("REGISTRY", Effect::Permits)],
        reopening: None,
    }
}

const ELEMENTS: [&str; 5] = ["account-identity", "orders", "messages", "merchant-identity", "wallet"];

/// The same item, decided otherwise.
pub(crate) fn decided(item: &Decided, result: ItemResult) -> Decided {
    Decided { result, ..item.clone() }
}

/// A decision that rests on the verification of the request as it stands.
pub(crate) fn decision(request: &LegalRequest, state: DecisionState, results: &[ItemResult]) -> Decision {
    let verification = request.verification.as_ref();
    Decision {
        id: DecisionId::new(),
        request: request.id,
        verification: verification.map_or_else(VerificationId::new, |known| known.id),
        verification_expire_time: verification.and_then(|known| known.expire_time).unwrap_or_else(now),
        predecessor: None,
        state,
        results: results
            .iter()
            .enumerate()
            .map(|(index, result)| Decided {
                // One item that asks for everything: it has a result for each element.
                item_id: "item-1".to_owned(),
                target_id: "target-1".to_owned(),
                element: ELEMENTS[index].to_owned(),
                result: *result,
                data_class: Some(DataClass::Subscriber),
                findings: vec![finding("POLICY", Effect::Permits)],
            })
            .collect(),
        grant: (state == DecisionState::Approved).then(GrantId::new),
        findings: Vec::new(),
    }
}
