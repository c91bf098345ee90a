//! Where a user resides, as the platform knows it: who may say so, who may read it, and how a request that is held for it goes
//! on.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::{
    intake::v1::{
        CheckRequestRequest, CreateRequestRequest, GetRequestRequest, LegalRequest, ListRequestsRequest, Target,
        UpdateRequestRequest, WatchRequestRequest, WithdrawRequestRequest,
        legal_request::{Outcome, State},
    },
    routing::v1::{GetPlanRequest, leg, route_plan::Verdict, routing_service_client::RoutingServiceClient},
    rulebook::v1::{ResidenceEvidence, ResidenceEvidenceKind as Evidence},
};
use tonic::{Code, Status};

use crate::{
    on_both_engines,
    suite::{Alone, Kind, Office, Suite},
    wire::{days_ago, file, fresh_id, submit, told, unsigned, whole},
};

on_both_engines! {
    evidence_comes_from_the_platform_and_the_agency_never_reads_it,
    a_conflict_holds_the_request_until_an_analyst_adds_what_decides_it,
}

fn piece(kind: Evidence, country: &str, source: &str) -> ResidenceEvidence {
    ResidenceEvidence {
        kind: kind.into(),
        country: country.to_owned(),
        source: source.to_owned(),
        record_time: Some(days_ago(20)),
    }
}

fn with_evidence(evidence: Vec<ResidenceEvidence>) -> LegalRequest {
    let mut request = unsigned();
    request.targets[0].residence_evidence = evidence;
    request
}

fn update(request: &LegalRequest, targets: Vec<Target>) -> UpdateRequestRequest {
    UpdateRequestRequest {
        request: Some(LegalRequest { name: request.name.clone(), etag: request.etag.clone(), targets, ..unsigned() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["targets".to_owned()] }),
        request_id: fresh_id(),
    }
}

async fn change(office: &Office, request: &LegalRequest, targets: Vec<Target>) -> Result<LegalRequest, Status> {
    office.requests().update_request(update(request, targets)).await.map(tonic::Response::into_inner)
}

async fn create(office: &Office, request: LegalRequest) -> Result<LegalRequest, Status> {
    let call = CreateRequestRequest { request: Some(request), request_id: fresh_id() };
    office.requests().create_request(call).await.map(tonic::Response::into_inner)
}

async fn evidence_comes_from_the_platform_and_the_agency_never_reads_it(kind: Kind) {
    let alone = Alone::start(kind).await;
    let (portal, analyst) = (alone.portal(), alone.analyst());
    let record = piece(Evidence::AccountRecord, "Kazakhstan", "account-service");
    let telling = with_evidence(vec![record.clone()]);
    let refused = |status: Status| {
        let (code, reason, fields) = told(&status);
        assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "FIELDS_INVALID"), "{status:?}");
        assert_eq!(fields, ["request.targets[0].residence_evidence"]);
    };
    refused(create(&portal, telling.clone()).await.unwrap_err());
    let mut call = submit(telling.clone());
    refused(portal.requests().submit_request(call.clone()).await.unwrap_err());
    call.validate_only = true;
    refused(portal.requests().submit_request(call).await.unwrap_err());
    let check = CheckRequestRequest { request: Some(telling.clone()) };
    refused(portal.requests().check_request(check).await.unwrap_err());
    let draft = create(&portal, unsigned()).await.unwrap();
    refused(change(&portal, &draft, telling.targets.clone()).await.unwrap_err());
    let verifier = alone.person("verifier", &[Role::Submitter, Role::Verifier]);
    refused(create(&verifier, telling.clone()).await.unwrap_err());
    let counsel = alone.person("counsel", &[Role::Submitter, Role::Counsel]);
    create(&counsel, telling.clone()).await.unwrap();

    // An analyst says so, and reads it in the one form; the agency reads its own words only.
    let known = change(&analyst, &draft, telling.targets.clone()).await.unwrap();
    assert_eq!(known.targets[0].residence_evidence, [ResidenceEvidence { country: "KZ".to_owned(), ..record.clone() }]);
    let name = || GetRequestRequest { name: draft.name.clone() };
    let read = portal.requests().get_request(name()).await.unwrap().into_inner();
    assert_eq!((read.targets[0].residence_country.as_str(), &read.targets[0].residence_evidence), ("US", &vec![]));
    let all = portal.requests().list_requests(ListRequestsRequest::default()).await.unwrap().into_inner();
    assert_eq!(all.requests[0].targets[0].residence_evidence, []);
    let watch = WatchRequestRequest { name: draft.name.clone() };
    let mut seen = portal.requests().watch_request(watch).await.unwrap().into_inner();
    assert_eq!(seen.message().await.unwrap().unwrap().targets[0].residence_evidence, []);

    // What the agency changes of its own takes nothing away; another user under the same key is another user.
    let mut declared = read.targets.clone();
    declared[0].residence_country = "deu".to_owned();
    let answer = change(&portal, &read, declared.clone()).await.unwrap();
    assert_eq!((answer.targets[0].residence_country.as_str(), &answer.targets[0].residence_evidence), ("DE", &vec![]));
    let kept = analyst.requests().get_request(name()).await.unwrap().into_inner();
    assert_eq!(kept.targets[0].residence_evidence, known.targets[0].residence_evidence);
    declared[0].platform_ids = vec!["another account".to_owned()];
    change(&portal, &kept, declared).await.unwrap();
    let dropped = analyst.requests().get_request(name()).await.unwrap().into_inner();
    assert_eq!(dropped.targets[0].residence_evidence, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_piece_is_named() {
    let alone = Alone::start(Kind::Sqlite).await;
    let analyst = alone.analyst();
    let good = piece(Evidence::ShippingAddress, "HKG", "orders");
    let tomorrow = days_ago(-1);
    let pieces = vec![
        good.clone(),
        ResidenceEvidence { kind: Evidence::Declared.into(), ..good.clone() },
        ResidenceEvidence { kind: 77, ..good.clone() },
        ResidenceEvidence { country: "Narnia".to_owned(), ..good.clone() },
        ResidenceEvidence { source: "Account Service".to_owned(), ..good.clone() },
        ResidenceEvidence { record_time: Some(tomorrow), ..good.clone() },
        ResidenceEvidence::default(),
    ];
    let status = create(&analyst, with_evidence(pieces)).await.unwrap_err();
    let of = |index: usize, field: &str| format!("request.targets[0].residence_evidence[{index}].{field}");
    let every = ["kind", "country", "source", "record_time"].map(|field| of(6, field));
    let mut expected = vec![of(1, "kind"), of(2, "kind"), of(3, "country"), of(4, "source"), of(5, "record_time")];
    expected.extend(every);
    assert_eq!(told(&status).2, expected);
    create(&analyst, with_evidence(vec![good.clone(); 99])).await.unwrap();
    let status = create(&analyst, with_evidence(vec![good; 100])).await.unwrap_err();
    assert_eq!(told(&status).2, ["request.targets[0].residence_evidence"]);
}

async fn a_conflict_holds_the_request_until_an_analyst_adds_what_decides_it(kind: Kind) {
    let suite = Suite::start(kind).await;
    let (portal, analyst) = (suite.portal(), suite.analyst());
    // The agency lacks the signed copy at first, so that an analyst can add what the platform knows before it is routed.
    let filed = file(&portal, unsigned()).await;
    let name = filed.name.as_str();
    let lacking = suite.until(name, |request| request.letters.len() == 1).await;
    assert_eq!(lacking.state(), State::Deficient);

    // A paper of a later day than the request is a named fault, and no step that waits for a person.
    let mut later = UpdateRequestRequest {
        update_mask: Some(prost_types::FieldMask { paths: vec!["instrument".to_owned()] }),
        ..update(&lacking, Vec::new())
    };
    let received = lacking.receive_time.unwrap();
    let next = prost_types::Timestamp { nanos: received.nanos + 1_000, ..received };
    later.request.as_mut().unwrap().instrument.as_mut().unwrap().issue_time = Some(next);
    let refused = portal.requests().update_request(later).await.unwrap_err();
    assert_eq!(told(&refused).2, ["request.instrument.issue_time"]);

    let mut targets = lacking.targets.clone();
    targets[0].residence_evidence =
        vec![piece(Evidence::BillingAddress, "KZ", "payments"), piece(Evidence::ShippingAddress, "HK", "orders")];
    change(&analyst, &lacking, targets.clone()).await.unwrap();
    let lacking = suite.until(name, |request| request.letters.len() == 2).await;
    assert_eq!((lacking.state(), lacking.plan.as_ref().unwrap().verdict()), (State::Deficient, Verdict::Held));
    let signed = UpdateRequestRequest {
        request: Some(LegalRequest { documents: whole(&portal).await.documents, ..lacking.clone() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["documents".to_owned()] }),
        request_id: fresh_id(),
    };
    portal.requests().update_request(signed).await.unwrap();

    let held = suite.until(name, |request| request.letters.len() == 3).await;
    let plan = held.plan.clone().unwrap();
    assert_eq!((held.state(), plan.verdict()), (State::Held, Verdict::Held));
    assert_eq!(plan.legs[0].status(), leg::Status::UnroutableResidence);
    assert_eq!(plan.targets[0].findings[0].code, "RESIDENCE_CONFLICT");
    assert!(plan.treaty_data_digest.starts_with("sha256:") && held.verification.is_empty());
    let read = portal.requests().get_request(GetRequestRequest { name: name.to_owned() }).await.unwrap().into_inner();
    no_residence(&read);

    // The agency cannot decide it by its own word.
    let mut declared = read.targets.clone();
    declared[0].residence_country = "KZ".to_owned();
    change(&portal, &read, declared).await.unwrap();
    let held = suite.until(name, |request| request.letters.len() == 4).await;
    assert_eq!(held.state(), State::Held);

    let mut targets = held.targets.clone();
    targets[0].residence_evidence.push(piece(Evidence::AccountRecord, "KZ", "account-service"));
    change(&analyst, &held, targets).await.unwrap();
    let routed = suite.until(name, |request| !request.verification.is_empty()).await;
    let planned = routed.plan.as_ref().unwrap();
    assert_eq!((routed.state(), planned.verdict()), (State::Verifying, Verdict::Routed));
    assert_ne!(planned.name, plan.name, "it was planned again");
    assert_eq!(planned.targets[0].residence_countries, ["KZ"]);
    assert_eq!(planned.legs[0].contact.as_ref().unwrap().contact_id, "russia-holding");
    let read = portal.requests().get_request(GetRequestRequest { name: name.to_owned() }).await.unwrap().into_inner();
    no_residence(&read);
    let plan = read.plan.unwrap();
    assert_eq!(plan.legs[0].contact, planned.legs[0].contact, "the contact is told");

    // Nothing of it changes any more, and the end is told to routing.
    let refused = change(&analyst, &routed, routed.targets.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let withdraw = WithdrawRequestRequest {
        name: routed.name.clone(),
        etag: suite.read(name).await.etag,
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    let closed = portal.requests().withdraw_request(withdraw).await.unwrap().into_inner();
    assert_eq!(closed.outcome(), Outcome::Withdrawn);
    let mut routing = RoutingServiceClient::new(suite.routing.person("analyst", &[Role::Analyst]));
    let ask = GetPlanRequest { name: plan.name };
    for _ in 0..200 {
        if routing.get_plan(ask.clone()).await.unwrap().into_inner().close_time.is_some() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("routing was not told that {name} ended");
}

/// Nothing that the agency reads of its request tells where the user was found to reside, or by what.
fn no_residence(read: &LegalRequest) {
    let plan = read.plan.as_ref().unwrap();
    assert!(plan.targets.iter().all(|target| target.residence_countries.is_empty() && target.findings.is_empty()));
    assert!(plan.legs.iter().all(|leg| leg.residence_countries.is_empty() && leg.guide_row.is_empty()));
    let mut texts: Vec<&str> = read.letters.iter().map(|letter| letter.body.as_str()).collect();
    let findings = plan.findings.iter().chain(plan.legs.iter().flat_map(|leg| &leg.findings)).chain(&read.findings);
    texts.extend(findings.map(|finding| finding.sentence.as_str()));
    for telling in
        ["Kazakhstan", "Hong Kong SAR", "account-service", "(payments", "shipping address", "billing address"]
    {
        assert!(texts.iter().all(|text| !text.contains(telling)), "{telling} in {texts:#?}");
    }
}
