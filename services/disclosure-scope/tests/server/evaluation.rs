use rogatory_proto::rogatory::{
    disclosure::v1::{EvaluateScopeRequest, ScopeFacts, item_result::Result as Outcome},
    rulebook::v1::InstrumentKind,
};
use tonic::Code;

use super::world::{ANALYST, World, at, facts, fields, item, reason, result_codes, results};

super::on_both_engines!(
    the_calculator_answers_item_by_item,
    what_was_not_stated_at_the_time_holds,
    every_bad_field_is_named,
    ten_thousand_items_are_refused,
    no_policy_no_answer,
);

async fn the_calculator_answers_item_by_item(world: &World) {
    let facts = ScopeFacts {
        instrument_kind: InstrumentKind::Subpoena.into(),
        ..facts(&["account-identity", "orders", "messages"])
    };
    let request = EvaluateScopeRequest { facts: Some(facts), rules_time: None };
    let answer = world.scope(&ANALYST).evaluate_scope(request).await.unwrap().into_inner();
    assert_eq!(results(&answer.results), [Outcome::Allow, Outcome::NeedsOtherProcess, Outcome::NeedsOtherProcess]);
    assert_eq!(answer.approvals_required, 1);
    let provenance = answer.provenance.unwrap();
    assert_eq!((provenance.revision, provenance.rules_time), (world.policy.name.clone(), Some(at(0))));
    assert_eq!(provenance.digest, world.policy.digest);
    for finding in answer.results.iter().flat_map(|result| &result.findings) {
        assert!(!finding.citations.is_empty(), "{finding:?}");
    }
    assert!(world.events("decision.").await.is_empty(), "it leaves no trace");
}

async fn what_was_not_stated_at_the_time_holds(world: &World) {
    let request = EvaluateScopeRequest { facts: Some(facts(&["account-identity"])), rules_time: Some(at(-1)) };
    let answer = world.scope(&ANALYST).evaluate_scope(request).await.unwrap().into_inner();
    assert_eq!(results(&answer.results), [Outcome::HoldForAuthority]);
    assert_eq!(result_codes(&answer.results[0]), ["STORAGE_COUNTRY_NOT_STATED", "STAFF_COUNTRY_NOT_STATED"]);
}

async fn every_bad_field_is_named(world: &World) {
    let mut wrong = facts(&["orders", "orders"]);
    wrong.platform = String::new();
    wrong.authority_country = "EU".to_owned();
    wrong.authority_kind = 99;
    wrong.instrument_kind = 0;
    wrong.receive_time = None;
    wrong.items[0].target_id = "line\nbreak".to_owned();
    wrong.items[1].item_id = wrong.items[0].item_id.clone();
    wrong.items[1].target_id = wrong.items[0].target_id.clone();
    wrong.items[1].residence_country = "Korea".to_owned();
    let window = wrong.items[1].window.as_mut().unwrap();
    std::mem::swap(&mut window.start_time, &mut window.end_time);
    let request = EvaluateScopeRequest { facts: Some(wrong), rules_time: None };
    let status = world.scope(&ANALYST).evaluate_scope(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELDS_INVALID"));
    for field in [
        "facts.platform",
        "facts.authority_country",
        "facts.authority_kind",
        "facts.instrument_kind",
        "facts.receive_time",
        "facts.items[0].target_id",
        "facts.items[1].item_id",
        "facts.items[1].residence_country",
        "facts.items[1].window",
    ] {
        assert!(fields(&status).contains(&field.to_owned()), "{field} in {:?}", fields(&status));
    }
    let nothing = EvaluateScopeRequest::default();
    assert_eq!(fields(&world.scope(&ANALYST).evaluate_scope(nothing).await.unwrap_err()), ["facts"]);
}

async fn ten_thousand_items_are_refused(world: &World) {
    let mut many = facts(&[]);
    many.items = (0..10_000).map(|index| item(index, "orders")).collect();
    let request = EvaluateScopeRequest { facts: Some(many), rules_time: None };
    let status = world.scope(&ANALYST).evaluate_scope(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(fields(&status), ["facts.items"]);
}

async fn no_policy_no_answer(world: &World) {
    let other = ScopeFacts { platform: "example.com".to_owned(), ..facts(&["orders"]) };
    let request = EvaluateScopeRequest { facts: Some(other), rules_time: None };
    let status = world.scope(&ANALYST).evaluate_scope(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NO_REVISION_IN_FORCE"));
}
