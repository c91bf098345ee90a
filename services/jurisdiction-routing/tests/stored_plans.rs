//! What becomes of a stored plan: read, decided once more, closed.

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use rogatory_proto::rogatory::{
    routing::v1::{ClosePlanRequest, GetPlanRequest, PlanRouteRequest, ReplayPlanRequest, RoutePlan, RoutedInstrument},
    rulebook::v1::{AuthorityKind, InstrumentKind, MatterType, ResidenceEvidenceKind},
};
use rogatory_routing::domain::plan::Plan;
use rogatory_rulebook::Digest;
use tonic::Code;

use crate::{
    harness::{Suite, fields, id, on_both_engines, reason},
    plan_route::{ask, evidence, plan},
};

on_both_engines! {
    a_plan_is_read_as_it_was_given, every_plan_replays_to_the_same_bytes, what_was_altered_is_told,
    a_closed_plan_stays_closed, what_is_no_plan,
}

async fn get(suite: &Suite, name: &str) -> RoutePlan {
    let ask = GetPlanRequest { name: name.to_owned() };
    suite.routing("auditor").get_plan(ask).await.unwrap().into_inner()
}

async fn a_plan_is_read_as_it_was_given(suite: &Suite) {
    let first = ask(&["US", "HK", "", "TW"]);
    let given = plan(suite, first.clone()).await.unwrap();
    assert_eq!(get(suite, &given.name).await, given);
    assert_eq!(plan(suite, first).await.unwrap(), given, "a repeated call");
}

prop_compose! {
    fn any_ask()(
        authority in proptest::sample::select(vec!["US", "DE", "GB", "HK", "SG", "CN", "RU", "XK"]),
        authority_kind in 1..=8_i32,
        instrument in 1..=10_i32,
        matter in 1..=3_i32,
        served in proptest::sample::select(vec!["", "hangzhou", "Example GmbH"]),
        places in proptest::collection::vec(
            (1..=5_i32, proptest::sample::select(vec!["US", "HK", "CN", "DE", "KZ", "TW", "MO"])), 0..6),
    ) -> PlanRouteRequest {
        let mut asked = PlanRouteRequest {
            authority_country: authority.to_owned(),
            authority_kind: AuthorityKind::try_from(authority_kind).unwrap().into(),
            instrument: Some(RoutedInstrument {
                kind: InstrumentKind::try_from(instrument).unwrap().into(),
                ..RoutedInstrument::default()
            }),
            matter_type: MatterType::try_from(matter).unwrap().into(),
            served_contact: served.to_owned(),
            ..ask(&["US", ""])
        };
        let piece = |(kind, place): (i32, &str)| {
            evidence(ResidenceEvidenceKind::try_from(kind).unwrap(), place, "somewhere")
        };
        asked.targets[1].evidence = places.into_iter().map(piece).collect();
        asked
    }
}

async fn every_plan_replays_to_the_same_bytes(suite: &Suite) {
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let given = plan(suite, any_ask().new_tree(&mut runner).unwrap().current()).await.unwrap();
        let replay = ReplayPlanRequest { name: given.name.clone() };
        let again = suite.routing("auditor").replay_plan(replay).await.unwrap().into_inner();
        assert!(again.equal && again.differences.is_empty() && again.causes.is_empty(), "{again:?}");
        assert_eq!(again.plan.unwrap(), given);
    }
}

async fn what_was_altered_is_told(suite: &Suite) {
    let given = plan(suite, ask(&["US"])).await.unwrap();
    let replay = async |name: String| {
        suite.routing("auditor").replay_plan(ReplayPlanRequest { name }).await.unwrap().into_inner()
    };
    // As if an older program had decided by other treaty data, and come to the same route.
    let older = |plan: &mut Plan| {
        plan.decision.provenance.engine_version = "0.0.0".to_owned();
        plan.decision.treaty_data = Digest::of("other treaties");
    };
    let same = replay(suite.altered(&given.name, older).await).await;
    assert!(same.equal && same.causes.is_empty(), "{same:?}");
    // And to another one.
    let other = suite.altered(&given.name, |plan| {
        older(plan);
        plan.decision.route.legs[0].channels[1].code = "SOMETHING_ELSE".into();
        plan.decision.route.findings.pop();
    });
    let told = replay(other.await).await;
    assert!(!told.equal);
    assert_eq!(told.causes, ["ENGINE_VERSION", "TREATY_DATA"]);
    assert_eq!(told.differences, ["findings", "legs[0].channels[1].code"]);
    // By the same program and data there is no cause but the row itself.
    let row = suite.altered(&given.name, |plan| plan.decision.route.targets.clear()).await;
    let told = replay(row).await;
    assert!(!told.equal && told.causes.is_empty());
    assert_eq!(told.differences, ["targets"]);
}

async fn a_closed_plan_stays_closed(suite: &Suite) {
    let given = plan(suite, ask(&["US"])).await.unwrap();
    let close = |request_id: String| ClosePlanRequest { name: given.name.clone(), request_id };
    let (first, second) = (id(), id());
    let mut intake = suite.routing_as_peer("intake");
    let closed = intake.close_plan(close(first.clone())).await.unwrap().into_inner();
    assert_eq!(closed.close_time, Some(suite.now()));
    assert_eq!(RoutePlan { close_time: None, ..closed.clone() }, given);
    suite.set_now("2026-11-25T12:00:00Z");
    assert_eq!(intake.close_plan(close(first)).await.unwrap().into_inner(), closed, "a repeated call");
    assert_eq!(intake.close_plan(close(second)).await.unwrap().into_inner(), closed, "closed is closed");
    assert_eq!(get(suite, &given.name).await, closed);
    assert_eq!(suite.events(&["plan.closed"]).await.len(), 1);
}

async fn what_is_no_plan(suite: &Suite) {
    let absent = "plans/pln_01990000000070008000000000000001";
    let mut client = suite.routing("auditor");
    for name in ["", "plans/", "requests/req_01990000000070008000000000000001"] {
        let status = client.get_plan(GetPlanRequest { name: name.to_owned() }).await.unwrap_err();
        assert_eq!(fields(&status), ["name"], "{name}");
    }
    let status = client.get_plan(GetPlanRequest { name: absent.to_owned() }).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "NOT_FOUND".to_owned()));
    let status = client.replay_plan(ReplayPlanRequest { name: absent.to_owned() }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let close = ClosePlanRequest { name: absent.to_owned(), request_id: id() };
    assert_eq!(suite.routing("operator").close_plan(close).await.unwrap_err().code(), Code::NotFound);
    let status = suite.routing("operator").close_plan(ClosePlanRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["name", "request_id"]);
}
