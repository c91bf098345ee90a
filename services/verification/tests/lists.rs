//! Pages of lists.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    Agency, ListAgenciesRequest, ListVerificationsRequest, ListVerificationsResponse, evidence::Result as Outcome,
    verification::State,
};
use tonic::Code;

use crate::{
    harness::{Suite, on_both_engines},
    samples::{agency, ask, credentials, reason},
};

on_both_engines! { verifications_newest_first, agencies_by_name, tokens_are_bound_to_their_list }

async fn list(suite: &Suite, ask: ListVerificationsRequest) -> ListVerificationsResponse {
    suite.verifications(Role::Analyst).list_verifications(ask).await.unwrap().into_inner()
}

async fn verifications_newest_first(suite: &Suite) {
    suite.known_agency().await;
    let mut opened = Vec::new();
    for _ in 0..5 {
        opened.push(suite.open(ask(suite)).await.unwrap());
    }
    suite.record(&opened[1].name, credentials(Outcome::Positive)).await.unwrap();
    opened[1] = suite.conclude(&opened[1].name).await.unwrap();
    opened.reverse();

    let (mut found, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page =
            list(suite, ListVerificationsRequest { page_size: 2, page_token: token, ..Default::default() }).await;
        pages += 1;
        found.extend(page.verifications);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((pages, &found), (3, &opened));

    let state = |state: State| ListVerificationsRequest { state: state.into(), ..Default::default() };
    assert_eq!(list(suite, state(State::Verified)).await.verifications, opened[3..4]);
    assert_eq!(list(suite, state(State::Open)).await.verifications.len(), 4);
    assert!(list(suite, state(State::Denied)).await.verifications.is_empty());
    let of_request = ListVerificationsRequest { request: opened[0].request.clone(), ..Default::default() };
    assert_eq!(list(suite, of_request).await.verifications, opened[..1]);
}

async fn agencies_by_name(suite: &Suite) {
    for name in ["Zeta Police", "Alpha Police", "alpha police", "Beta Police", "The Gamma Police"] {
        let agency = Agency {
            display_name: name.to_owned(),
            country: "AQ".to_owned(),
            mail_domains: vec![],
            phones: vec![],
            mailboxes: vec![],
            ..agency()
        };
        suite.create(agency).await;
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let ask = ListAgenciesRequest {
            country: "AQ".to_owned(),
            mail_domain: String::new(),
            page_size: 1,
            page_token: token,
        };
        let page = suite.agencies(Role::Counsel).list_agencies(ask).await.unwrap().into_inner();
        found.extend(page.agencies.into_iter().map(|agency| agency.display_name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, ["Alpha Police", "alpha police", "Beta Police", "The Gamma Police", "Zeta Police"]);
    let seeded = suite.find("fbi.gov").await.remove(0);
    assert_eq!(seeded.display_name, "Federal Bureau of Investigation");
    assert!(seeded.accreditation.is_some());
}

async fn tokens_are_bound_to_their_list(suite: &Suite) {
    suite.known_agency().await;
    for _ in 0..2 {
        suite.open(ask(suite)).await.unwrap();
    }
    let page = list(suite, ListVerificationsRequest { page_size: 1, ..Default::default() }).await;
    let token = page.next_page_token;
    let mut analyst = suite.verifications(Role::Analyst);
    let other_filter =
        ListVerificationsRequest { state: State::Open.into(), page_token: token.clone(), ..Default::default() };
    let made_up = ListVerificationsRequest { page_token: "AAAA".to_owned(), ..Default::default() };
    for ask in [other_filter, made_up] {
        let status = analyst.list_verifications(ask).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, "TOKEN_MISMATCH".to_owned()));
    }
    let other_list = ListAgenciesRequest { page_token: token, ..Default::default() };
    let status = suite.agencies(Role::Analyst).list_agencies(other_list).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISMATCH");
}
