//! Plans, from the call to the event.

use rogatory_names::{PlanId, RequestId};
use rogatory_proto::rogatory::{
    routing::v1::{
        Channel, Leg, PlanRouteRequest, RoutePlan, RoutedInstrument, TargetResidence,
        central_authority::Side,
        channel::{Kind, Standing},
        leg::Status as LegStatus,
        route_plan::Verdict,
    },
    rulebook::v1::{AuthorityKind, Finding, InstrumentKind, MatterType, ResidenceEvidence, ResidenceEvidenceKind},
};
use tonic::{Code, Status};

use crate::harness::{Suite, fields, id, incorporated, on_both_engines, reason, stamp};

on_both_engines! {
    two_residences_make_two_legs, the_wrong_contact_is_named_the_right_one, who_may_not_ask, a_european_order_is_held,
    an_unknown_residence_is_held, hague_channels, a_repeated_call_is_one_plan, every_bad_field_is_named,
    a_plan_leaves_a_trace, evidence_decides, a_tried_plan_leaves_none, both_guides_at_the_second_of_the_change,
}

/// A piece of evidence of a residence.
pub(crate) fn evidence(kind: ResidenceEvidenceKind, country: &str, source: &str) -> ResidenceEvidence {
    ResidenceEvidence {
        kind: kind.into(),
        country: country.to_owned(),
        source: source.to_owned(),
        record_time: Some(stamp("2026-10-01T00:00:00Z")),
    }
}

/// A court order of a German prosecutor in a criminal matter, with a target for each residence.
pub(crate) fn ask(residences: &[&str]) -> PlanRouteRequest {
    let declared = |residence: &str| evidence(ResidenceEvidenceKind::Declared, residence, "request");
    let target = |(index, residence): (usize, &&str)| TargetResidence {
        target_id: format!("target-{index}"),
        evidence: if residence.is_empty() { Vec::new() } else { vec![declared(residence)] },
    };
    PlanRouteRequest {
        request: RequestId::new().name(),
        platform: "aliexpress.com".to_owned(),
        authority_country: "DE".to_owned(),
        authority_kind: AuthorityKind::Prosecutor.into(),
        instrument: Some(paper(InstrumentKind::CourtOrder)),
        matter_type: MatterType::Criminal.into(),
        served_contact: String::new(),
        targets: residences.iter().enumerate().map(target).collect(),
        receive_time: Some(stamp("2026-11-01T00:00:00Z")),
        rules_time: None,
        validate_only: false,
        request_id: id(),
    }
}

fn paper(kind: InstrumentKind) -> RoutedInstrument {
    let issue_time = Some(stamp("2026-10-15T00:00:00Z"));
    RoutedInstrument { kind: kind.into(), reference: "4 Gs 123/26".to_owned(), issue_time }
}

pub(crate) async fn plan(suite: &Suite, ask: PlanRouteRequest) -> Result<RoutePlan, Status> {
    suite.routing("analyst").plan_route(ask).await.map(tonic::Response::into_inner)
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn channel(leg: &Leg, kind: Kind) -> &Channel {
    leg.channels.iter().find(|channel| channel.kind() == kind).unwrap()
}

async fn two_residences_make_two_legs(suite: &Suite) {
    let plan = plan(suite, ask(&["FR", "KZ", "DE", "RU"])).await.unwrap();
    PlanId::parse_name(&plan.name).unwrap();
    assert_eq!((plan.verdict(), plan.legs.len()), (Verdict::Routed, 2));
    // In the order of the guide's contacts.
    let leg = &plan.legs[1];
    assert_eq!((leg.status(), leg.guide_row.as_str()), (LegStatus::Routed, "other"));
    assert_eq!(leg.target_ids, ["target-0", "target-2"]);
    assert_eq!(leg.residence_countries, ["DE", "FR"]);
    assert_eq!(leg.contact.as_ref().unwrap().contact_id, "singapore-e-commerce");
    assert_eq!(leg.channels.len(), 6);
    assert_eq!(plan.legs[0].target_ids, ["target-1", "target-3"]);
    assert_eq!(plan.targets.len(), 4);
    assert!(plan.treaty_data_digest.starts_with("sha256:"));
    let provenance = plan.provenance.unwrap();
    assert_eq!(provenance.rules_time, Some(stamp("2026-11-01T00:00:00Z")));
    assert!(plan.findings.iter().chain(&leg.findings).all(|finding| !finding.citations.is_empty()));
}

async fn the_wrong_contact_is_named_the_right_one(suite: &Suite) {
    let served = |name: &str| PlanRouteRequest { served_contact: name.to_owned(), ..ask(&["US", "HK"]) };
    let plan_ = plan(suite, served("  alibaba.com  hong kong LIMITED ")).await.unwrap();
    assert_eq!(plan_.verdict(), Verdict::Misdirected);
    assert_eq!((plan_.legs[0].status(), plan_.legs[1].status()), (LegStatus::Routed, LegStatus::Misdirected));
    assert_eq!(plan_.legs[1].contact.as_ref().unwrap().legal_name, "AliExpress E-Commerce One Pte. Ltd.");
    assert!(codes(&plan_.legs[1].findings).contains(&"SERVED_ON_OTHER_CONTACT"));
    let stranger = plan(suite, served("AliExpress GmbH")).await.unwrap();
    assert!(codes(&stranger.legs[1].findings).contains(&"SERVED_ON_UNKNOWN_CONTACT"));
    assert!(!format!("{stranger:?}").contains("GmbH"));
}

async fn who_may_not_ask(suite: &Suite) {
    let prc = PlanRouteRequest { authority_country: "CN".to_owned(), ..ask(&["US"]) };
    let private = PlanRouteRequest { authority_kind: AuthorityKind::Private.into(), ..ask(&["US"]) };
    for (ask, code) in [(prc, "AUTHORITY_COUNTRY_EXCLUDED"), (private, "NOT_A_PUBLIC_AUTHORITY")] {
        let plan = plan(suite, ask).await.unwrap();
        assert_eq!((plan.verdict(), plan.legs.len()), (Verdict::OutOfScope, 0));
        assert_eq!(codes(&plan.findings), [code]);
        assert_eq!(plan.findings[0].citations[0].section, "Preamble");
    }
    let informal = PlanRouteRequest { instrument: Some(paper(InstrumentKind::Informal)), ..ask(&["US"]) };
    let informal = plan(suite, informal).await.unwrap();
    assert_eq!(informal.verdict(), Verdict::Held);
    assert!(codes(&informal.findings).contains(&"INSTRUMENT_NOT_BINDING"));
    let emergency = PlanRouteRequest { instrument: Some(paper(InstrumentKind::EmergencyForm)), ..ask(&["US"]) };
    let emergency = plan(suite, emergency).await.unwrap();
    assert_eq!(emergency.verdict(), Verdict::Routed);
    assert!(codes(&emergency.findings).contains(&"FORMAL_REQUEST_OWED"));
}

async fn a_european_order_is_held(suite: &Suite) {
    for kind in [InstrumentKind::EuProductionOrder, InstrumentKind::EuPreservationOrder] {
        let plan = plan(suite, PlanRouteRequest { instrument: Some(paper(kind)), ..ask(&["DE", "HK"]) }).await.unwrap();
        assert_eq!((plan.verdict(), plan.legs.len()), (Verdict::Held, 1));
        assert_eq!(plan.legs[0].status(), LegStatus::UnroutableMissingContact);
        assert!(plan.legs[0].contact.is_none());
        assert_eq!(codes(&plan.legs[0].findings), ["MISSING_CONTACT"]);
        assert_eq!(channel(&plan.legs[0], Kind::EuEevidence).standing(), Standing::NeedsConfirmation);
    }
}

async fn an_unknown_residence_is_held(suite: &Suite) {
    let plan = plan(suite, ask(&["US", "", ""])).await.unwrap();
    assert_eq!((plan.verdict(), plan.legs.len()), (Verdict::Held, 2));
    assert_eq!(plan.legs[1].status(), LegStatus::UnroutableResidence);
    assert_eq!(plan.legs[1].target_ids, ["target-1", "target-2"]);
    assert_eq!(codes(&plan.legs[1].findings), ["RESIDENCE_UNKNOWN"]);
}

async fn hague_channels(suite: &Suite) {
    let criminal = plan(suite, ask(&["CN"])).await.unwrap();
    for kind in [Kind::HagueService, Kind::HagueEvidence] {
        let channel = channel(&criminal.legs[0], kind);
        assert_eq!((channel.standing(), channel.reason_code.as_str()), (Standing::Refused, "CIVIL_OR_COMMERCIAL_ONLY"));
        assert!(channel.citations.iter().any(|citation| citation.section == "Art. 1"));
    }
    let civil = || PlanRouteRequest { matter_type: MatterType::CivilCommercial.into(), ..ask(&["CN"]) };
    let before = plan(suite, civil()).await.unwrap();
    let channel_before = channel(&before.legs[0], Kind::HagueService);
    assert_eq!(channel_before.standing(), Standing::NeedsConfirmation);
    assert_eq!(channel_before.reason_code, "INCORPORATION_UNCONFIRMED");

    // Once an operator has confirmed where the contact is incorporated, the channel is open.
    suite.publish(&incorporated("hangzhou", "CN"), None).await;
    let after = PlanRouteRequest { receive_time: Some(suite.now()), ..civil() };
    let after = plan(suite, after).await.unwrap();
    let channel = channel(&after.legs[0], Kind::HagueService);
    assert_eq!((channel.standing(), channel.reason_code.as_str()), (Standing::Permitted, "BOTH_PARTIES"));
    let sides: Vec<(Side, &str)> =
        channel.central_authorities.iter().map(|authority| (authority.side(), authority.country.as_str())).collect();
    assert_eq!(sides, [(Side::Requesting, "DE"), (Side::Requested, "CN")]);
    assert!(channel.central_authorities[1].name.starts_with("Ministry of Justice"));
    for code in ["TRANSLATION_INTO_CHINESE", "MODEL_FORM", "POSTAL_CHANNEL_OPPOSED", "CONSULAR_SERVICE_LIMITED"] {
        assert!(codes(&channel.conditions).contains(&code), "{code}");
    }
    assert!(codes(&after.legs[0].findings).contains(&"PROCESS_OF_INCORPORATION"));
    assert_eq!(after.legs[0].contact.as_ref().unwrap().incorporation_country, "CN");
    // What was received before is decided by the guide of that time.
    assert_eq!(plan(suite, civil()).await.unwrap().provenance.unwrap().revision, before.provenance.unwrap().revision);
}

async fn a_repeated_call_is_one_plan(suite: &Suite) {
    let first = ask(&["US"]);
    let stored = plan(suite, first.clone()).await.unwrap();
    assert_eq!(plan(suite, first.clone()).await.unwrap(), stored);
    let other = PlanRouteRequest { authority_country: "FR".to_owned(), ..first.clone() };
    let status = plan(suite, other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
    let again = plan(suite, PlanRouteRequest { request_id: id(), ..first }).await.unwrap();
    assert_ne!(again.name, stored.name);
    assert_eq!(again.legs, stored.legs);
}

async fn every_bad_field_is_named(suite: &Suite) {
    let status = plan(suite, PlanRouteRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, "FIELDS_INVALID".to_owned()));
    let all = [
        "request",
        "platform",
        "authority_country",
        "authority_kind",
        "receive_time",
        "instrument",
        "matter_type",
        "targets",
        "request_id",
    ];
    assert_eq!(fields(&status), all);

    let many = vec!["US"; 10_000];
    assert_eq!(fields(&plan(suite, ask(&many)).await.unwrap_err()), ["targets"]);
    assert_eq!(plan(suite, ask(&many[..1000])).await.unwrap().legs[0].target_ids.len(), 1000);

    let mut odd = ask(&["US", "EU", "FR"]);
    odd.targets[2].target_id = "target-0".to_owned();
    odd.targets[2].evidence[0].source = "Name of the user".to_owned();
    odd.targets[2].evidence[0].record_time = None;
    odd.receive_time = Some(stamp("2099-01-01T00:00:00Z"));
    odd.authority_kind = 99;
    let expected = [
        "authority_kind",
        "receive_time",
        "targets[1].evidence[0].country",
        "targets[2].evidence[0].source",
        "targets[2].evidence[0].record_time",
        "targets[2].target_id",
    ];
    let status = plan(suite, odd).await.unwrap_err();
    assert_eq!(fields(&status), expected);
    assert!(!format!("{status:?}").contains("Name of the user"));

    let mut late = ask(&["US"]);
    late.instrument.as_mut().unwrap().issue_time = Some(stamp("2026-11-01T00:00:01Z"));
    assert_eq!(fields(&plan(suite, late).await.unwrap_err()), ["instrument.issue_time"]);
    let mut much = ask(&["US"]);
    much.targets[0].evidence = vec![much.targets[0].evidence[0].clone(); 101];
    assert_eq!(fields(&plan(suite, much).await.unwrap_err()), ["targets[0].evidence"]);
}

async fn evidence_decides(suite: &Suite) {
    use ResidenceEvidenceKind as Kind;
    let with = |pieces: &[(Kind, &str, &str)]| {
        let mut ask = ask(&["FR"]);
        ask.targets[0].evidence = pieces.iter().map(|(kind, place, source)| evidence(*kind, place, source)).collect();
        ask
    };
    let account = [(Kind::Declared, "DE", "request"), (Kind::AccountRecord, "Hong Kong", "account-service")];
    let decided = plan(suite, with(&account)).await.unwrap();
    assert_eq!(decided.targets[0].residence_countries, ["HK"]);
    assert_eq!(codes(&decided.targets[0].findings), ["RESIDENCE_BY_EVIDENCE", "RESIDENCE_CONTRADICTED"]);
    assert_eq!(decided.legs[0].contact.as_ref().unwrap().contact_id, "hong-kong");

    let several = [(Kind::AccountRecord, "HK", "account-service"), (Kind::AccountRecord, "US", "account-service")];
    let several = plan(suite, with(&several)).await.unwrap();
    assert_eq!((several.verdict(), several.legs.len()), (Verdict::Routed, 2));
    assert!(several.legs.iter().all(|leg| leg.target_ids == ["target-0"]));

    let conflict = [(Kind::BillingAddress, "HK", "payments"), (Kind::ShippingAddress, "US", "orders")];
    for (pieces, code) in [
        (&conflict[..], "RESIDENCE_CONFLICT"),
        (&[(Kind::IpDerived, "US", "login-records")], "RESIDENCE_EVIDENCE_TOO_WEAK"),
        (&[], "RESIDENCE_UNKNOWN"),
    ] {
        let held = plan(suite, with(pieces)).await.unwrap();
        assert_eq!((held.verdict(), held.legs.len()), (Verdict::Held, 1));
        assert_eq!(held.legs[0].status(), LegStatus::UnroutableResidence);
        assert!(held.legs[0].contact.is_none() && held.legs[0].channels.is_empty());
        assert_eq!((codes(&held.legs[0].findings), codes(&held.targets[0].findings)), (vec![code], vec![code]));
    }
}

async fn a_tried_plan_leaves_none(suite: &Suite) {
    let tried = PlanRouteRequest { validate_only: true, ..ask(&["US", "CN"]) };
    let before = (suite.events(&[]).await.len(), suite.audit().await);
    let answer = plan(suite, tried.clone()).await.unwrap();
    assert_eq!((answer.name.as_str(), answer.create_time), ("", None));
    assert_eq!((suite.events(&[]).await.len(), suite.audit().await), before);
    let keyless = PlanRouteRequest { request_id: String::new(), ..tried.clone() };
    assert_eq!(fields(&plan(suite, keyless).await.unwrap_err()), ["request_id"]);
    let stored = plan(suite, PlanRouteRequest { validate_only: false, ..tried }).await.unwrap();
    assert_eq!((stored.legs, stored.targets), (answer.legs, answer.targets), "the key was not used up");
}

async fn both_guides_at_the_second_of_the_change(suite: &Suite) {
    let moved = crate::harness::SHIPPED.replace(r#"["US"]"#, r#"["US", "KZ"]"#);
    let moved = moved.replace(r#""BY", "GE", "KZ","#, r#""BY", "GE","#);
    let after = suite.publish(&moved, Some("2026-12-01T00:00:00Z")).await;
    suite.set_now("2026-12-05T00:00:00Z");
    let at = |receive: &str, rules: Option<&str>| PlanRouteRequest {
        receive_time: Some(stamp(receive)),
        rules_time: rules.map(stamp),
        ..ask(&["KZ"])
    };
    for (received, told, contact, new) in [
        ("2026-11-30T23:59:59.999999Z", None, "russia-holding", false),
        ("2026-12-01T00:00:00Z", None, "e-commerce-one", true),
        ("2026-12-01T00:00:00.000001Z", None, "e-commerce-one", true),
        // Unless told otherwise.
        ("2026-12-02T00:00:00Z", Some("2026-11-30T23:59:59.999999Z"), "russia-holding", false),
        ("2026-11-02T00:00:00Z", Some("2026-12-01T00:00:00Z"), "e-commerce-one", true),
    ] {
        let plan = plan(suite, at(received, told)).await.unwrap();
        assert_eq!(plan.legs[0].contact.as_ref().unwrap().contact_id, contact, "{received} {told:?}");
        let provenance = plan.provenance.unwrap();
        assert_eq!(provenance.revision == after.name, new);
        assert_eq!(provenance.rules_time, Some(stamp(told.unwrap_or(received))));
        let cited = plan.legs[0].findings[0].citations[0].revision.clone();
        assert_eq!(cited, provenance.digest, "a finding cites the revision that decided");
    }
}

async fn a_plan_leaves_a_trace(suite: &Suite) {
    let ask = ask(&["US", "DE"]);
    let plan = plan(suite, ask.clone()).await.unwrap();
    let events = suite.events(&["plan.stored"]).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].subject.as_str(), events[0].request.as_str()), (plan.name.as_str(), ask.request.as_str()));
    assert_eq!(events[0].facts["verdict"], "ROUTED");
    assert_eq!(events[0].facts["legs"], "2");
    assert_eq!(suite.routing("analyst").plan_route(ask).await.unwrap().into_inner(), plan);
    assert_eq!(suite.events(&["plan.stored"]).await.len(), 1);
}
