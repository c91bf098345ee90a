//! What left in reliance on a verification, and how a compromise finds it.

use chrono::TimeDelta;
use rogatory_chassis::Role;
use rogatory_names::{CompromiseId, ProductionId, RequestId, VerificationId};
use rogatory_proto::rogatory::verification::v1::{
    ListCompromisedProductionsRequest, RecordRelianceRequest, Reliance, Verification,
    report_compromise_request::Subject,
};
use tonic::Code;

use crate::{
    compromise::{compromise, domain_subject, reported},
    harness::{Suite, id, on_both_engines, stamp},
    samples::{ask, ask_of_other, reason, window},
};

on_both_engines! {
    what_left_is_recorded_for_its_request_only, productions_are_listed_with_their_users,
    what_was_denied_is_listed_too, users_and_reasons_are_for_readers_only,
}

/// A production to the users of these ids.
pub(crate) fn reliance(verification: &Verification, platform_ids: &[&str]) -> RecordRelianceRequest {
    RecordRelianceRequest {
        verification: verification.name.clone(),
        request: verification.request.clone(),
        production: ProductionId::new().name(),
        platform_ids: platform_ids.iter().map(|id| (*id).to_owned()).collect(),
        request_id: id(),
    }
}

pub(crate) async fn rely(suite: &Suite, verification: &Verification, platform_ids: &[&str]) -> Reliance {
    suite.intake().record_reliance(reliance(verification, platform_ids)).await.unwrap().into_inner()
}

/// Every production that a compromise concerns, by pages of this size.
pub(crate) async fn productions(suite: &Suite, name: &str, page_size: i32) -> Vec<Reliance> {
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let ask = ListCompromisedProductionsRequest { name: name.to_owned(), page_size, page_token: token };
        let page = suite.agencies(Role::Counsel).list_compromised_productions(ask).await.unwrap().into_inner();
        assert!(page_size == 0 || page.productions.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.productions);
        token = page.next_page_token;
        if token.is_empty() {
            return found;
        }
    }
}

async fn what_left_is_recorded_for_its_request_only(suite: &Suite) {
    suite.known_agency().await;
    let concluded = suite.believed(ask(suite)).await;
    let asked = reliance(&concluded, &["buyer-1", "seller-2"]);
    let recorded = suite.intake().record_reliance(asked.clone()).await.unwrap().into_inner();
    assert_eq!((&recorded.verification, &recorded.request), (&concluded.name, &concluded.request));
    assert_eq!((&recorded.production, &recorded.platform_ids), (&asked.production, &asked.platform_ids));
    assert_eq!(recorded.record_time, Some(stamp(suite.now())));
    assert_eq!(suite.intake().record_reliance(asked.clone()).await.unwrap().into_inner(), recorded);
    let event = suite.events(&["reliance.recorded"]).await.remove(0);
    assert_eq!((&event.facts["verification"], &event.facts["production"]), (&concluded.name, &asked.production));
    assert_eq!(event.request, concluded.request);
    let said = format!("{:?} {:?} {asked:?} {recorded:?}", suite.events(&[]).await, suite.audit().await);
    assert!(!said.contains("buyer-1"), "{said}");

    let of_other = RecordRelianceRequest { request: RequestId::new().name(), request_id: id(), ..asked.clone() };
    assert!(suite.intake().record_reliance(of_other).await.is_err());
    let of_none =
        RecordRelianceRequest { verification: VerificationId::new().name(), request_id: id(), ..asked.clone() };
    assert_eq!(suite.intake().record_reliance(of_none).await.unwrap_err().code(), Code::NotFound);
    let status = suite.verifications(Role::Verifier).record_reliance(asked).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "nobody but intake knows what left");
}

async fn productions_are_listed_with_their_users(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let mut expected = Vec::new();
    let mut believed = Vec::new();
    for number in 0..5 {
        let one = suite.believed(ask(suite)).await;
        let user = format!("user-{number}");
        expected.push(rely(suite, &one, &[&user, "user-of-all"]).await);
        believed.push(one);
        suite.advance(60);
    }
    let other = suite.believed(ask_of_other(suite)).await;
    rely(suite, &other, &["innocent"]).await;
    let done = reported(suite, domain_subject(), window(suite.now() - TimeDelta::hours(1), None)).await;
    assert_eq!((done.verifications_reopened, done.productions), (5, 5));
    for size in [0, 1, 2, 5, 1000] {
        assert_eq!(productions(suite, &done.name, size).await, expected, "{size}");
    }
    // Files were on their way when it came to light: intake tells of them afterwards.
    suite.advance(60);
    expected.push(rely(suite, &believed[1], &["late"]).await);
    assert_eq!(productions(suite, &done.name, 4).await, expected);
    assert_eq!(compromise(suite, &done.name).await.productions, 6);

    // A token belongs to its compromise.
    let page = |name: &str, token: &str| ListCompromisedProductionsRequest {
        name: name.to_owned(),
        page_size: 1,
        page_token: token.to_owned(),
    };
    let mut counsel = suite.agencies(Role::Counsel);
    let token = counsel.list_compromised_productions(page(&done.name, "")).await.unwrap().into_inner().next_page_token;
    let second = reported(suite, domain_subject(), window(suite.now() - TimeDelta::days(9), None)).await;
    let status = counsel.list_compromised_productions(page(&second.name, &token)).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISMATCH");
    let nothing = CompromiseId::new().name();
    let status = counsel.list_compromised_productions(page(&nothing, "")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

/// Files left, then it came to light, and somebody denied it: they are out all the same.
async fn what_was_denied_is_listed_too(suite: &Suite) {
    let known = suite.known_agency().await;
    suite.days(40);
    let believed = suite.believed(ask(suite)).await;
    let told = rely(suite, &believed, &["user-1"]).await;
    let since = suite.now() - TimeDelta::hours(1);
    reported(suite, domain_subject(), window(since, None)).await;
    let refuted = crate::samples::credentials(rogatory_proto::rogatory::verification::v1::evidence::Result::Negative);
    suite.record(&believed.name, refuted).await.unwrap();
    suite.conclude(&believed.name).await.unwrap();
    // Now it turns out that it was not only the domain.
    let whole = reported(suite, Subject::Agency(known.name), window(since, None)).await;
    assert_eq!(productions(suite, &whole.name, 0).await, [told]);
    assert_eq!((whole.verifications_reopened, whole.productions), (0, 1));
}

async fn users_and_reasons_are_for_readers_only(suite: &Suite) {
    suite.known_agency().await;
    let believed = suite.believed(ask(suite)).await;
    rely(suite, &believed, &["secret-user"]).await;
    let done = reported(suite, domain_subject(), window(suite.now() - TimeDelta::hours(1), None)).await;
    assert!(done.reason.contains("SECRET-TIP"));
    let listed = productions(suite, &done.name, 0).await;
    let said = format!("{:?} {:?} {done:?} {listed:?}", suite.events(&[]).await, suite.audit().await);
    assert!(!said.contains("SECRET-TIP") && !said.contains("secret-user"), "{said}");
}
