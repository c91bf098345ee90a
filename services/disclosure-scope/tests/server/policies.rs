use rogatory_disclosure::{ProofSettings, shipped_policy};
use rogatory_names::PolicyRevisionId;
use rogatory_proto::rogatory::{
    disclosure::v1::{
        ComparePolicyRevisionsRequest, ComparePolicyRevisionsResponse, CreatePolicyRevisionRequest,
        EvaluateScopeRequest, GetPolicyRevisionRequest, ListPolicyRevisionsRequest, Proof,
        PublishPolicyRevisionRequest, ScopeFacts, ValidatePolicyRevisionRequest, ValidatePolicyRevisionResponse,
        compare_policy_revisions_response::Equivalence, item_result::Result as Outcome, proof::Verdict,
    },
    rulebook::v1::{Revision, revision::State},
};
use rogatory_testkit::TestDatabase;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::world::{
    ANALYST, AUDITOR, COUNSEL, PUBLISHER, World, at, facts, fields, key, reason, result_codes, results, violations,
};
use crate::domain::{OWN_PACK, operated};

super::on_both_engines!(
    a_policy_is_drafted_proven_and_published,
    a_faulty_policy_is_refused_with_its_lines,
    what_breaks_an_invariant_is_not_published,
    a_repeated_publication_is_answered_as_before,
    what_can_be_proven_of_a_file_is_told,
    revisions_are_compared_over_all_facts_and_over_the_stored_decisions,
    what_cannot_be_compared,
);

async fn draft(world: &World, text: &str) -> Revision {
    let create = CreatePolicyRevisionRequest { text: text.to_owned(), request_id: key() };
    world.policies(&PUBLISHER).create_policy_revision(create).await.unwrap().into_inner()
}

fn publication(draft: &Revision) -> PublishPolicyRevisionRequest {
    PublishPolicyRevisionRequest {
        name: draft.name.clone(),
        etag: draft.etag.clone(),
        effective_time: None,
        request_id: key(),
        override_reason: String::new(),
    }
}

async fn publish(world: &World, ask: &PublishPolicyRevisionRequest) -> Result<Revision, Status> {
    Ok(world.policies(&PUBLISHER).publish_policy_revision(ask.clone()).await?.into_inner())
}

async fn validate(world: &World, text: &str) -> ValidatePolicyRevisionResponse {
    let ask = ValidatePolicyRevisionRequest { text: text.to_owned() };
    world.policies(&PUBLISHER).validate_policy_revision(ask).await.unwrap().into_inner()
}

async fn state(world: &World, name: &str) -> State {
    let get = GetPolicyRevisionRequest { name: name.to_owned() };
    world.policies(&ANALYST).get_policy_revision(get).await.unwrap().into_inner().state()
}

/// What the event and the audit entry of a publication say of the proof.
async fn said_of_the_proof(world: &World, name: &str) -> (String, Vec<(String, String)>) {
    let events = world.events("policy.published").await;
    let event = events.into_iter().find(|event| event.subject == name).unwrap();
    let entry = world.audit().await.into_iter().rfind(|entry| entry.resource == name).unwrap();
    let said =
        entry.facts.into_iter().filter(|(key, _)| ["proof", "not_proven", "override_reason"].contains(&key.as_str()));
    (event.facts["proof"].clone(), said.collect())
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

async fn a_policy_is_drafted_proven_and_published(world: &World) {
    let text = operated("CN", "SG");
    let draft = draft(world, &text).await;
    assert_eq!((draft.state(), draft.document.as_str()), (State::Draft, "aliexpress.com"));

    let ask = EvaluateScopeRequest { facts: Some(facts(&["account-identity"])), rules_time: None };
    let before = world.scope(&ANALYST).evaluate_scope(ask.clone()).await.unwrap().into_inner();
    assert_eq!(results(&before.results), [Outcome::Allow], "a draft decides nothing");

    let ask_publish = PublishPolicyRevisionRequest { effective_time: Some(at(1)), ..publication(&draft) };
    let published = publish(world, &ask_publish).await.unwrap();
    assert_eq!((published.state(), published.effective_time), (State::Published, Some(at(1))));
    let proven = ("proven".to_owned(), vec![pair("proof", "proven")]);
    assert_eq!(said_of_the_proof(world, &draft.name).await, proven);
    let again = PublishPolicyRevisionRequest { etag: published.etag.clone(), request_id: key(), ..ask_publish };
    assert_eq!(publish(world, &again).await.unwrap_err().code(), Code::FailedPrecondition);

    let same = world.scope(&ANALYST).evaluate_scope(ask).await.unwrap().into_inner();
    assert_eq!(results(&same.results), [Outcome::Allow], "what was received before is decided as before");
    for emergency in [false, true] {
        let later = ScopeFacts {
            receive_time: Some(at(1)),
            emergency,
            formal_request_assured: true,
            ..facts(&["account-identity"])
        };
        let ask = EvaluateScopeRequest { facts: Some(later), rules_time: None };
        let after = world.scope(&ANALYST).evaluate_scope(ask).await.unwrap().into_inner();
        assert_eq!(results(&after.results), [Outcome::HoldForAuthority], "stored in the PRC");
        assert!(result_codes(&after.results[0]).contains(&"PRC_STORED_DATA"), "{:?}", after.results);
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
    let text = format!("{}{}", operated("SG", "SG"), OWN_PACK.replace("\"content\"", "\"contents\""));
    let line = text.lines().position(|line| line.contains("own-content")).unwrap() + 1;
    let checked = validate(world, &text).await;
    assert!(!checked.faults.is_empty() && checked.proofs.is_empty(), "{checked:?}");
    assert!(checked.faults.iter().all(|fault| fault.line as usize == line), "{:?}", checked.faults);
    assert!(checked.faults[0].description.contains("contents"), "{:?}", checked.faults);
    let create = CreatePolicyRevisionRequest { text, request_id: key() };
    let status = world.policies(&PUBLISHER).create_policy_revision(create).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(fields(&status).iter().all(|field| field == "text"));
    let good = validate(world, &operated("SG", "SG")).await;
    assert_eq!((good.faults.len(), good.digest), (0, world.policy.digest.clone()));
}

async fn what_breaks_an_invariant_is_not_published(world: &World) {
    let draft = draft(world, &format!("{}{OWN_PACK}", operated("SG", "SG"))).await;
    let mut ask = publication(&draft);
    for override_reason in ["", "Counsel wants it all the same."] {
        ask = PublishPolicyRevisionRequest { override_reason: override_reason.to_owned(), request_id: key(), ..ask };
        let status = publish(world, &ask).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
        assert_eq!(violations(&status), ["INVARIANT_BROKEN"]);
        let violation = status.get_details_precondition_failure().unwrap().violations.remove(0);
        assert_eq!(violation.subject, "no-content-under-a-subpoena");
        let words = "The content of communications never leaves under a subpoena. A verified, accredited police \
                     authority of country A, with a subpoena issued by a court";
        assert!(violation.description.starts_with(words), "{violation:?}");
        assert!(violation.description.ends_with("It would leave, by `own-content`."), "{violation:?}");
    }
    assert_eq!(state(world, &draft.name).await, State::Draft);
    assert!(world.events("policy.published").await.iter().all(|event| event.subject != draft.name));
}

async fn a_repeated_publication_is_answered_as_before(world: &World) {
    let draft = draft(world, &operated("HK", "SG")).await;
    let ask = publication(&draft);
    let stale = PublishPolicyRevisionRequest { etag: world.policy.etag.clone(), ..ask.clone() };
    let status = publish(world, &stale).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "ETAG_MISMATCH"), "not the draft's");
    let (one, two) = tokio::join!(publish(world, &ask), publish(world, &ask));
    let published = one.unwrap();
    assert_eq!(two.unwrap(), published, "at the same time");
    assert_eq!(publish(world, &ask).await.unwrap(), published, "later");
    let other = PublishPolicyRevisionRequest { override_reason: "Another call.".to_owned(), ..ask.clone() };
    assert_eq!(reason(&publish(world, &other).await.unwrap_err()), "REQUEST_ID_REUSED");
    let late = PublishPolicyRevisionRequest { request_id: key(), ..ask };
    assert_eq!(publish(world, &late).await.unwrap_err().code(), Code::FailedPrecondition, "it is published");
    assert_eq!(world.events("policy.published").await.iter().filter(|event| event.subject == draft.name).count(), 1);

    let missing = PublishPolicyRevisionRequest { name: PolicyRevisionId::new().name(), ..late };
    assert_eq!(publish(world, &missing).await.unwrap_err().code(), Code::NotFound);
    let bad = PublishPolicyRevisionRequest {
        name: "guideRevisions/rev_1".to_owned(),
        etag: "x".to_owned(),
        request_id: "1".to_owned(),
        override_reason: "x".repeat(2001),
        effective_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
    };
    let mut named = fields(&publish(world, &bad).await.unwrap_err());
    named.sort();
    assert_eq!(named, ["effective_time", "etag", "name", "override_reason", "request_id"]);
}

async fn what_can_be_proven_of_a_file_is_told(world: &World) {
    let proven = validate(world, &operated("SG", "SG")).await.proofs;
    assert!(proven.len() > 10 && proven.iter().all(|proof| proof.verdict() == Verdict::Proven), "{proven:#?}");
    assert!(proven.iter().all(|proof| !proof.sentence.is_empty() && proof.counterexample.is_empty()));
    let widened = validate(world, &format!("{}{OWN_PACK}", operated("SG", "SG"))).await.proofs;
    let broken: Vec<&Proof> = widened.iter().filter(|proof| proof.verdict() == Verdict::Broken).collect();
    assert_eq!(
        broken.iter().map(|proof| proof.invariant.as_str()).collect::<Vec<_>>(),
        ["no-content-under-a-subpoena"]
    );
    assert!(broken[0].counterexample.contains("by `own-content`"), "{broken:?}");
}

async fn compare(
    world: &World,
    base: &str,
    revision: &str,
    size: i32,
    token: &str,
) -> Result<ComparePolicyRevisionsResponse, Status> {
    let ask = ComparePolicyRevisionsRequest {
        base_revision: base.to_owned(),
        revision: revision.to_owned(),
        page_size: size,
        page_token: token.to_owned(),
    };
    Ok(world.policies(&COUNSEL).compare_policy_revisions(ask).await?.into_inner())
}

async fn revisions_are_compared_over_all_facts_and_over_the_stored_decisions(world: &World) {
    let first = world.propose(facts(&["account-identity", "messages"])).await.unwrap();
    let second = world.propose(facts(&["orders"])).await.unwrap();
    let base = world.policy.name.as_str();

    // The same packs over data that is stored elsewhere.
    let moved = draft(world, &operated("CN", "SG")).await.name;
    let found = compare(world, base, &moved, 0, "").await.unwrap();
    assert_eq!(
        found.summary,
        "the packs decide alike, other parts differ; of 2 decisions compared here 2 would come out differently"
    );
    assert_eq!((found.equivalence(), found.example.as_str()), (Equivalence::Equivalent, ""));
    assert_eq!((found.parts.as_slice(), found.decisions_compared), (["storage".to_owned()].as_slice(), 2));
    assert_eq!(found.next_page_token, "");
    assert_eq!(found.decisions[0].decision, second.name, "newest first");
    let change = &found.decisions[1];
    assert_eq!((change.decision.as_str(), change.request.as_str()), (first.name.as_str(), first.request.as_str()));
    assert_eq!((change.approvals_before, change.approvals_after), (2, 1));
    let items: Vec<_> = change.items.iter().map(|item| (item.element.as_str(), item.before(), item.after())).collect();
    let held = Outcome::HoldForAuthority;
    assert_eq!(items, [("account-identity", Outcome::Allow, held), ("messages", Outcome::Allow, held)]);
    assert_eq!((change.items[1].window_before, change.items[1].window_after), (first.results[1].window, None));

    // The same, a page at a time.
    let mut token = String::new();
    let mut pages = Vec::new();
    loop {
        let page = compare(world, base, &moved, 1, &token).await.unwrap();
        assert_eq!(page.equivalence() == Equivalence::Unspecified, !pages.is_empty(), "on the first page only");
        pages.extend(page.decisions.into_iter().map(|change| change.decision));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [second.name, first.name]);

    // Other packs.
    let stricter = operated("SG", "SG").replace("context.approvers < 2", "context.approvers < 3");
    let stricter = draft(world, &stricter).await.name;
    let found = compare(world, base, &stricter, 0, "").await.unwrap();
    assert_eq!(found.summary, "the revisions differ; of 2 decisions compared here 1 would come out differently");
    assert_eq!((found.equivalence(), found.parts.len()), (Equivalence::Different, 0));
    assert!(found.example.contains("with 2 approvers"), "{}", found.example);
    assert!(found.example.contains("The revision before lets it leave, by `"), "{}", found.example);
    assert_eq!((found.decisions[0].approvals_before, found.decisions[0].approvals_after), (2, 3));
    assert!(found.decisions[0].items.is_empty(), "the same may leave");

    let itself = compare(world, base, base, 0, "").await.unwrap();
    assert_eq!(itself.summary, "the revisions decide alike; of 2 decisions compared here 0 would come out differently");
}

async fn what_cannot_be_compared(world: &World) {
    let base = world.policy.name.as_str();
    let elsewhere = shipped_policy().replacen("document = \"aliexpress.com\"", "document = \"example.com\"", 1);
    let elsewhere = draft(world, &elsewhere).await.name;
    let status = compare(world, base, &elsewhere, 0, "").await.unwrap_err();
    assert_eq!(
        (status.code(), fields(&status)),
        (Code::InvalidArgument, vec!["base_revision".to_owned(), "revision".to_owned()])
    );
    let status = compare(world, base, &PolicyRevisionId::new().name(), 0, "").await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = compare(world, "", "guideRevisions/rev_1", -1, "").await.unwrap_err();
    assert_eq!(fields(&status), ["base_revision", "revision", "page_size"]);
    let status = compare(world, base, base, 0, "elsewhere").await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISMATCH");
    let ask = ComparePolicyRevisionsRequest {
        base_revision: base.to_owned(),
        revision: base.to_owned(),
        page_size: 0,
        page_token: String::new(),
    };
    let status = world.policies(&ANALYST).compare_policy_revisions(ask.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    world.policies(&AUDITOR).compare_policy_revisions(ask).await.unwrap();
}

/// Without a solver: somebody must take it upon himself, in writing.
async fn without_a_solver_publishing_needs_an_override(database: TestDatabase) {
    let world = World::start(database, ProofSettings { solver: String::new(), ..ProofSettings::default() }).await;
    let draft = draft(&world, &operated("HK", "SG")).await;
    let ask = publication(&draft);
    let status = publish(&world, &ask).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "STATE_FORBIDS"));
    let found = violations(&status);
    assert!(!found.is_empty() && found.iter().all(|code| code == "PROOF_MISSING"), "{found:?}");
    let violation = status.get_details_precondition_failure().unwrap().violations.remove(0);
    assert!(violation.description.contains("no solver"), "{violation:?}");
    let blank = PublishPolicyRevisionRequest { override_reason: " \n".to_owned(), ..ask.clone() };
    assert_eq!(fields(&publish(&world, &blank).await.unwrap_err()), ["override_reason"]);
    assert_eq!(state(&world, &draft.name).await, State::Draft);

    let reason = "There is no solver on this machine; counsel has run the proof elsewhere.";
    let overriding = PublishPolicyRevisionRequest { override_reason: reason.to_owned(), request_id: key(), ..ask };
    let published = publish(&world, &overriding).await.unwrap();
    assert_eq!(published.state(), State::Published);
    assert_eq!(publish(&world, &overriding).await.unwrap(), published, "repeated");
    let (event, audit) = said_of_the_proof(&world, &draft.name).await;
    assert_eq!(event, "overridden");
    assert_eq!(audit.len(), 3);
    assert_eq!((&audit[1], &audit[2]), (&pair("override_reason", reason), &pair("proof", "overridden")));
    assert!(audit[0].1.contains("nothing-unapproved"), "{audit:?}");

    let proofs = validate(&world, &operated("SG", "SG")).await.proofs;
    assert!(
        proofs.iter().all(|proof| proof.verdict() == Verdict::Unknown && proof.counterexample.contains("no solver"))
    );
    let found = compare(&world, &world.policy.name, &draft.name, 0, "").await.unwrap();
    assert_eq!(found.equivalence(), Equivalence::Unknown);
    assert_eq!(
        (found.example.as_str(), found.parts.as_slice()),
        ("no solver: the settings name none", ["storage".to_owned()].as_slice())
    );
    assert!(found.summary.starts_with("whether the packs decide alike cannot be told; "), "{}", found.summary);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_solver_on_sqlite() {
    without_a_solver_publishing_needs_an_override(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_solver_on_postgres() {
    without_a_solver_publishing_needs_an_override(TestDatabase::postgres().await).await;
}
