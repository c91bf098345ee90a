//! A verification that is reopened, as intake meets it over the wire: what it sends when one is opened, what it takes back when
//! one is reopened, and what it tells of files that left. The verification service is played where its own rules do not matter;
//! the other peers are real.

use rogatory_proto::rogatory::{
    disclosure::v1::{GetDecisionRequest, GetGrantRequest, decision, grant},
    intake::v1::{
        LegalRequest,
        condition::Type,
        document,
        legal_request::{Outcome, State},
    },
    verification::v1::{
        ListAgenciesRequest, ListCompromisedProductionsRequest, ReportCompromiseRequest, compromise,
        report_compromise_request, verification::State as Verified,
    },
};
use rogatory_rulebook::Digest;
use tonic::Code;

use crate::{
    fake_verification::FakeVerification,
    on_both_engines,
    sample::SECRET,
    suite::{Kind, Office, Suite},
    whole_life::{self, approve, produce},
    wire::{self, days_ago, file, fresh_id, unsigned, whole},
};

on_both_engines! {
    verification_gets_all_that_intake_knows_and_no_identifier_of_a_target,
    a_frozen_request_loses_its_grant_and_goes_on_once_the_requester_is_believed_again,
    what_is_proposed_is_taken_back_and_a_denial_ends_it,
    an_approval_does_not_overtake_the_word_of_the_reopening,
    what_was_produced_stays_and_its_users_can_be_found,
    a_reported_compromise_freezes_open_requests_and_finds_the_users,
}

async fn upload(office: &Office, kind: document::Kind, name: &str, media_type: &str, content: &[u8]) -> String {
    use rogatory_proto::rogatory::intake::v1::upload_document_request::Part;
    let mut parts = wire::upload(kind, content);
    if let Some(Part::Metadata(metadata)) = parts[0].part.as_mut() {
        let document = metadata.document.as_mut().unwrap();
        (document.file_name, document.media_type) = (name.to_owned(), media_type.to_owned());
    }
    office.documents().upload_document(tokio_stream::iter(parts)).await.unwrap().into_inner().name
}

/// Files a request and has the requester believed.
async fn under_review(suite: &Suite, fake: &FakeVerification) -> LegalRequest {
    let portal = suite.portal();
    let filed = file(&portal, whole(&portal).await).await;
    let open = suite.until(&filed.name, |request| !request.verification.is_empty()).await;
    fake.conclude(&open.verification, Verified::Verified).await;
    suite.until(&filed.name, |request| !request.decision.is_empty() && !request.quotes.is_empty()).await
}

async fn approved(suite: &Suite, fake: &FakeVerification) -> LegalRequest {
    let review = under_review(suite, fake).await;
    approve(suite, &review.decision, "approver").await.unwrap();
    suite.until_state(&review.name, State::Approved).await
}

fn told(request: &LegalRequest, kind: &str) -> usize {
    request.timeline.iter().filter(|entry| entry.kind == kind).count()
}

fn verified(request: &LegalRequest) -> &str {
    request.conditions.iter().find(|found| found.r#type() == Type::Verified).map_or("", |found| &found.reason)
}

async fn is_revoked(suite: &Suite, name: &str) -> bool {
    let read = GetGrantRequest { name: name.to_owned() };
    let found = suite.grants().get_grant(read).await.unwrap().into_inner();
    assert!(found.state() == grant::State::Active || found.revoker == "peer:intake");
    found.state() == grant::State::Revoked
}

async fn verification_gets_all_that_intake_knows_and_no_identifier_of_a_target(kind: Kind) {
    let (suite, fake) = Suite::start_with_fake(kind).await;
    let portal = suite.portal();
    let emergency = file(&portal, wire::emergency()).await;
    let large = vec![7; 8 * 1024 * 1024];
    let documents = vec![
        upload(&portal, document::Kind::SignedRequest, "order.pdf", "application/pdf", b"%PDF-1.7 signed").await,
        upload(&portal, document::Kind::SignedRequest, "scan.pdf", "application/pdf", &large).await,
        upload(&portal, document::Kind::Other, "order.pdf.p7s", "application/pkcs7-signature", b"0\x80 detached").await,
        upload(&portal, document::Kind::Credential, "badge.png", "image/png", b"badge").await,
    ];
    let formal = LegalRequest { documents, follows_up: emergency.name.clone(), ..unsigned() };
    let expire_time = formal.requester.as_ref().unwrap().officer.as_ref().unwrap().credential_expire_time;
    let formal = file(&portal, formal).await;
    suite.until(&formal.name, |request| !request.verification.is_empty()).await;

    let opened = fake.opened();
    let sent = opened.iter().find(|sent| sent.request == formal.name).unwrap();
    let copies = &sent.signed_copies;
    assert_eq!(copies.len(), 2);
    assert_eq!(copies[0].digest, Digest::of(b"%PDF-1.7 signed").to_string());
    assert_eq!(
        (copies[0].content.as_slice(), copies[0].detached_signature.as_slice()),
        (&b"%PDF-1.7 signed"[..], &b"0\x80 detached"[..])
    );
    assert!(copies[1].content == large && copies[1].detached_signature.is_empty());
    assert_eq!((sent.submitter.as_str(), sent.follows_up.as_str()), ("person:portal", emergency.name.as_str()));
    assert_eq!(sent.officer.as_ref().unwrap().credential_expire_time, expire_time);
    assert!(sent.message.is_none() && !sent.emergency && sent.receive_time.is_some());
    assert_eq!(sent.target_keys.len(), 1);
    assert!(!format!("{:?}", sent.target_keys).contains(SECRET));
    let first = opened.iter().find(|sent| sent.request == emergency.name).unwrap();
    assert!(first.emergency && first.follows_up.is_empty());
    assert_eq!(first.target_keys, sent.target_keys, "the same target is known again");
}

async fn a_frozen_request_loses_its_grant_and_goes_on_once_the_requester_is_believed_again(kind: Kind) {
    let (suite, fake) = Suite::start_with_fake(kind).await;
    let before = approved(&suite, &fake).await;
    let name = before.name.as_str();
    let compromise = fake.reopen(&before.verification, true).await;
    let frozen = suite.until(name, |request| told(request, "request.grant_revoked") == 1).await;
    assert_eq!((frozen.state(), verified(&frozen)), (State::Verifying, "REOPENED"));
    assert!(frozen.decision.is_empty() && frozen.grant.is_empty() && is_revoked(&suite, &before.grant).await);
    let entry = frozen.timeline.iter().find(|entry| entry.kind == "request.verification_reopened").unwrap();
    assert_eq!((entry.actor.as_str(), entry.state()), ("person:verifier", State::Verifying));
    let event = suite.events().await.into_iter().find(|event| event.kind == entry.kind).unwrap();
    assert_eq!(event.facts["compromise"], compromise);
    assert_eq!(
        (event.facts["code"].as_str(), &event.facts["verification"]),
        ("SENDER_COMPROMISED", &before.verification)
    );

    // Told twice, it freezes once.
    fake.publish("verification.reopened", &before.verification).await;
    fake.conclude(&before.verification, Verified::Verified).await;
    let review =
        suite.until(name, |request| request.state() == State::UnderReview && !request.decision.is_empty()).await;
    assert_ne!(review.decision, before.decision);
    assert_eq!((told(&review, "request.verification_reopened"), told(&review, "request.verified")), (1, 2));
    assert_eq!(review.quotes, before.quotes, "the cost was asked before");
    approve(&suite, &review.decision, "approver").await.unwrap();
    let again = suite.until_state(name, State::Approved).await;
    assert_ne!(again.grant, before.grant);
    produce(&suite, &again.grant).await;
    suite.until_state(name, State::Produced).await;
    // The word of the first reopening once more, and late.
    fake.publish("verification.reopened", &before.verification).await;
    fake.publish("verification.concluded", &before.verification).await;
    let other = under_review(&suite, &fake).await;
    assert_eq!(suite.read(&other.name).await.state(), State::UnderReview);
    assert_eq!(suite.read(name).await.state(), State::Produced);
    assert!(!is_revoked(&suite, &again.grant).await);
}

async fn what_is_proposed_is_taken_back_and_a_denial_ends_it(kind: Kind) {
    let (suite, fake) = Suite::start_with_fake(kind).await;
    let review = under_review(&suite, &fake).await;
    fake.reopen(&review.verification, true).await;
    suite.until_state(&review.name, State::Verifying).await;
    let mut state = decision::State::Proposed;
    for _ in 0..200 {
        let read = GetDecisionRequest { name: review.decision.clone() };
        let found = suite.decisions("approver").get_decision(read).await.unwrap().into_inner();
        state = found.state();
        if state == decision::State::Rejected {
            assert_eq!(found.rejection.unwrap().actor, "peer:intake");
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(state, decision::State::Rejected);
    let refused = approve(&suite, &review.decision, "approver").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    fake.conclude(&review.verification, Verified::Denied).await;
    let closed = suite.until(&review.name, |request| request.state() == State::Closed).await;
    assert_eq!((closed.outcome(), verified(&closed)), (Outcome::Rejected, "DENIED"));
    assert_eq!(told(&closed, "request.approved"), 0);
}

async fn an_approval_does_not_overtake_the_word_of_the_reopening(kind: Kind) {
    let (suite, fake) = Suite::start_with_fake(kind).await;
    let review = under_review(&suite, &fake).await;
    // The verification is reopened, and its word is still under way when the decision is approved.
    fake.reopen(&review.verification, false).await;
    approve(&suite, &review.decision, "approver").await.unwrap();
    let frozen = suite.until(&review.name, |request| told(request, "request.grant_revoked") == 1).await;
    assert_eq!((frozen.state(), told(&frozen, "request.approved")), (State::Verifying, 0));
    let entry = frozen.timeline.iter().find(|entry| entry.kind == "request.verification_reopened").unwrap();
    assert_eq!(entry.actor, "system:docket", "the approver did not do that");
    let read = GetDecisionRequest { name: review.decision };
    let granted = suite.decisions("approver").get_decision(read).await.unwrap().into_inner().grant;
    assert!(is_revoked(&suite, &granted).await);
    fake.publish("verification.reopened", &review.verification).await;
    fake.conclude(&review.verification, Verified::Verified).await;
    let again = suite.until(&review.name, |request| request.state() == State::UnderReview).await;
    assert_eq!(told(&again, "request.verification_reopened"), 1);
}

async fn what_was_produced_stays_and_its_users_can_be_found(kind: Kind) {
    let (suite, fake) = Suite::start_with_fake(kind).await;
    let before = approved(&suite, &fake).await;
    let name = before.name.as_str();
    produce(&suite, &before.grant).await;
    suite.until_state(name, State::Produced).await;
    for _ in 0..200 {
        if !fake.reliances().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let told_of = fake.reliances();
    assert_eq!(told_of.len(), 1);
    assert_eq!((&told_of[0].verification, told_of[0].request.as_str()), (&before.verification, name));
    assert_eq!(told_of[0].platform_ids, [format!("us-{SECRET}")]);
    let production =
        suite.disclosure_events().await.into_iter().find(|event| event.kind == "production.recorded").unwrap();
    assert_eq!(told_of[0].production, production.subject);

    fake.reopen(&before.verification, true).await;
    let reopened = suite.until(name, |request| told(request, "request.grant_revoked") == 1).await;
    assert_eq!((reopened.state(), verified(&reopened)), (State::Produced, "REOPENED"));
    assert_eq!(
        (reopened.grant.as_str(), reopened.decision.as_str()),
        (before.grant.as_str(), before.decision.as_str())
    );
    assert!(is_revoked(&suite, &before.grant).await);
    fake.conclude(&before.verification, Verified::Denied).await;
    let denied = suite.until(name, |request| told(request, "request.verification_denied") == 1).await;
    assert_eq!((denied.state(), verified(&denied)), (State::Produced, "DENIED"));
    assert_eq!(fake.reliances().len(), 1);

    // Neither what happened nor who did it gives a user away.
    let entries = rogatory_store::audit::list(suite.store().await.read(), 0, 1_000).await.unwrap();
    let events = format!("{:?} {entries:?}", suite.events().await);
    assert!(events.contains("verification_reopened") && events.contains("record_reliance") && !events.contains(SECRET));
}

async fn a_reported_compromise_freezes_open_requests_and_finds_the_users(kind: Kind) {
    let suite = Suite::start(kind).await;
    whole_life::register(&suite).await;
    let portal = suite.portal();
    let mut requests = Vec::new();
    for _ in 0..2 {
        let filed = file(&portal, whole(&portal).await).await;
        let review = whole_life::verify(&suite, &filed.name).await;
        approve(&suite, &review.decision, "approver").await.unwrap();
        requests.push(suite.until_state(&filed.name, State::Approved).await);
    }
    let [produced, open] = &requests[..] else { panic!("two requests") };
    produce(&suite, &produced.grant).await;
    suite.until_state(&produced.name, State::Produced).await;
    let recorded = |events: Vec<rogatory_proto::rogatory::events::v1::Event>| {
        events.into_iter().any(|event| event.kind == "reliance.recorded" && event.request == produced.name)
    };
    for _ in 0..200 {
        if recorded(suite.verification_events().await) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    let mut agencies = suite.agencies();
    let by_domain =
        ListAgenciesRequest { mail_domain: "fernhill-police.example".to_owned(), ..ListAgenciesRequest::default() };
    let agency = agencies.list_agencies(by_domain).await.unwrap().into_inner().agencies.remove(0).name;
    let report = ReportCompromiseRequest {
        subject: Some(report_compromise_request::Subject::Agency(agency)),
        window: Some(rogatory_proto::google::r#type::Interval { start_time: Some(days_ago(3)), end_time: None }),
        reason: "the mailboxes were sold".to_owned(),
        request_id: fresh_id(),
    };
    let name = agencies.report_compromise(report).await.unwrap().into_inner().name;
    let frozen = suite.until(&open.name, |request| told(request, "request.grant_revoked") == 1).await;
    assert_eq!((frozen.state(), verified(&frozen)), (State::Verifying, "REOPENED"));
    assert!(is_revoked(&suite, &open.grant).await);
    let stays = suite.until(&produced.name, |request| told(request, "request.verification_reopened") == 1).await;
    assert_eq!((stays.state(), verified(&stays)), (State::Produced, "REOPENED"));
    let event = suite.events().await.into_iter().find(|event| event.kind == "request.verification_reopened").unwrap();
    assert_eq!((&event.facts["compromise"], event.facts["code"].as_str()), (&name, "AGENCY_COMPROMISED"));

    let read = rogatory_proto::rogatory::verification::v1::GetCompromiseRequest { name: name.clone() };
    for _ in 0..200 {
        if agencies.get_compromise(read.clone()).await.unwrap().into_inner().state() == compromise::State::Done {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let list = ListCompromisedProductionsRequest { name, ..ListCompromisedProductionsRequest::default() };
    let found = agencies.list_compromised_productions(list).await.unwrap().into_inner().productions;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].request, &found[0].platform_ids), (&produced.name, &vec![format!("us-{SECRET}")]));
}
