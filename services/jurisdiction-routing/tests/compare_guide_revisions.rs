//! What a change of the guide would change.

use std::collections::BTreeSet;

use rogatory_proto::rogatory::routing::v1::{
    ChosenContact, ClosePlanRequest, CompareGuideRevisionsRequest, CompareGuideRevisionsResponse,
    ListGuideRevisionsRequest, PlanRouteRequest, part_change::Kind, route_plan::Verdict,
};
use tonic::{Code, Status};

use crate::{
    harness::{SHIPPED, Suite, fields, id, on_both_engines, reason},
    plan_route::{ask, plan},
};

on_both_engines! {
    the_eleven_states_move, open_requests_are_counted_once, pages_add_up, what_cannot_be_compared, a_single_residence_moves,
    a_page_ends_when_it_tells_of_many_targets,
}

/// The guide with the eleven States served on the contact of the United States.
fn moved() -> String {
    let at = SHIPPED.find("key = \"cis\"").unwrap();
    let (before, after) = SHIPPED.split_at(at);
    before.to_owned() + &after.replacen("contact = \"russia-holding\"", "contact = \"e-commerce-one\"", 1)
}

async fn revisions(suite: &Suite) -> (String, String) {
    let all =
        suite.guides("auditor").list_guide_revisions(ListGuideRevisionsRequest::default()).await.unwrap().into_inner();
    (all.revisions[0].name.clone(), suite.draft(&moved()).await.name)
}

async fn compare(
    suite: &Suite,
    (base, revision): &(String, String),
    size: i32,
    token: &str,
) -> Result<CompareGuideRevisionsResponse, Status> {
    let ask = CompareGuideRevisionsRequest {
        base_revision: base.clone(),
        revision: revision.clone(),
        page_size: size,
        page_token: token.to_owned(),
    };
    suite.guides("counsel").compare_guide_revisions(ask).await.map(tonic::Response::into_inner)
}

async fn the_eleven_states_move(suite: &Suite) {
    let kz = plan(suite, ask(&["KZ", "DE"])).await.unwrap();
    plan(suite, ask(&["DE"])).await.unwrap();
    let both = revisions(suite).await;
    let found = compare(suite, &both, 0, "").await.unwrap();
    assert_eq!(
        found.summary,
        "11 of 250 residences change contact; of 2 open requests compared here 1 would be served elsewhere"
    );
    let places: BTreeSet<&str> = found.residences.iter().map(|change| change.residence_country.as_str()).collect();
    assert_eq!(places, BTreeSet::from(["RU", "AZ", "AM", "BY", "GE", "KZ", "KG", "MD", "TM", "TJ", "UZ"]));
    for change in &found.residences {
        let key = |chosen: &Option<ChosenContact>| {
            chosen.as_ref().and_then(|chosen| chosen.contact.as_ref()).map(|contact| contact.contact_id.clone())
        };
        assert!(change.served_elsewhere);
        assert_eq!(key(&change.before).as_deref(), Some("russia-holding"));
        assert_eq!(key(&change.after).as_deref(), Some("e-commerce-one"));
    }
    assert!(found.instruments.is_empty());
    assert!(
        !found.parts.is_empty() && found.parts.iter().all(|part| part.kind() == Kind::Changed),
        "{:?}",
        found.parts
    );
    assert_eq!((found.plans_compared, found.plans_served_elsewhere, found.plans.len()), (2, 1, 1));
    let change = &found.plans[0];
    assert_eq!((change.plan.as_str(), change.request.as_str()), (kz.name.as_str(), kz.request.as_str()));
    assert_eq!((change.verdict_before(), change.verdict_after()), (Verdict::Routed, Verdict::Routed));
    assert_eq!((change.targets.len(), change.targets[0].target_id.as_str()), (1, "target-0"));
    assert_eq!(change.targets[0].contacts_before, ["russia-holding"]);
    assert_eq!(change.targets[0].contacts_after, ["e-commerce-one"]);

    let same = compare(suite, &(both.0.clone(), both.0.clone()), 0, "").await.unwrap();
    assert!(same.residences.is_empty() && same.parts.is_empty() && same.plans.is_empty());
    assert_eq!(same.plans_compared, 2);
}

async fn open_requests_are_counted_once(suite: &Suite) {
    let first = ask(&["KZ"]);
    plan(suite, first.clone()).await.unwrap();
    // Planned again: the later plan counts.
    plan(suite, PlanRouteRequest { request_id: id(), ..first }).await.unwrap();
    let closed = plan(suite, ask(&["RU"])).await.unwrap();
    let close = ClosePlanRequest { name: closed.name, request_id: id() };
    suite.routing_as_peer("intake").close_plan(close).await.unwrap();
    let found = compare(suite, &revisions(suite).await, 0, "").await.unwrap();
    assert_eq!((found.plans_compared, found.plans_served_elsewhere), (1, 1));
}

async fn pages_add_up(suite: &Suite) {
    let mut expected = BTreeSet::new();
    for index in 0..25 {
        let stored = plan(suite, ask(&[if index % 5 == 0 { "TJ" } else { "FR" }])).await.unwrap();
        if index % 5 == 0 {
            expected.insert(stored.name);
        }
    }
    let both = revisions(suite).await;
    let (mut token, mut seen, mut compared, mut pages) = (String::new(), BTreeSet::new(), 0, 0);
    loop {
        let page = compare(suite, &both, 10, &token).await.unwrap();
        assert_eq!(page.residences.is_empty(), pages > 0, "the revisions are compared on the first page");
        compared += page.plans_compared;
        seen.extend(page.plans.into_iter().map(|change| change.plan));
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((compared, pages, seen), (25, 3, expected));
    let page = compare(suite, &both, 10, "").await.unwrap();
    let swapped = (both.1.clone(), both.0.clone());
    let status = compare(suite, &swapped, 10, &page.next_page_token).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISMATCH");
}

async fn what_cannot_be_compared(suite: &Suite) {
    let (base, moved) = revisions(suite).await;
    let other = suite.draft(&SHIPPED.replace("document = \"aliexpress.com\"", "document = \"other.example\"")).await;
    let status = compare(suite, &(base.clone(), other.name), 0, "").await.unwrap_err();
    assert_eq!(
        (status.code(), fields(&status)),
        (Code::InvalidArgument, vec!["base_revision".to_owned(), "revision".to_owned()])
    );
    let absent = "guideRevisions/rev_01990000000070008000000000000001".to_owned();
    assert_eq!(compare(suite, &(base.clone(), absent), 0, "").await.unwrap_err().code(), Code::NotFound);
    let status = compare(suite, &(String::new(), "x".to_owned()), -1, "").await.unwrap_err();
    assert_eq!(fields(&status), ["base_revision", "revision", "page_size"]);
    let status = compare(suite, &(base, moved), 0, "nonsense").await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISMATCH");
}

/// The guide with Moldova alone served on the contact of the United States.
fn one_moved() -> String {
    SHIPPED.replace(r#""MD", "#, "").replace(r#"["US"]"#, r#"["US", "MD"]"#)
}

async fn a_single_residence_moves(suite: &Suite) {
    let moldova = plan(suite, ask(&["MD"])).await.unwrap();
    let (shipped, _) = revisions(suite).await;
    // A draft against a published revision, a published one against a draft, two drafts.
    let (moved, again) = (suite.draft(&one_moved()).await.name, suite.draft(SHIPPED).await.name);
    for both in [(shipped.clone(), moved.clone()), (moved.clone(), shipped), (again, moved)] {
        let found = compare(suite, &both, 0, "").await.unwrap();
        assert_eq!(
            found.summary,
            "1 of 250 residences changes contact; of 1 open request compared here 1 would be served elsewhere"
        );
        assert_eq!((found.residences.len(), found.residences[0].residence_country.as_str()), (1, "MD"));
        assert_eq!(found.plans[0].plan, moldova.name);
    }
}

async fn a_page_ends_when_it_tells_of_many_targets(suite: &Suite) {
    let many = vec!["KZ"; 1_000];
    for _ in 0..12 {
        plan(suite, ask(&many)).await.unwrap();
    }
    let both = revisions(suite).await;
    let first = compare(suite, &both, 0, "").await.unwrap();
    assert_eq!((first.plans_compared, first.plans_served_elsewhere), (10, 10), "an answer fits into a message");
    let rest = compare(suite, &both, 0, &first.next_page_token).await.unwrap();
    assert_eq!((rest.plans_compared, rest.next_page_token.as_str()), (2, ""));
    assert_eq!(rest.summary, "of 2 open requests compared here 2 would be served elsewhere");
}
