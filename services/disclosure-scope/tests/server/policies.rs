use rogatory_proto::rogatory::{
    disclosure::v1::{
        CreatePolicyRevisionRequest, EvaluateScopeRequest, GetPolicyRevisionRequest, ListPolicyRevisionsRequest,
        PublishPolicyRevisionRequest, ScopeFacts, ValidatePolicyRevisionRequest, item_result::Result as Outcome,
    },
    rulebook::v1::revision::State,
};
use tonic::Code;

use super::world::{ANALYST, PUBLISHER, World, at, facts, fields, key, result_codes, results};
use crate::domain::{SHIPPED, operated};

super::on_both_engines!(a_policy_is_drafted_and_published, a_faulty_policy_is_refused_with_its_lines);

async fn a_policy_is_drafted_and_published(world: &World) {
    let text = operated("CN", "SG");
    let create = CreatePolicyRevisionRequest { text: text.clone(), request_id: key() };
    let draft = world.policies(&PUBLISHER).create_policy_revision(create).await.unwrap().into_inner();
    assert_eq!((draft.state(), draft.document.as_str()), (State::Draft, "aliexpress.com"));

    let ask = EvaluateScopeRequest { facts: Some(facts(&["account-identity"])), rules_time: None };
    let before = world.scope(&ANALYST).evaluate_scope(ask.clone()).await.unwrap().into_inner();
    assert_eq!(results(&before.results), [Outcome::Allow], "a draft decides nothing");

    let publish = PublishPolicyRevisionRequest {
        name: draft.name.clone(),
        etag: draft.etag.clone(),
        effective_time: Some(at(1)),
        request_id: key(),
    };
    let published = world.policies(&PUBLISHER).publish_policy_revision(publish.clone()).await.unwrap().into_inner();
    assert_eq!((published.state(), published.effective_time), (State::Published, Some(at(1))));
    let again = PublishPolicyRevisionRequest { etag: published.etag.clone(), request_id: key(), ..publish };
    let status = world.policies(&PUBLISHER).publish_policy_revision(again).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);

    let same = world.scope(&ANALYST).evaluate_scope(ask).await.unwrap().into_inner();
    assert_eq!(results(&same.results), [Outcome::Allow], "what was received before is decided as before");
    for emergency in [false, true] {
        let later = ScopeFacts { receive_time: Some(at(1)), emergency, ..facts(&["account-identity"]) };
        let ask = EvaluateScopeRequest { facts: Some(later), rules_time: None };
        let after = world.scope(&ANALYST).evaluate_scope(ask).await.unwrap().into_inner();
        assert_eq!(results(&after.results), [Outcome::HoldForAuthority], "stored in the PRC");
        assert_eq!(result_codes(&after.results[0]), ["PRC_STORED_DATA", "PRC_STORED_PERSONAL_INFORMATION"]);
        assert_eq!(after.provenance.unwrap().revision, published.name);
    }

    let get = GetPolicyRevisionRequest { name: draft.name.clone() };
    assert_eq!(world.policies(&ANALYST).get_policy_revision(get).await.unwrap().into_inner().text, text);
    let list =
        ListPolicyRevisionsRequest { document: "aliexpress.com".to_owned(), ..ListPolicyRevisionsRequest::default() };
    let listed = world.policies(&ANALYST).list_policy_revisions(list).await.unwrap().into_inner().revisions;
    assert_eq!(listed.len(), 3, "the shipped one, the operator's and this");
    assert_eq!(listed[0].name, draft.name);
}

async fn a_faulty_policy_is_refused_with_its_lines(world: &World) {
    let text = SHIPPED.replacen("\"orders\", \"wallet\"", "\"order\", \"wallet\"", 1);
    let line = text.lines().position(|line| line == "[[rule]]").unwrap();
    let validate = ValidatePolicyRevisionRequest { text: text.clone() };
    let checked = world.policies(&PUBLISHER).validate_policy_revision(validate).await.unwrap().into_inner();
    assert_eq!(checked.faults.len(), 1);
    assert!(usize::try_from(checked.faults[0].line).unwrap() > line);
    assert!(checked.faults[0].description.contains("`order` is not in the catalogue"));
    let create = CreatePolicyRevisionRequest { text, request_id: key() };
    let status = world.policies(&PUBLISHER).create_policy_revision(create).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["text".to_owned()]));
    let good = ValidatePolicyRevisionRequest { text: operated("SG", "SG") };
    let checked = world.policies(&PUBLISHER).validate_policy_revision(good).await.unwrap().into_inner();
    assert_eq!((checked.faults.len(), checked.digest), (0, world.policy.digest.clone()));
}
