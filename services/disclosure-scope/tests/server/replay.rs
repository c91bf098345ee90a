//! A stored decision, made again.

use rogatory_names::DecisionId;
use rogatory_proto::rogatory::disclosure::v1::{ApproveDecisionRequest, Narrowing, ReplayDecisionRequest};
use tonic::Code;

use super::world::{ALICE, AUDITOR, World, facts};

super::on_both_engines!(
    a_decision_comes_out_the_same,
    a_new_policy_does_not_change_an_old_decision,
    what_people_narrowed_is_left_aside,
    what_is_not_there_cannot_be_replayed,
);

async fn replay(world: &World, name: &str) -> rogatory_proto::rogatory::disclosure::v1::ReplayDecisionResponse {
    let request = ReplayDecisionRequest { name: name.to_owned() };
    world.scope(&AUDITOR).replay_decision(request).await.unwrap().into_inner()
}

async fn a_decision_comes_out_the_same(world: &World) {
    let decision = world.propose(facts(&["orders", "messages", "all-data", "no-such-element"])).await.unwrap();
    let before = world.events("").await.len();
    let answer = replay(world, &decision.name).await;
    assert!(answer.equal, "{:?}", answer.differences);
    assert_eq!((answer.differences.len(), answer.cause.as_str()), (0, ""));
    assert_eq!(answer.stored.unwrap().digest, answer.replayed.unwrap().digest);
    assert_eq!(world.events("").await.len(), before, "it leaves no trace");
}

async fn a_new_policy_does_not_change_an_old_decision(world: &World) {
    let decision = world.propose(facts(&["orders"])).await.unwrap();
    world.publish_storage(&[("orders", "CN")], "CN").await;
    assert!(replay(world, &decision.name).await.equal);
}

async fn what_people_narrowed_is_left_aside(world: &World) {
    let decision = world.propose(facts(&["orders", "account-identity"])).await.unwrap();
    let less = Narrowing {
        item_id: "item-0".to_owned(),
        target_id: "target-1".to_owned(),
        element: "orders".to_owned(),
        window: None,
    };
    let call = ApproveDecisionRequest { narrowings: vec![less], ..world.approval(&decision) };
    world.scope(&ALICE).approve_decision(call).await.unwrap();
    assert!(replay(world, &decision.name).await.equal);
}

async fn what_is_not_there_cannot_be_replayed(world: &World) {
    let request = ReplayDecisionRequest { name: DecisionId::new().name() };
    assert_eq!(world.scope(&AUDITOR).replay_decision(request).await.unwrap_err().code(), Code::NotFound);
}
