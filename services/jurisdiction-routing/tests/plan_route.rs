//! Plans, from the call to the event.

use rogatory_names::{PlanId, RequestId};
use rogatory_proto::rogatory::{
    routing::v1::{
        Channel, Leg, PlanRouteRequest, RoutePlan, TargetResidence,
        channel::{Kind, Standing},
        leg::Status as LegStatus,
        route_plan::Verdict,
    },
    rulebook::v1::{AuthorityKind, Finding, InstrumentKind, MatterType},
};
use tonic::{Code, Status};

use crate::harness::{Suite, fields, id, incorporated, on_both_engines, reason, stamp};

on_both_engines! {
    two_residences_make_two_legs, the_wrong_contact_is_named_the_right_one, who_may_not_ask, a_european_order_is_held,
    an_unknown_residence_is_held, hague_channels, a_repeated_call_is_one_plan, every_bad_field_is_named,
    a_plan_leaves_a_trace,
}

/// A court order of a German prosecutor in a criminal matter, with a target for each residence.
fn ask(residences: &[&str]) -> PlanRouteRequest {
    let target = |(index, residence): (usize, &&str)| TargetResidence {
        target_id: format!("target-{index}"),
        residence_country: (*residence).to_owned(),
    };
    PlanRouteRequest {
        request: RequestId::new().name(),
        platform: "aliexpress.com".to_owned(),
        authority_country: "DE".to_owned(),
        authority_kind: AuthorityKind::Prosecutor.into(),
        instrument_kind: InstrumentKind::CourtOrder.into(),
        matter_type: MatterType::Criminal.into(),
        served_contact: String::new(),
        targets: residences.iter().enumerate().map(target).collect(),
        receive_time: Some(stamp("2026-11-01T00:00:00Z")),
        request_id: id(),
    }
}

async fn plan(suite: &Suite, ask: PlanRouteRequest) -> Result<RoutePlan, Status> {
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
    let leg = &plan.legs[0];
    assert_eq!((leg.status(), leg.guide_row.as_str()), (LegStatus::Routed, "other"));
    assert_eq!(leg.target_ids, ["target-0", "target-2"]);
    assert_eq!(leg.residence_countries, ["DE", "FR"]);
    assert_eq!(leg.contact.as_ref().unwrap().contact_id, "singapore-e-commerce");
    assert_eq!(leg.channels.len(), 5);
    assert_eq!(plan.legs[1].target_ids, ["target-1", "target-3"]);
    let provenance = plan.provenance.unwrap();
    assert_eq!(provenance.rules_time, Some(stamp("2026-11-01T00:00:00Z")));
    assert!(plan.findings.iter().chain(&leg.findings).all(|finding| !finding.citations.is_empty()));
}

async fn the_wrong_contact_is_named_the_right_one(suite: &Suite) {
    let served = |name: &str| PlanRouteRequest { served_contact: name.to_owned(), ..ask(&["US", "HK"]) };
    let plan_ = plan(suite, served("  alibaba.com  hong kong LIMITED ")).await.unwrap();
    assert_eq!(plan_.verdict(), Verdict::Misdirected);
    assert_eq!((plan_.legs[0].status(), plan_.legs[1].status()), (LegStatus::Misdirected, LegStatus::Routed));
    assert_eq!(plan_.legs[0].contact.as_ref().unwrap().legal_name, "AliExpress E-Commerce One Pte. Ltd.");
    assert!(codes(&plan_.legs[0].findings).contains(&"SERVED_ON_OTHER_CONTACT"));
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
    let informal = PlanRouteRequest { instrument_kind: InstrumentKind::Informal.into(), ..ask(&["US"]) };
    let informal = plan(suite, informal).await.unwrap();
    assert_eq!(informal.verdict(), Verdict::Held);
    assert!(codes(&informal.findings).contains(&"INSTRUMENT_NOT_BINDING"));
    let emergency = PlanRouteRequest { instrument_kind: InstrumentKind::EmergencyForm.into(), ..ask(&["US"]) };
    let emergency = plan(suite, emergency).await.unwrap();
    assert_eq!(emergency.verdict(), Verdict::Routed);
    assert!(codes(&emergency.findings).contains(&"FORMAL_REQUEST_OWED"));
}

async fn a_european_order_is_held(suite: &Suite) {
    for kind in [InstrumentKind::EuProductionOrder, InstrumentKind::EuPreservationOrder] {
        let plan = plan(suite, PlanRouteRequest { instrument_kind: kind.into(), ..ask(&["DE", "HK"]) }).await.unwrap();
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
    assert!(channel.central_authority.starts_with("Ministry of Justice"));
    assert!(codes(&after.legs[0].findings).contains(&"POSTAL_CHANNEL_OPPOSED"));
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
        "instrument_kind",
        "matter_type",
        "targets",
        "receive_time",
        "request_id",
    ];
    assert_eq!(fields(&status), all);

    let many = vec!["US"; 10_000];
    assert_eq!(fields(&plan(suite, ask(&many)).await.unwrap_err()), ["targets"]);
    assert_eq!(plan(suite, ask(&many[..1000])).await.unwrap().legs[0].target_ids.len(), 1000);

    let mut odd = ask(&["US", "EU", "FR"]);
    odd.targets[2].target_id = "target-0".to_owned();
    odd.receive_time = Some(stamp("2099-01-01T00:00:00Z"));
    odd.authority_kind = 99;
    let expected = ["authority_kind", "targets[1].residence_country", "targets[2].target_id", "receive_time"];
    assert_eq!(fields(&plan(suite, odd).await.unwrap_err()), expected);
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
