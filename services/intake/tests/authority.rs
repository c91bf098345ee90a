//! A competent authority approves what a decision holds, with the real five services.

use rogatory_proto::rogatory::{
    disclosure::v1::{AuthorityApproval, GetDecisionRequest, GetGrantRequest, RecordAuthorityApprovalRequest, grant},
    intake::v1::{
        DataItem, LegalRequest,
        legal_request::{Outcome, State},
    },
};

use crate::{
    on_both_engines,
    suite::{Kind, Suite},
    whole_life::{approve, close, produce, register, verify},
    wire::{days_ago, file, fresh_id, violations, whole},
};

on_both_engines! {
    what_was_held_is_disclosed_beside_what_was_approved,
    a_request_of_which_all_was_held_goes_on,
}

/// Files a request for data of which the last element is stored in the PRC, and has the requester believed.
async fn filed(suite: &Suite, elements: &[&str]) -> LegalRequest {
    register(suite).await;
    let portal = suite.portal();
    let mut request = whole(&portal).await;
    let item = request.items[0].clone();
    let items = elements.iter().enumerate().map(|(index, element)| DataItem {
        item_id: format!("item-{}", index + 1),
        element: (*element).to_owned(),
        ..item.clone()
    });
    request.items = items.collect();
    let name = file(&portal, request).await.name;
    verify(suite, &name).await
}

/// Records that the authority of the PRC approved, and gives the decision that follows.
async fn authority_approves(suite: &Suite, decision: &str) -> String {
    let mut counsel = suite.counsel();
    let read = GetDecisionRequest { name: decision.to_owned() };
    let etag = counsel.get_decision(read).await.unwrap().into_inner().etag;
    let approval = AuthorityApproval {
        country: "CN".to_owned(),
        authority: "Ministry of Justice".to_owned(),
        reference: "ILCC 2026-17".to_owned(),
        approve_time: Some(days_ago(1)),
        elements: vec!["merchant-identity".to_owned()],
        ..AuthorityApproval::default()
    };
    let call = RecordAuthorityApprovalRequest {
        name: decision.to_owned(),
        etag,
        approval: Some(approval),
        request_id: fresh_id(),
    };
    counsel.record_authority_approval(call).await.unwrap().into_inner().name
}

/// Has as many people approve a decision as it needs, and gives its grant.
async fn granted(suite: &Suite, decision: &str) -> String {
    for person in ["one", "two", "three"] {
        approve(suite, decision, person).await.unwrap();
        let read = GetDecisionRequest { name: decision.to_owned() };
        let found = suite.counsel().get_decision(read).await.unwrap().into_inner();
        if !found.grant.is_empty() {
            return found.grant;
        }
    }
    panic!("{decision} needs more than three people");
}

fn told(request: &LegalRequest, kind: &str) -> usize {
    request.timeline.iter().filter(|entry| entry.kind == kind).count()
}

async fn what_was_held_is_disclosed_beside_what_was_approved(kind: Kind) {
    let suite = Suite::start(kind).await;
    let review = filed(&suite, &["account-identity", "merchant-identity"]).await;
    assert_eq!(review.state(), State::UnderReview);
    let name = review.name.as_str();
    let first = granted(&suite, &review.decision).await;
    suite.until_state(name, State::Approved).await;

    let beside = authority_approves(&suite, &review.decision).await;
    let waiting = suite.until(name, |request| told(request, "request.supplement_proposed") == 1).await;
    assert_eq!((waiting.state(), &waiting.decision), (State::Approved, &review.decision));
    let recorded = waiting.timeline.iter().find(|entry| entry.kind == "request.supplement_proposed").unwrap();
    assert_eq!(recorded.actor, "person:counsel");
    produce(&suite, &first).await;
    let produced = suite.until_state(name, State::Produced).await;
    let refused = close(&suite.analyst(), &produced, Outcome::CompliedInFull).await.unwrap_err();
    assert_eq!(violations(&refused), ["ITEM_WITHHELD"]);

    let second = granted(&suite, &beside).await;
    let more = suite.until(name, |request| told(request, "request.supplement_approved") == 1).await;
    assert_eq!((more.state(), &more.grant), (State::Produced, &first));
    let event = suite.events().await.into_iter().find(|event| event.kind == "request.supplement_approved").unwrap();
    assert_eq!((&event.facts["decision"], &event.facts["grant"]), (&beside, &second));
    produce(&suite, &second).await;
    let whole = suite.until(name, |request| told(request, "request.produced") == 2).await;
    close(&suite.analyst(), &whole, Outcome::CompliedInFull).await.unwrap();
    suite.until(name, |request| told(request, "request.grant_revoked") == 2).await;
    for grant in [first, second] {
        let read = GetGrantRequest { name: grant };
        let found = suite.grants().get_grant(read).await.unwrap().into_inner();
        assert_eq!((found.state(), found.revoker.as_str()), (grant::State::Revoked, "peer:intake"));
    }
}

async fn a_request_of_which_all_was_held_goes_on(kind: Kind) {
    let suite = Suite::start(kind).await;
    let held = filed(&suite, &["merchant-identity"]).await;
    assert_eq!(held.state(), State::Held);
    let next = authority_approves(&suite, &held.decision).await;
    let review = suite.until_state(&held.name, State::UnderReview).await;
    assert_eq!((&review.decision, told(&review, "request.scope_proposed")), (&next, 1));
    let grant = granted(&suite, &next).await;
    suite.until_state(&held.name, State::Approved).await;
    produce(&suite, &grant).await;
    suite.until_state(&held.name, State::Produced).await;
}
