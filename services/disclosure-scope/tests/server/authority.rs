//! The approval of a competent authority, and what approvers narrow.

use std::time::Duration;

use rogatory_proto::{
    google::r#type::Interval,
    rogatory::disclosure::v1::{
        ApproveDecisionRequest, AuthorityApproval, Decision, Narrowing, RecordAuthorityApprovalRequest,
        RejectDecisionRequest, ScopeFacts, decision::State, item_result::Result as Outcome,
    },
};
use tonic::{Code, Status};

use super::world::{
    ALICE, ANALYST, BOB, COUNSEL, INTAKE, World, at, facts, fields, key, month, prc_approval, reason, result_codes,
    results, violations,
};

super::on_both_engines!(
    the_rest_goes_on_while_an_authority_is_asked,
    an_approval_takes_the_place_of_what_is_proposed,
    an_approval_holds_for_the_request,
    an_approval_covers_what_it_names,
    an_approval_that_opens_nothing_is_refused,
    an_approver_may_approve_less,
    an_approver_may_not_approve_more,
);

async fn record(world: &World, read: &Decision, approval: AuthorityApproval) -> Result<Decision, Status> {
    let request = RecordAuthorityApprovalRequest {
        name: read.name.clone(),
        etag: read.etag.clone(),
        approval: Some(approval),
        request_id: key(),
    };
    Ok(world.scope(&COUNSEL).record_authority_approval(request).await?.into_inner())
}

/// `risk-notes` lie in the PRC, `orders` do not.
async fn in_the_prc(world: &World) {
    world.publish_storage(&[("orders", "SG"), ("risk-notes", "CN"), ("merchant-identity", "CN")], "SG").await;
    world.clock.advance(Duration::from_secs(3600));
}

/// Facts of a request that was received after [`in_the_prc`].
fn held(elements: &[&str]) -> ScopeFacts {
    ScopeFacts { receive_time: Some(at(1)), ..facts(elements) }
}

async fn the_rest_goes_on_while_an_authority_is_asked(world: &World) {
    in_the_prc(world).await;
    let first = world.propose(held(&["orders", "risk-notes", "merchant-identity"])).await.unwrap();
    assert_eq!(results(&first.results), [Outcome::Allow, Outcome::HoldForAuthority, Outcome::HoldForAuthority]);
    let first = world.approve(&ALICE, &first).await.unwrap();
    assert_eq!(world.grant(&first.grant).await.permissions.len(), 1, "orders leave, whatever the authority says");

    let second = record(world, &first, prc_approval(&["risk-notes"])).await.unwrap();
    assert_eq!((second.state(), second.predecessor.as_str()), (State::Proposed, first.name.as_str()));
    assert_eq!(results(&second.results), [Outcome::Allow], "the item that was held and is approved, and no other");
    assert!(result_codes(&second.results[0]).contains(&"AUTHORITY_APPROVED"));
    let approval = &second.facts.as_ref().unwrap().authority_approvals[0];
    assert_eq!((approval.reference.as_str(), approval.recorder.as_str()), ("ILCC 2026-17", "person:carol"));
    assert_eq!(second.provenance.as_ref().unwrap().revision, first.provenance.as_ref().unwrap().revision);
    assert_eq!(world.decision(&first.name).await.state(), State::Approved, "it stands beside it");

    let second = world.approve(&BOB, &second).await.unwrap();
    assert_eq!(world.grant(&second.grant).await.permissions[0].element, "risk-notes");
    assert_eq!(world.grants().await.len(), 2);
    let recorded = world.events("decision.authority_approval_recorded").await;
    assert_eq!((recorded.len(), recorded[0].facts["successor"].as_str()), (1, second.name.as_str()));
    assert!(world.events("decision.superseded").await.is_empty());
    let proposed = world.events("decision.proposed").await;
    assert_eq!(proposed[1].facts["predecessor"], first.name);
}

async fn an_approval_takes_the_place_of_what_is_proposed(world: &World) {
    in_the_prc(world).await;
    let first = world.propose(held(&["orders", "risk-notes"])).await.unwrap();
    let second = record(world, &first, prc_approval(&["risk-notes"])).await.unwrap();
    assert_eq!(results(&second.results), [Outcome::Allow, Outcome::Allow]);
    let first = world.decision(&first.name).await;
    assert_eq!((first.state(), first.successor.as_str()), (State::Superseded, second.name.as_str()));
    assert_eq!(world.approve(&ALICE, &first).await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(
        record(world, &first, prc_approval(&["risk-notes"])).await.unwrap_err().code(),
        Code::FailedPrecondition
    );
    assert_eq!(world.events("decision.superseded").await.len(), 1);
    assert_eq!(world.approve(&ALICE, &second).await.unwrap().state(), State::Approved);
}

async fn an_approval_holds_for_the_request(world: &World) {
    in_the_prc(world).await;
    let mut proposal = world.proposal(held(&["risk-notes"]));
    let first = world.scope(&INTAKE).propose_decision(proposal.clone()).await.unwrap().into_inner();
    record(world, &first, prc_approval(&["risk-notes"])).await.unwrap();
    // The verification was renewed meanwhile, so intake proposes again.
    proposal.verification_expire_time = Some(at(400 * 24));
    proposal.request_id = key();
    let again = world.scope(&INTAKE).propose_decision(proposal).await.unwrap().into_inner();
    assert_eq!(results(&again.results), [Outcome::Allow]);
    let other = world.propose(held(&["risk-notes"])).await.unwrap();
    assert_eq!(results(&other.results), [Outcome::HoldForAuthority], "it is of another request");
}

async fn an_approval_covers_what_it_names(world: &World) {
    in_the_prc(world).await;
    let first = world.propose(held(&["risk-notes"])).await.unwrap();
    let window = Interval { start_time: Some(month(2, 0)), end_time: Some(month(9, 0)) };
    let narrow = AuthorityApproval { window: Some(window), ..prc_approval(&["risk-notes"]) };
    let second = record(world, &first, narrow).await.unwrap();
    assert_eq!(results(&second.results), [Outcome::AllowNarrowed]);
    let left = second.results[0].window.unwrap();
    assert_eq!((left.start_time, left.end_time), (Some(month(2, 0)), Some(month(3, 0))), "February of what was asked");
    assert!(result_codes(&second.results[0]).contains(&"WINDOW_CUT_TO_APPROVAL"));

    let first = world.propose(held(&["risk-notes"])).await.unwrap();
    let elsewhere = AuthorityApproval { country: "SG".to_owned(), ..prc_approval(&["risk-notes"]) };
    let second = record(world, &first, elsewhere).await.unwrap();
    assert_eq!(results(&second.results), [Outcome::HoldForAuthority], "another State cannot open this gate");
}

async fn an_approval_that_opens_nothing_is_refused(world: &World) {
    in_the_prc(world).await;
    let decision = world.propose(held(&["orders", "risk-notes"])).await.unwrap();
    let other_target = AuthorityApproval { target_ids: vec!["target-2".to_owned()], ..prc_approval(&["risk-notes"]) };
    for approval in [prc_approval(&["orders"]), prc_approval(&["no-such-element"]), other_target] {
        let status = record(world, &decision, approval).await.unwrap_err();
        assert_eq!((status.code(), violations(&status)), (Code::FailedPrecondition, vec!["NOTHING_HELD".to_owned()]));
    }
    let wrong = AuthorityApproval {
        country: "Cathay".to_owned(),
        authority: String::new(),
        approve_time: Some(at(2)),
        elements: Vec::new(),
        ..prc_approval(&[])
    };
    let status = record(world, &decision, wrong).await.unwrap_err();
    let named = fields(&status);
    for field in ["approval.country", "approval.authority", "approval.elements"] {
        assert!(named.contains(&field.to_owned()), "{field} in {named:?}");
    }
    let ahead = AuthorityApproval { approve_time: Some(at(2)), ..prc_approval(&["risk-notes"]) };
    assert_eq!(fields(&record(world, &decision, ahead).await.unwrap_err()), ["approval.approve_time"]);
    world.clock.advance(Duration::from_secs(1));
    let reject = RejectDecisionRequest {
        name: decision.name.clone(),
        etag: decision.etag.clone(),
        reason: "No.".to_owned(),
        request_id: key(),
    };
    let rejected = world.scope(&COUNSEL).reject_decision(reject).await.unwrap().into_inner();
    let late = record(world, &rejected, prc_approval(&["risk-notes"])).await.unwrap_err();
    assert_eq!((late.code(), reason(&late).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    let request = RecordAuthorityApprovalRequest { name: rejected.name, ..RecordAuthorityApprovalRequest::default() };
    let person = world.scope(&ANALYST).record_authority_approval(request).await.unwrap_err();
    assert_eq!(person.code(), Code::PermissionDenied);
}

fn narrowing(index: usize, element: &str, window: Option<Interval>) -> Narrowing {
    Narrowing {
        item_id: format!("item-{index}"),
        target_id: "target-1".to_owned(),
        element: element.to_owned(),
        window,
    }
}

async fn an_approver_may_approve_less(world: &World) {
    let decision = world.propose(facts(&["orders", "account-identity", "messages"])).await.unwrap();
    assert_eq!(decision.approvals_required, 2);
    let january = Interval { start_time: Some(month(1, 0)), end_time: Some(month(2, 0)) };
    let less = ApproveDecisionRequest {
        narrowings: vec![narrowing(0, "orders", Some(january)), narrowing(1, "account-identity", None)],
        ..world.approval(&decision)
    };
    let once = world.scope(&ALICE).approve_decision(less).await.unwrap().into_inner();
    assert_eq!(results(&once.results), [Outcome::AllowNarrowed, Outcome::Withhold, Outcome::Allow]);
    assert!(result_codes(&once.results[1]).contains(&"NARROWED_BY_APPROVER"));
    let approved = world.approve(&BOB, &once).await.unwrap();
    let grant = world.grant(&approved.grant).await;
    assert_eq!(grant.permissions.len(), 2);
    assert_eq!(grant.permissions[0].window, Some(january));
}

async fn an_approver_may_not_approve_more(world: &World) {
    let decision = world.propose(facts(&["orders", "account-identity", "no-such-element"])).await.unwrap();
    let wider = Interval { start_time: Some(month(1, 0)), end_time: Some(month(4, 0)) };
    let more = ApproveDecisionRequest {
        narrowings: vec![
            narrowing(0, "orders", Some(wider)),
            narrowing(1, "account-identity", Some(wider)),
            narrowing(2, "no-such-element", None),
            narrowing(7, "orders", None),
        ],
        ..world.approval(&decision)
    };
    let status = world.scope(&ALICE).approve_decision(more).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(fields(&status), ["narrowings[0]", "narrowings[1]", "narrowings[2]", "narrowings[3]"]);
    let nothing = ApproveDecisionRequest {
        narrowings: vec![narrowing(0, "orders", None), narrowing(1, "account-identity", None)],
        ..world.approval(&decision)
    };
    let status = world.scope(&ALICE).approve_decision(nothing).await.unwrap_err();
    assert_eq!(violations(&status), ["NOTHING_ALLOWED"]);
    assert_eq!(world.decision(&decision.name).await, decision, "nothing of it was kept");
}
