//! A request from intake to its end, with the real five services: each in this process, over mTLS, with its own database.

use rogatory_proto::rogatory::{
    billing::v1::{AnswerQuoteRequest, GetQuoteRequest},
    disclosure::v1::{
        ApproveDecisionRequest, GetDecisionRequest, GetGrantRequest, ProducedFile, RecordProductionRequest,
        RejectDecisionRequest, grant,
    },
    intake::v1::{
        CloseRequestRequest, LegalRequest, UpdateRequestRequest, WatchRequestRequest, WithdrawRequestRequest,
        condition::{Status, Type},
        legal_request::{Outcome, State},
    },
    rulebook::v1::{AuthorityKind, Confirmation},
    verification::v1::{
        Accreditation, Agency, ApproveVerificationRequest, ConcludeVerificationRequest, CreateAgencyRequest, Evidence,
        GetVerificationRequest, MailDomain, PublishedPhone, RecordEvidenceRequest, evidence,
    },
};
use rogatory_rulebook::Digest;
use tonic::Code;

use crate::{
    on_both_engines,
    suite::{Kind, Office, Suite},
    wire::{self, file, fresh_id, reason, violations, whole},
};

on_both_engines! {
    a_request_goes_from_filing_to_its_end,
    an_emergency_needs_two_people_and_owes_the_formal_request,
    a_withdrawn_request_loses_its_grant,
    a_declined_quote_stops_nothing,
    intake_that_was_away_catches_up,
}

/// Registers the agency of the samples, with a number that was published before any request came.
pub(crate) async fn register(suite: &Suite) {
    let agency = Agency {
        display_name: "Fernhill Police Department".to_owned(),
        country: "US".to_owned(),
        kind: AuthorityKind::Police.into(),
        mail_domains: vec![MailDomain { domain: "fernhill-police.example".to_owned(), ..MailDomain::default() }],
        phones: vec![PublishedPhone {
            number: "+12025550100".to_owned(),
            source: "fictional directory".to_owned(),
            record_time: None,
        }],
        accreditation: Some(Accreditation { source: "fictional list".to_owned(), ..Accreditation::default() }),
        source: "fictional".to_owned(),
        confirmation: Confirmation::Confirmed.into(),
        ..Agency::default()
    };
    let call = CreateAgencyRequest { agency: Some(agency), request_id: fresh_id() };
    suite.agencies().create_agency(call).await.unwrap();
}

async fn record(suite: &Suite, verification: &str, kind: evidence::Kind, result: evidence::Result, source: &str) {
    let mut found =
        Evidence { kind: kind.into(), result: result.into(), source: source.to_owned(), ..Evidence::default() };
    if kind == evidence::Kind::CallBack {
        found.person_reached = "the officer on duty".to_owned();
        found.call_time = Some(rogatory_chassis::convert::timestamp(chrono::Utc::now()));
    }
    let call = RecordEvidenceRequest { name: verification.to_owned(), evidence: Some(found), request_id: fresh_id() };
    suite.verifier().record_evidence(call).await.unwrap();
}

async fn conclude(suite: &Suite, verification: &str) {
    let read = GetVerificationRequest { name: verification.to_owned() };
    let open = suite.verifier().get_verification(read).await.unwrap().into_inner();
    let call = ConcludeVerificationRequest { name: verification.to_owned(), etag: open.etag, request_id: fresh_id() };
    suite.verifier().conclude_verification(call).await.unwrap();
}

/// Approves the verification of an emergency, as one of two.
async fn believe(suite: &Suite, verification: &str, subject: &str) {
    let mut approver = suite.verification_approver(subject);
    let read = GetVerificationRequest { name: verification.to_owned() };
    let open = approver.get_verification(read).await.unwrap().into_inner();
    let call = ApproveVerificationRequest {
        name: open.name,
        etag: open.etag,
        reason: "a life is at stake".to_owned(),
        request_id: fresh_id(),
    };
    approver.approve_verification(call).await.unwrap();
}

/// Believes the requester.
pub(crate) async fn verify(suite: &Suite, name: &str) -> LegalRequest {
    let open = suite.until(name, |request| !request.verification.is_empty()).await;
    let (kind, good) = (evidence::Kind::Credentials, evidence::Result::Positive);
    record(suite, &open.verification, kind, good, "the department, by its published number").await;
    if open.emergency.is_some() {
        record(suite, &open.verification, evidence::Kind::CallBack, good, "+12025550100").await;
        for subject in ["chief", "counsel"] {
            believe(suite, &open.verification, subject).await;
        }
    }
    conclude(suite, &open.verification).await;
    suite.until(name, |request| !request.decision.is_empty() && !request.quotes.is_empty()).await
}

pub(crate) async fn approve(suite: &Suite, decision: &str, subject: &str) -> Result<(), tonic::Status> {
    let mut decisions = suite.decisions(subject);
    let read = decisions.get_decision(GetDecisionRequest { name: decision.to_owned() }).await?.into_inner();
    let call = ApproveDecisionRequest {
        name: decision.to_owned(),
        etag: read.etag,
        reason: "in order".to_owned(),
        request_id: fresh_id(),
        ..ApproveDecisionRequest::default()
    };
    decisions.approve_decision(call).await.map(|_| ())
}

/// Records one file of what the first permission of a grant lets leave.
pub(crate) async fn produce(suite: &Suite, grant: &str) {
    let read = GetGrantRequest { name: grant.to_owned() };
    let permission = suite.grants().get_grant(read).await.unwrap().into_inner().permissions.remove(0);
    let record = permission.window.as_ref().and_then(|window| window.start_time);
    let file = ProducedFile {
        file_name: "account.csv".to_owned(),
        size_bytes: 7,
        digest: Digest::of("content").to_string(),
        record_count: 1,
        target_id: permission.target_id,
        element: permission.element,
        first_record_time: record,
        last_record_time: record,
        storage_country: permission.storage_countries[0].clone(),
    };
    let call =
        RecordProductionRequest { grant: grant.to_owned(), files: vec![file], no_data: false, request_id: fresh_id() };
    suite.grants().record_production(call).await.unwrap();
}

pub(crate) async fn close(
    office: &Office,
    request: &LegalRequest,
    outcome: Outcome,
) -> Result<LegalRequest, tonic::Status> {
    let call = CloseRequestRequest {
        name: request.name.clone(),
        etag: request.etag.clone(),
        outcome: outcome.into(),
        reason: "done".to_owned(),
        request_id: fresh_id(),
    };
    office.requests().close_request(call).await.map(tonic::Response::into_inner)
}

async fn withdraw(office: &Office, request: &LegalRequest) -> LegalRequest {
    let call = WithdrawRequestRequest {
        name: request.name.clone(),
        etag: request.etag.clone(),
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    office.requests().withdraw_request(call).await.unwrap().into_inner()
}

fn status(request: &LegalRequest, kind: Type) -> Status {
    request.conditions.iter().find(|found| found.r#type() == kind).map_or(Status::Unspecified, |found| found.status())
}

fn templates(request: &LegalRequest) -> Vec<&str> {
    request.letters.iter().map(|letter| letter.template.as_str()).collect()
}

async fn a_request_goes_from_filing_to_its_end(kind: Kind) {
    let suite = Suite::start(kind).await;
    register(&suite).await;
    let portal = suite.portal();
    let filed = file(&portal, whole(&portal).await).await;
    let name = filed.name.as_str();
    let watch = WatchRequestRequest { name: name.to_owned() };
    let mut changes = portal.requests().watch_request(watch).await.unwrap().into_inner();
    let watcher = tokio::spawn(async move {
        let mut states = Vec::new();
        while let Some(request) = changes.message().await.unwrap() {
            if states.last() != Some(&request.state()) {
                states.push(request.state());
            }
        }
        states
    });

    let review = verify(&suite, name).await;
    assert_eq!(review.state(), State::UnderReview);
    assert_eq!(status(&review, Type::Complete), Status::True);
    assert_eq!(status(&review, Type::Routed), Status::True);
    assert_eq!(status(&review, Type::Verified), Status::True);
    assert_eq!(status(&review, Type::Scoped), Status::Unknown);
    assert_eq!(status(&review, Type::CostAgreed), Status::True, "the right is reserved");
    let plan = review.plan.as_ref().unwrap();
    assert_eq!(plan.legs[0].contact.as_ref().unwrap().legal_name, "AliExpress E-Commerce One Pte. Ltd.");
    assert!(!plan.legs[0].channels.is_empty() && plan.request == name);
    assert_eq!(review.quotes.len(), 1);

    // The portal prepared it; an approver of that name may not approve.
    let refused = approve(&suite, &review.decision, "portal").await.unwrap_err();
    assert_eq!(reason(&refused), "SECOND_PERSON_NEEDED");
    approve(&suite, &review.decision, "approver").await.unwrap();
    let approved = suite.until_state(name, State::Approved).await;
    assert!(!approved.grant.is_empty());
    let refused = close(&suite.analyst(), &approved, Outcome::CompliedInFull).await.unwrap_err();
    assert_eq!(violations(&refused), ["NO_PRODUCTION"]);
    produce(&suite, &approved.grant).await;
    let produced = suite.until_state(name, State::Produced).await;
    assert_eq!(status(&produced, Type::Produced), Status::True);
    let refused = close(&suite.analyst(), &produced, Outcome::Rejected).await.unwrap_err();
    assert_eq!(violations(&refused), ["ALREADY_PRODUCED"]);
    close(&suite.analyst(), &produced, Outcome::CompliedInFull).await.unwrap();

    let closed = suite.until(name, |request| request.letters.len() == 2).await;
    assert_eq!((closed.state(), closed.outcome()), (State::Closed, Outcome::CompliedInFull));
    assert_eq!(templates(&closed), ["acknowledgement", "outcome"]);
    let kinds: Vec<&str> = closed.timeline.iter().map(|entry| entry.kind.as_str()).collect();
    for kind in [
        "request.submitted",
        "request.assessing",
        "request.routed",
        "request.verification_opened",
        "request.verified",
        "request.scope_proposed",
        "request.quoted",
        "request.approved",
        "request.produced",
        "request.closed",
    ] {
        assert_eq!(kinds.iter().filter(|found| **found == kind).count(), 1, "{kind} in {kinds:?}");
    }
    let approver = closed.timeline.iter().find(|entry| entry.kind == "request.approved").unwrap();
    assert_eq!(approver.actor, "person:approver", "the timeline names who did it");
    // Nothing leaves for a request that ended.
    let revoked = async |grant: &str| {
        let read = GetGrantRequest { name: grant.to_owned() };
        suite.grants().get_grant(read).await.unwrap().into_inner().state() == grant::State::Revoked
    };
    suite.until(name, |request| request.timeline.iter().any(|entry| entry.kind == "request.grant_revoked")).await;
    assert!(revoked(&closed.grant).await);

    let states = watcher.await.unwrap();
    assert_eq!(states.first(), Some(&State::Received));
    assert_eq!(states.last(), Some(&State::Closed));
    let subsequence = [State::Verifying, State::UnderReview, State::Approved, State::Produced, State::Closed];
    let mut seen = states.iter();
    assert!(subsequence.iter().all(|state| seen.any(|found| found == state)), "{states:?}");
}

async fn an_emergency_needs_two_people_and_owes_the_formal_request(kind: Kind) {
    let suite = Suite::start(kind).await;
    register(&suite).await;
    let portal = suite.portal();
    let emergency = file(&portal, wire::emergency()).await;
    let review = verify(&suite, &emergency.name).await;
    approve(&suite, &review.decision, "one").await.unwrap();
    assert!(approve(&suite, &review.decision, "one").await.is_err(), "the same person does not count twice");
    assert_eq!(suite.read(&emergency.name).await.state(), State::UnderReview);
    approve(&suite, &review.decision, "two").await.unwrap();
    let approved = suite.until_state(&emergency.name, State::Approved).await;
    assert_eq!(approved.obligations[0].code, "FORMAL_REQUEST_OWED");
    assert_eq!(approved.obligations[0].settle_time, None);

    // An incomplete one settles nothing; the complete one does.
    let follow = LegalRequest { follows_up: emergency.name.clone(), ..wire::unsigned() };
    let lacking = file(&portal, follow.clone()).await;
    let lacking = suite.until_state(&lacking.name, State::Deficient).await;
    assert_eq!(suite.read(&emergency.name).await.obligations[0].settle_time, None);
    let signed = wire::signed_copy(&portal).await;
    let cured = UpdateRequestRequest {
        request: Some(LegalRequest {
            documents: vec![signed],
            ..suite.until(&lacking.name, |r| r.letters.len() == 1).await
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["documents".to_owned()] }),
        request_id: fresh_id(),
    };
    let cured = portal.requests().update_request(cured).await.unwrap().into_inner();
    assert_eq!((cured.state(), cured.receive_time), (State::Assessing, lacking.receive_time));
    suite.until_state(&lacking.name, State::Verifying).await;
    let settled = suite.until(&emergency.name, |request| request.obligations[0].settle_time.is_some()).await;
    assert_eq!(settled.timeline.last().unwrap().kind, "request.obligation_settled");
    let told = suite.until(&lacking.name, |request| request.letters.len() == 2).await;
    assert_eq!(templates(&told), ["deficiency", "acknowledgement"]);
}

async fn a_withdrawn_request_loses_its_grant(kind: Kind) {
    let suite = Suite::start(kind).await;
    register(&suite).await;
    let portal = suite.portal();
    let filed = file(&portal, whole(&portal).await).await;
    let review = verify(&suite, &filed.name).await;
    approve(&suite, &review.decision, "approver").await.unwrap();
    let approved = suite.until_state(&filed.name, State::Approved).await;
    withdraw(&portal, &approved).await;
    let revoked =
        suite.until(&filed.name, |r| r.timeline.iter().any(|entry| entry.kind == "request.grant_revoked")).await;
    assert_eq!((revoked.state(), revoked.outcome()), (State::Closed, Outcome::Withdrawn));
    let read = GetGrantRequest { name: approved.grant };
    let grant = suite.grants().get_grant(read).await.unwrap().into_inner();
    assert_eq!((grant.state(), grant.revoker.as_str()), (grant::State::Revoked, "peer:intake"));

    // Withdrawn while people still decide: a grant that is issued all the same is revoked as soon as intake hears of it.
    let filed = file(&portal, whole(&portal).await).await;
    let review = verify(&suite, &filed.name).await;
    let current = suite.read(&filed.name).await;
    withdraw(&portal, &current).await;
    approve(&suite, &review.decision, "approver").await.unwrap();
    let read = GetDecisionRequest { name: review.decision };
    let late = suite.decisions("approver").get_decision(read).await.unwrap().into_inner().grant;
    for _ in 0..200 {
        let read = GetGrantRequest { name: late.clone() };
        if suite.grants().get_grant(read).await.unwrap().into_inner().state() == grant::State::Revoked {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{late} of a withdrawn request was not revoked");
}

async fn a_declined_quote_stops_nothing(kind: Kind) {
    let suite = Suite::start(kind).await;
    register(&suite).await;
    suite.publish_schedule(rogatory_billing::EXAMPLE_SCHEDULE).await;
    let portal = suite.portal();
    let filed = file(&portal, whole(&portal).await).await;
    let review = verify(&suite, &filed.name).await;
    assert_eq!(status(&review, Type::CostAgreed), Status::Unknown, "a quote waits for its answer");
    let read = GetQuoteRequest { name: review.quotes[0].clone() };
    let quote = suite.biller().get_quote(read).await.unwrap().into_inner();
    let answer = AnswerQuoteRequest { name: quote.name, etag: quote.etag, accepted: false, request_id: fresh_id() };
    suite.biller().answer_quote(answer).await.unwrap();
    suite.until(&filed.name, |request| status(request, Type::CostAgreed) == Status::False).await;
    approve(&suite, &review.decision, "approver").await.unwrap();
    suite.until_state(&filed.name, State::Approved).await;
}

async fn intake_that_was_away_catches_up(kind: Kind) {
    let mut suite = Suite::start(kind).await;
    register(&suite).await;
    let filed = file(&suite.portal(), whole(&suite.portal()).await).await;
    let open = suite.until(&filed.name, |request| !request.verification.is_empty()).await;
    suite.stop_intake().await;
    record(&suite, &open.verification, evidence::Kind::Credentials, evidence::Result::Positive, "by letter").await;
    conclude(&suite, &open.verification).await;
    suite.start_intake().await;
    let review = suite.until(&filed.name, |request| !request.quotes.is_empty()).await;
    assert_eq!(review.state(), State::UnderReview);
    suite.stop_intake().await;
    approve(&suite, &review.decision, "approver").await.unwrap();
    suite.start_intake().await;
    let approved = suite.until_state(&filed.name, State::Approved).await;
    // It followed the feeds from where it stood: nothing came twice.
    for kind in ["request.verified", "request.approved"] {
        assert_eq!(approved.timeline.iter().filter(|entry| entry.kind == kind).count(), 1);
    }
    // Production, revocation and closing while intake is away, all at once.
    suite.stop_intake().await;
    produce(&suite, &approved.grant).await;
    suite.start_intake().await;
    suite.until_state(&filed.name, State::Produced).await;
    suite.stop_intake().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ways_in_which_a_request_does_not_go_on() {
    let suite = Suite::start(Kind::Sqlite).await;
    register(&suite).await;
    let portal = suite.portal();

    // Turned away: the guide is for agencies outside of the Mainland PRC.
    let mut mainland = whole(&portal).await;
    mainland.requester.as_mut().unwrap().country = "CN".to_owned();
    let out = file(&portal, mainland).await;
    let out = suite.until(&out.name, |request| !request.letters.is_empty()).await;
    assert_eq!((out.state(), out.outcome()), (State::Closed, Outcome::OutOfScope));
    assert_eq!((templates(&out), out.verification.as_str()), (vec!["out-of-scope"], ""));
    assert!(out.findings.iter().all(|finding| !finding.citations.is_empty()) && !out.findings.is_empty());

    // Misdirected, told the right contact, served again.
    let wrong = LegalRequest { served_contact: "singapore-e-commerce".to_owned(), ..whole(&portal).await };
    let wrong = file(&portal, wrong).await;
    let wrong = suite.until(&wrong.name, |request| !request.letters.is_empty()).await;
    assert_eq!((wrong.state(), templates(&wrong)), (State::Misdirected, vec!["misdirected"]));
    assert!(wrong.letters[0].body.contains("AliExpress E-Commerce One Pte. Ltd."));
    let update = UpdateRequestRequest {
        request: Some(LegalRequest { served_contact: "e-commerce-one".to_owned(), ..wrong.clone() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["served_contact".to_owned()] }),
        request_id: fresh_id(),
    };
    portal.requests().update_request(update).await.unwrap();
    suite.until_state(&wrong.name, State::Verifying).await;

    // Held for want of a residence, then told it.
    let mut unknown = whole(&portal).await;
    unknown.targets[0].residence_country = String::new();
    let held = file(&portal, unknown).await;
    let held = suite.until(&held.name, |request| !request.letters.is_empty()).await;
    assert_eq!((held.state(), templates(&held)), (State::Held, vec!["held"]));
    let mut known = held.clone();
    known.targets[0].residence_country = "KZ".to_owned();
    let update = UpdateRequestRequest {
        request: Some(known),
        update_mask: Some(prost_types::FieldMask { paths: vec!["targets".to_owned()] }),
        request_id: fresh_id(),
    };
    portal.requests().update_request(update).await.unwrap();
    let routed = suite.until_state(&held.name, State::Verifying).await;
    assert_eq!(routed.plan.unwrap().legs[0].contact.as_ref().unwrap().contact_id, "russia-holding");

    // Not believed.
    let denied = file(&portal, whole(&portal).await).await;
    let open = suite.until(&denied.name, |request| !request.verification.is_empty()).await;
    let (kind, bad) = (evidence::Kind::Credentials, evidence::Result::Negative);
    record(&suite, &open.verification, kind, bad, "the department does not know the badge").await;
    conclude(&suite, &open.verification).await;
    let denied = suite.until(&denied.name, |request| request.letters.len() == 2).await;
    assert_eq!((denied.state(), denied.outcome()), (State::Closed, Outcome::Rejected));
    assert_eq!((templates(&denied), denied.decision.as_str()), (vec!["acknowledgement", "rejected"], ""));

    // Every item waits for an authority.
    let mut abroad = whole(&portal).await;
    abroad.items[0].element = "merchant-identity".to_owned();
    let abroad = file(&portal, abroad).await;
    let review = verify(&suite, &abroad.name).await;
    assert_eq!(review.state(), State::Held);
    let refused = portal
        .requests()
        .update_request(UpdateRequestRequest {
            request: Some(review.clone()),
            update_mask: Some(prost_types::FieldMask { paths: vec!["items".to_owned()] }),
            request_id: fresh_id(),
        })
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), violations(&refused)),
        (Code::FailedPrecondition, ["ROUTED_TRUE", "VERIFIED_TRUE"].map(str::to_owned).to_vec())
    );
    let mut decisions = suite.decisions("approver");
    let read = GetDecisionRequest { name: review.decision.clone() };
    let etag = decisions.get_decision(read).await.unwrap().into_inner().etag;
    let reject = RejectDecisionRequest {
        name: review.decision.clone(),
        etag,
        reason: "not now".to_owned(),
        request_id: fresh_id(),
    };
    decisions.reject_decision(reject).await.unwrap();
    let rejected = suite.until(&abroad.name, |request| request.state() == State::Closed).await;
    assert_eq!(rejected.outcome(), Outcome::Rejected);
    let rejected = suite.until(&abroad.name, |request| request.letters.len() == 3).await;
    assert_eq!(templates(&rejected), ["acknowledgement", "held", "rejected"]);
}
