//! Estimates, by what ships and by the example.

use rogatory_billing::EXAMPLE_SCHEDULE;
use rogatory_proto::rogatory::{
    billing::v1::{CostFacts, Estimate, EstimateCostRequest, ListInvoicesRequest, estimate::Outcome},
    rulebook::v1::{Confirmation, InstrumentKind},
};
use tonic::{Code, Status};

use crate::harness::{Suite, codes, fields, on_both_engines, reason, shown, stamp};

on_both_engines! {
    the_seed_reserves, the_example_prices_a_subpoena, a_waiver_needs_no_price, every_bad_field_is_named, access,
    a_platform_without_a_schedule_has_no_answer, the_schedule_of_the_receive_time_decides,
}

async fn estimate(suite: &Suite, facts: CostFacts) -> Result<Estimate, Status> {
    let ask = EstimateCostRequest { facts: Some(facts), rules_time: None };
    suite.billing_as_intake().estimate_cost(ask).await.map(tonic::Response::into_inner)
}

async fn the_seed_reserves(suite: &Suite) {
    for emergency in [false, true] {
        let facts = CostFacts { emergency, ..suite.facts("aliexpress.com") };
        let made = estimate(suite, facts).await.unwrap();
        assert_eq!((made.outcome(), made.lines.len(), made.total.as_ref()), (Outcome::Reserved, 0, None));
        assert_eq!(codes(&made.findings), ["COST_RESERVED", "PAYMENT_HOLDS_UP_NOTHING"]);
        let citation = &made.findings[0].citations[0];
        assert_eq!((citation.document.as_str(), citation.section.as_str()), ("AliExpress Law Enforcement Guide", "§7"));
        assert!(made.provenance.unwrap().revision.starts_with("scheduleRevisions/rev_"));
    }
    let nothing = suite.billing("auditor").list_invoices(ListInvoicesRequest::default()).await.unwrap().into_inner();
    assert!(nothing.invoices.is_empty());
    assert!(suite.events(&["quote.created"]).await.is_empty());
}

async fn the_example_prices_a_subpoena(suite: &Suite) {
    let revision = suite.publish(EXAMPLE_SCHEDULE).await;
    let made = estimate(suite, suite.facts("aliexpress.com")).await.unwrap();
    assert_eq!(made.outcome(), Outcome::Priced);
    assert_eq!(shown(made.total.as_ref()), (45, 0, "USD"));
    assert_eq!(made.lines.len(), 1);
    assert_eq!(made.lines[0].citations[0].revision, revision.name);
    assert!(codes(&made.findings).contains(&"EXAMPLE_SCHEDULE"));
    assert!(made.findings.iter().all(|finding| !finding.citations.is_empty()));
    let provenance = made.provenance.unwrap();
    assert_eq!((provenance.revision, provenance.digest), (revision.name, revision.digest));

    for (kind, units) in [(InstrumentKind::CourtOrder, 150), (InstrumentKind::SearchWarrant, 245)] {
        let facts = CostFacts { instrument_kind: kind.into(), ..suite.facts("aliexpress.com") };
        assert_eq!(shown(estimate(suite, facts).await.unwrap().total.as_ref()), (units, 0, "USD"));
    }
    let french = CostFacts { authority_country: "FR".to_owned(), ..suite.facts("aliexpress.com") };
    assert_eq!(estimate(suite, french).await.unwrap().outcome(), Outcome::Reserved);
}

async fn a_waiver_needs_no_price(suite: &Suite) {
    suite.publish(EXAMPLE_SCHEDULE).await;
    let emergency = CostFacts { emergency: true, ..suite.facts("aliexpress.com") };
    let made = estimate(suite, emergency).await.unwrap();
    assert_eq!((made.outcome(), made.total.as_ref()), (Outcome::Waived, None));
    assert_eq!(codes(&made.findings)[0], "WAIVED_EMERGENCY");
    assert_eq!(shown(made.lines[0].amount.as_ref()), (45, 0, "USD"));
    let mla = CostFacts { mutual_legal_assistance: true, ..suite.facts("aliexpress.com") };
    let made = estimate(suite, mla).await.unwrap();
    assert_eq!(made.outcome(), Outcome::Waived);
    assert_eq!(codes(&made.findings)[0], "WAIVED_MLA");
    assert_eq!(made.findings[0].citations[0].confirmation(), Confirmation::Unconfirmed);
}

async fn every_bad_field_is_named(suite: &Suite) {
    let status = estimate(suite, CostFacts { account_count: 1001, ..suite.facts("aliexpress.com") }).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["facts.account_count".to_owned()]));
    let status = estimate(suite, CostFacts { data_classes: vec![0, 99], ..CostFacts::default() }).await.unwrap_err();
    let named = [
        "platform",
        "authority_country",
        "authority_kind",
        "instrument_kind",
        "matter_type",
        "account_count",
        "data_classes[0]",
        "data_classes[1]",
        "receive_time",
    ];
    assert_eq!(fields(&status), named.map(|field| format!("facts.{field}")));
    let status = suite.billing("biller").estimate_cost(EstimateCostRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["facts"]);
}

async fn access(suite: &Suite) {
    let ask = EstimateCostRequest { facts: Some(suite.facts("aliexpress.com")), rules_time: None };
    assert!(suite.billing("submitter").estimate_cost(ask.clone()).await.is_ok());
    let status = suite.billing("publisher").estimate_cost(ask).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "CALLER_NOT_LISTED"));
}

async fn a_platform_without_a_schedule_has_no_answer(suite: &Suite) {
    let status = estimate(suite, suite.facts("elsewhere.example")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NO_REVISION_IN_FORCE"));
}

async fn the_schedule_of_the_receive_time_decides(suite: &Suite) {
    suite.set_now("2026-11-25T00:00:00Z");
    suite.publish(EXAMPLE_SCHEDULE).await;
    let before = CostFacts { receive_time: Some(stamp("2026-11-24T23:59:59Z")), ..suite.facts("aliexpress.com") };
    assert_eq!(estimate(suite, before.clone()).await.unwrap().outcome(), Outcome::Reserved);
    let ask = EstimateCostRequest { facts: Some(before), rules_time: Some(stamp("2026-11-25T00:00:00Z")) };
    let made = suite.billing("biller").estimate_cost(ask).await.unwrap().into_inner();
    assert_eq!(made.outcome(), Outcome::Priced);
}
