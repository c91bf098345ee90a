use std::time::Duration;

use rogatory_names::{DecisionId, RequestId};
use rogatory_proto::rogatory::{
    disclosure::v1::{
        Decision, GetDecisionRequest, ListDecisionsRequest, ProposeDecisionRequest, RejectDecisionRequest, ScopeFacts,
        decision::State, item_result::Result as Outcome,
    },
    rulebook::v1::InstrumentKind,
};
use tonic::{Code, Status};

use super::world::{
    ALICE, ANALYST, BOB, COUNSEL, INTAKE, PAULA, World, at, facts, fields, key, prc_approval, reason, results,
    violations,
};

super::on_both_engines!(
    two_different_people_approve_content,
    one_person_approves_records_and_the_rest_waits,
    a_verification_must_hold,
    what_is_rejected_stays_rejected,
    nothing_allowed_is_not_approved,
    a_repeated_call_gets_the_first_answer,
    two_people_at_once_make_one_grant,
    one_person_at_once_counts_once,
    only_intake_proposes_and_only_approvers_approve,
    every_bad_field_of_a_proposal_is_named,
    decisions_are_listed_by_page,
);

fn refused(result: Result<Decision, Status>) -> (Code, String) {
    let status = result.unwrap_err();
    (status.code(), reason(&status))
}

fn second_person() -> (Code, String) {
    (Code::FailedPrecondition, "SECOND_PERSON_NEEDED".to_owned())
}

fn stale() -> (Code, String) {
    (Code::Aborted, "ETAG_MISMATCH".to_owned())
}

fn forbidden() -> (Code, String) {
    (Code::FailedPrecondition, "STATE_FORBIDS".to_owned())
}

async fn two_different_people_approve_content(world: &World) {
    let proposed = world.propose(facts(&["messages", "account-identity"])).await.unwrap();
    assert_eq!((proposed.state(), proposed.approvals_required), (State::Proposed, 2));
    assert_eq!(proposed.preparers, ["person:paula"]);
    assert_eq!(refused(world.approve(&PAULA, &proposed).await), second_person(), "she prepared it");

    let once = world.approve(&ALICE, &proposed).await.unwrap();
    assert_eq!((once.state(), once.grant.as_str(), once.approvals.len()), (State::Proposed, "", 1));
    assert_eq!(once.approvals[0].actor, "person:alice");
    assert_eq!(refused(world.approve(&ALICE, &once).await), second_person(), "the same person twice");
    assert_eq!(refused(world.approve(&BOB, &proposed).await), stale(), "he has not seen the first approval");

    let approved = world.approve(&BOB, &once).await.unwrap();
    assert_eq!((approved.state(), approved.approvals.len()), (State::Approved, 2));
    let grant = world.grant(&approved.grant).await;
    assert_eq!((grant.decision, grant.request, grant.permissions.len()), (approved.name, approved.request, 2));
    let events = world.events("").await;
    let kinds: Vec<&str> = events
        .iter()
        .filter(|event| event.request == proposed.request)
        .inspect(|event| assert!(event.facts.values().all(|fact| !fact.contains("In order"))))
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "decision.proposed",
            "decision.approval_recorded",
            "decision.approval_recorded",
            "decision.approved",
            "grant.issued"
        ]
    );
}

async fn one_person_approves_records_and_the_rest_waits(world: &World) {
    let subpoena =
        ScopeFacts { instrument_kind: InstrumentKind::Subpoena.into(), ..facts(&["account-identity", "messages"]) };
    let proposed = world.propose(subpoena).await.unwrap();
    assert_eq!(results(&proposed.results), [Outcome::Allow, Outcome::NeedsOtherProcess]);
    let approved = world.approve(&ALICE, &proposed).await.unwrap();
    let grant = world.grant(&approved.grant).await;
    assert_eq!(grant.permissions.len(), 1);
    assert_eq!((grant.permissions[0].element.as_str(), grant.permissions[0].window), ("account-identity", None));
    assert_eq!(grant.permissions[0].storage_countries, ["SG"]);

    let narrowed = world.propose(facts(&["login-records"])).await.unwrap();
    let asked = narrowed.results[0].item.as_ref().unwrap().window.unwrap();
    assert_eq!(results(&narrowed.results), [Outcome::Allow], "{:?}", narrowed.results);
    let mut longer = facts(&["login-records"]);
    longer.items[0].window.as_mut().unwrap().end_time = Some(at(24 * 30));
    let narrowed = world.propose(longer).await.unwrap();
    assert_eq!(results(&narrowed.results), [Outcome::AllowNarrowed]);
    let approved = world.approve(&ALICE, &narrowed).await.unwrap();
    let window = world.grant(&approved.grant).await.permissions[0].window.unwrap();
    assert_eq!((window.start_time, window.end_time), (asked.start_time, Some(at(0))), "cut at receipt");
}

async fn a_verification_must_hold(world: &World) {
    let proposal = world.proposal(facts(&["account-identity"]));
    let other = ProposeDecisionRequest { verification_request: RequestId::new().name(), ..proposal.clone() };
    let status = world.scope(&INTAKE).propose_decision(other).await.unwrap_err();
    assert_eq!(violations(&status), ["VERIFICATION_OF_ANOTHER_REQUEST"]);
    let expired = ProposeDecisionRequest { verification_expire_time: Some(at(0)), ..proposal.clone() };
    let status = world.scope(&INTAKE).propose_decision(expired).await.unwrap_err();
    assert_eq!(violations(&status), ["VERIFICATION_EXPIRED"]);
    assert!(world.events("decision.").await.is_empty());

    let soon = ProposeDecisionRequest { verification_expire_time: Some(at(24)), ..proposal };
    let decision = world.scope(&INTAKE).propose_decision(soon).await.unwrap().into_inner();
    world.clock.advance(Duration::from_secs(24 * 3600));
    let status = world.approve(&ALICE, &decision).await.unwrap_err();
    assert_eq!(
        (status.code(), violations(&status)),
        (Code::FailedPrecondition, vec!["VERIFICATION_EXPIRED".to_owned()])
    );
    assert_eq!(world.decision(&decision.name).await.state(), State::Proposed);
}

async fn what_is_rejected_stays_rejected(world: &World) {
    let decision = world.propose(facts(&["account-identity"])).await.unwrap();
    let reject = |etag: &str| RejectDecisionRequest {
        name: decision.name.clone(),
        etag: etag.to_owned(),
        reason: "Too wide.".to_owned(),
        request_id: key(),
    };
    let rejected = world.scope(&COUNSEL).reject_decision(reject(&decision.etag)).await.unwrap().into_inner();
    assert_eq!(
        (rejected.state(), rejected.rejection.as_ref().unwrap().actor.as_str()),
        (State::Rejected, "person:carol")
    );
    assert_eq!(refused(world.approve(&ALICE, &rejected).await), forbidden());
    assert_eq!(refused(world.approve(&ALICE, &decision).await), stale());
    let again = world.scope(&COUNSEL).reject_decision(reject(&rejected.etag)).await.unwrap_err();
    assert_eq!((again.code(), reason(&again)), forbidden());

    let decision = world.propose(facts(&["account-identity"])).await.unwrap();
    let approved = world.approve(&ALICE, &decision).await.unwrap();
    let request = RejectDecisionRequest { name: approved.name, ..reject(&approved.etag) };
    assert_eq!(world.scope(&COUNSEL).reject_decision(request).await.unwrap_err().code(), Code::FailedPrecondition);
}

async fn nothing_allowed_is_not_approved(world: &World) {
    let decision = world.propose(facts(&["no-such-element"])).await.unwrap();
    assert_eq!(results(&decision.results), [Outcome::Withhold]);
    let status = world.approve(&ALICE, &decision).await.unwrap_err();
    assert_eq!((status.code(), violations(&status)), (Code::FailedPrecondition, vec!["NOTHING_ALLOWED".to_owned()]));
}

async fn a_repeated_call_gets_the_first_answer(world: &World) {
    let proposal = world.proposal(facts(&["account-identity"]));
    let first = world.scope(&INTAKE).propose_decision(proposal.clone()).await.unwrap().into_inner();
    let again = world.scope(&INTAKE).propose_decision(proposal.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = ProposeDecisionRequest { preparers: Vec::new(), ..proposal };
    let status = world.scope(&INTAKE).propose_decision(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));

    let call = world.approval(&first);
    let approved = world.scope(&ALICE).approve_decision(call.clone()).await.unwrap().into_inner();
    let repeated = world.scope(&ALICE).approve_decision(call).await.unwrap().into_inner();
    assert_eq!(approved, repeated, "though the etag of the call is stale by now");
    assert_eq!(world.grants().await.len(), 1);
    assert_eq!(world.events("decision.proposed").await.len(), 1);
}

async fn two_people_at_once_make_one_grant(world: &World) {
    for required in [1, 2] {
        let elements: &[&str] = if required == 1 { &["account-identity"] } else { &["messages"] };
        let before = world.grants().await.len();
        let decision = world.propose(facts(elements)).await.unwrap();
        let (alice, bob) = tokio::join!(world.approve(&ALICE, &decision), world.approve(&BOB, &decision));
        let (won, lost, loser) = match (alice, bob) {
            (Ok(won), Err(lost)) => (won, lost, &BOB),
            (Err(lost), Ok(won)) => (won, lost, &ALICE),
            both => panic!("one has to read again: {both:?}"),
        };
        assert_eq!((lost.code(), reason(&lost)), stale());
        if required == 2 {
            assert_eq!(won.state(), State::Proposed);
            assert_eq!(world.approve(loser, &won).await.unwrap().state(), State::Approved);
        } else {
            assert_eq!(won.state(), State::Approved);
        }
        assert_eq!(world.grants().await.len(), before + 1);
    }
}

async fn one_person_at_once_counts_once(world: &World) {
    let decision = world.propose(facts(&["messages"])).await.unwrap();
    let (one, other) = tokio::join!(world.approve(&ALICE, &decision), world.approve(&ALICE, &decision));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    let now = world.decision(&decision.name).await;
    assert_eq!((now.state(), now.approvals.len()), (State::Proposed, 1));
    assert!(world.grants().await.is_empty());
}

async fn only_intake_proposes_and_only_approvers_approve(world: &World) {
    let proposal = world.proposal(facts(&["account-identity"]));
    for person in [&ALICE, &ANALYST, &COUNSEL] {
        let status = world.scope(person).propose_decision(proposal.clone()).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "CALLER_NOT_LISTED"));
    }
    let decision = world.propose(facts(&["account-identity"])).await.unwrap();
    for other in [&INTAKE, &ANALYST, &COUNSEL] {
        assert_eq!(world.approve(other, &decision).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

async fn every_bad_field_of_a_proposal_is_named(world: &World) {
    let wrong = ProposeDecisionRequest {
        request: "requests/1".to_owned(),
        facts: Some(ScopeFacts {
            receive_time: Some(at(1)),
            requester_verified: None,
            authority_approvals: vec![prc_approval(&["orders"])],
            ..facts(&["orders"])
        }),
        verification: "verifications/x".to_owned(),
        verification_request: String::new(),
        verification_expire_time: None,
        preparers: vec!["person:".to_owned(), "alice".to_owned(), "person:alice".to_owned()],
        request_id: "once".to_owned(),
    };
    let status = world.scope(&INTAKE).propose_decision(wrong).await.unwrap_err();
    assert_eq!(
        fields(&status),
        [
            "request",
            "facts.requester_verified",
            "facts.authority_approvals",
            "facts.receive_time",
            "verification",
            "verification_request",
            "verification_expire_time",
            "preparers[0]",
            "preparers[1]",
            "request_id"
        ]
    );
}

async fn decisions_are_listed_by_page(world: &World) {
    let mut names = Vec::new();
    for _ in 0..3 {
        names.insert(0, world.propose(facts(&["account-identity"])).await.unwrap().name);
    }
    let first = ListDecisionsRequest { page_size: 2, state: State::Proposed.into(), ..ListDecisionsRequest::default() };
    let page = world.scope(&ANALYST).list_decisions(first.clone()).await.unwrap().into_inner();
    let next = ListDecisionsRequest { page_token: page.next_page_token.clone(), ..first.clone() };
    let rest = world.scope(&ANALYST).list_decisions(next).await.unwrap().into_inner();
    let listed: Vec<String> = page.decisions.into_iter().chain(rest.decisions).map(|decision| decision.name).collect();
    assert_eq!((listed, rest.next_page_token.as_str()), (names, ""));
    let other = ListDecisionsRequest { page_token: page.next_page_token, state: 0, ..first };
    let status = world.scope(&ANALYST).list_decisions(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "TOKEN_MISMATCH"));
    let negative = ListDecisionsRequest { page_size: -1, state: 77, ..ListDecisionsRequest::default() };
    assert_eq!(fields(&world.scope(&ANALYST).list_decisions(negative).await.unwrap_err()), ["state", "page_size"]);
    let missing = GetDecisionRequest { name: DecisionId::new().name() };
    assert_eq!(world.scope(&ANALYST).get_decision(missing).await.unwrap_err().code(), Code::NotFound);
}
