//! What becomes of those who were believed when their agency turns out to have been in the hands of others.

use std::time::Duration;

use chrono::TimeDelta;
use rogatory_chassis::Role;
use rogatory_names::{AgencyId, CompromiseId};
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::verification::v1::{
        Compromise, GetCompromiseRequest, OpenVerificationRequest, ReportCompromiseRequest,
        compromise::State as Sweep,
        evidence::Result as Outcome,
        report_compromise_request::Subject,
        verification::{Level, State},
    },
};
use tonic::Code;

use crate::{
    harness::{Suite, id, on_both_engines, stamp},
    samples::{
        DOMAIN, NUMBER, ask, ask_of_other, call_back, codes, credentials, emergency, observed, reason, violations,
        window,
    },
};

on_both_engines! {
    a_burned_domain_reopens_what_leaned_on_it, a_whole_agency_reopens_what_leaned_on_it, the_window_decides,
    denied_stays_and_open_loses_what_people_found, what_is_reopened_needs_everything_anew,
    what_the_registry_learned_from_others_is_no_channel,
    a_report_twice_reopens_once, a_later_report_ends_an_open_window,
    who_may_report_and_of_what, an_emergency_is_approved_anew, while_it_is_verified_counts_too,
}

pub(crate) fn report(subject: Subject, window: Interval) -> ReportCompromiseRequest {
    ReportCompromiseRequest {
        subject: Some(subject),
        window: Some(window),
        reason: "SECRET-TIP of a colleague".to_owned(),
        request_id: id(),
    }
}

/// Reports it and waits for the end of the sweep.
pub(crate) async fn reported(suite: &Suite, subject: Subject, window: Interval) -> Compromise {
    let ask = report(subject, window);
    let begun = suite.agencies(Role::Verifier).report_compromise(ask).await.unwrap().into_inner();
    swept(suite, &begun.name).await
}

pub(crate) async fn compromise(suite: &Suite, name: &str) -> Compromise {
    let ask = GetCompromiseRequest { name: name.to_owned() };
    suite.agencies(Role::Auditor).get_compromise(ask).await.unwrap().into_inner()
}

/// Waits for the end of a sweep.
pub(crate) async fn swept(suite: &Suite, name: &str) -> Compromise {
    for _ in 0..600 {
        let now = compromise(suite, name).await;
        if now.state() == Sweep::Done {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the sweep does not end: {:?}", compromise(suite, name).await)
}

pub(crate) fn domain_subject() -> Subject {
    Subject::MailDomain(DOMAIN.to_owned())
}

async fn a_burned_domain_reopens_what_leaned_on_it(suite: &Suite) {
    let known = suite.known_agency().await;
    suite.other_agency().await;
    let believed = suite.believed(ask(suite)).await;
    let other = suite.believed(ask_of_other(suite)).await;
    suite.days(1);
    let since = suite.now() - TimeDelta::days(2);
    let asked = report(domain_subject(), window(since, Some(suite.now())));
    let begun = suite.agencies(Role::Verifier).report_compromise(asked.clone()).await.unwrap().into_inner();
    CompromiseId::parse_name(&begun.name).unwrap();
    assert_eq!((begun.agency.as_str(), begun.mail_domain.as_str()), (known.name.as_str(), DOMAIN));
    assert_eq!((&begun.window, &begun.reason), (&asked.window, &asked.reason));
    assert_eq!((begun.reporter.as_str(), begun.create_time), ("person:vera", Some(stamp(suite.now()))));
    assert_eq!(begun.state(), Sweep::Running);
    assert!(begun.finish_time.is_none());
    let done = swept(suite, &begun.name).await;
    assert_eq!((done.verifications_reopened, done.productions), (1, 0));
    assert!(done.finish_time.is_some());

    let reopened = suite.get(&believed.name).await.unwrap();
    assert_eq!((reopened.state(), reopened.level()), (State::Open, Level::Unverified));
    assert_eq!(reopened.reopen_time, Some(stamp(suite.now())));
    assert!(reopened.conclude_time.is_none() && reopened.expire_time.is_none() && reopened.findings.is_empty());
    assert_eq!(reopened.evidence[..believed.evidence.len()], believed.evidence[..], "nothing is taken away");
    let piece = reopened.evidence.last().unwrap();
    assert_eq!((piece.observation.as_str(), piece.source.as_str()), ("SENDER_COMPROMISED", begun.name.as_str()));
    assert_eq!(reopened.required_level(), Level::Enhanced);
    assert_ne!(reopened.etag, believed.etag);
    assert_eq!(suite.get(&other.name).await.unwrap(), other, "another agency's stays");

    let events = suite.events(&["verification.reopened"]).await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((&event.subject, &event.request), (&believed.name, &believed.request));
    assert_eq!((&event.facts["compromise"], event.facts["state"].as_str()), (&begun.name, "OPEN"));
    assert_eq!(event.facts["request"], believed.request);
    let kinds: Vec<String> = suite
        .events(&["agency.compromise_reported", "compromise.swept"])
        .await
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, ["agency.compromise_reported", "compromise.swept"]);
    assert_eq!(
        suite.agencies(Role::Verifier).report_compromise(asked).await.unwrap().into_inner(),
        begun,
        "a repeated call gets the first answer"
    );
}

async fn a_whole_agency_reopens_what_leaned_on_it(suite: &Suite) {
    let known = suite.known_agency().await;
    suite.other_agency().await;
    // One from its domain, one from elsewhere in its name.
    let believed = suite.believed(ask(suite)).await;
    let mut nameless = ask(suite);
    nameless.officer.as_mut().unwrap().email = String::new();
    let by_paper = suite.believed(nameless).await;
    let other = suite.believed(ask_of_other(suite)).await;
    let since = suite.now() - TimeDelta::hours(1);
    let done = reported(suite, Subject::Agency(known.name.clone()), window(since, None)).await;
    assert_eq!((done.verifications_reopened, done.mail_domain.as_str()), (2, ""));
    for one in [believed, by_paper] {
        let reopened = suite.get(&one.name).await.unwrap();
        assert_eq!(reopened.state(), State::Open);
        assert!(observed(&reopened).contains("AGENCY_COMPROMISED"));
    }
    assert_eq!(suite.get(&other.name).await.unwrap(), other);
}

async fn the_window_decides(suite: &Suite) {
    suite.known_agency().await;
    suite.days(1);
    // Received at 0, concluded at 2 hours.
    let start = suite.now();
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap();
    suite.advance(7200);
    let believed = suite.conclude(&opened.name).await.unwrap();
    suite.days(1);
    let hours = TimeDelta::hours;
    for (from, until) in [
        (start - hours(5), Some(start - hours(1))),
        (start - hours(5), Some(start)),
        (start + hours(2) + TimeDelta::seconds(1), None),
        (start + hours(3), Some(start + hours(4))),
    ] {
        let done = reported(suite, domain_subject(), window(from, until)).await;
        assert_eq!(done.verifications_reopened, 0, "{from} {until:?}");
        assert_eq!(suite.get(&believed.name).await.unwrap(), believed, "{from} {until:?}");
    }
    assert!(suite.events(&["verification.reopened"]).await.is_empty());
    let done = reported(suite, domain_subject(), window(start + hours(1), Some(start + hours(2)))).await;
    assert_eq!(done.verifications_reopened, 1);
    assert_eq!(suite.get(&believed.name).await.unwrap().state(), State::Open);
}

async fn denied_stays_and_open_loses_what_people_found(suite: &Suite) {
    suite.known_agency().await;
    let denied = suite.open(ask(suite)).await.unwrap();
    suite.record(&denied.name, call_back(suite, NUMBER, Outcome::Negative)).await.unwrap();
    let denied = suite.conclude(&denied.name).await.unwrap();
    let open = suite.open(ask(suite)).await.unwrap();
    suite.record(&open.name, credentials(Outcome::Positive)).await.unwrap();
    let spoken_against = suite.open(ask(suite)).await.unwrap();
    suite.record(&spoken_against.name, credentials(Outcome::Negative)).await.unwrap();
    reported(suite, domain_subject(), window(suite.now() - TimeDelta::hours(1), None)).await;

    assert_eq!(suite.get(&denied.name).await.unwrap(), denied);
    let after = suite.get(&open.name).await.unwrap();
    assert_eq!((after.state(), after.required_level()), (State::Open, Level::Enhanced));
    assert_eq!(after.reopen_time, Some(stamp(suite.now())));
    assert_eq!(violations(&suite.conclude(&open.name).await.unwrap_err()), ["CALL_BACK_COMPLETED"]);
    // What speaks against a requester stays.
    assert_eq!(suite.conclude(&spoken_against.name).await.unwrap().state(), State::Denied);
    assert!(suite.events(&["verification.reopened"]).await.is_empty(), "none of them had been believed");
}

async fn what_the_registry_learned_from_others_is_no_channel(suite: &Suite) {
    suite.known_agency().await;
    let opened = suite.open(ask(suite)).await.unwrap();
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    suite.conclude(&opened.name).await.unwrap();
    suite.advance(600);
    // The number was recorded when others held the mailbox already.
    reported(suite, domain_subject(), window(suite.now() - TimeDelta::seconds(900), None)).await;
    let status = suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap_err();
    assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
    let status = suite.send_challenge(&opened.name).await.unwrap_err();
    assert_eq!(violations(&status), ["MAILBOX_NOT_HELD_BEFORE"]);
}

async fn what_is_reopened_needs_everything_anew(suite: &Suite) {
    suite.known_agency().await;
    suite.days(100);
    let opened = suite.open(ask(suite)).await.unwrap();
    let called = call_back(suite, NUMBER, Outcome::Positive);
    suite.record(&opened.name, called.clone()).await.unwrap();
    suite.conclude(&opened.name).await.unwrap();
    suite.days(1);
    reported(suite, domain_subject(), window(suite.now() - TimeDelta::days(2), None)).await;
    assert_eq!(codes(&suite.get(&opened.name).await.unwrap().needs), ["CALL_BACK_COMPLETED"]);
    assert_eq!(violations(&suite.conclude(&opened.name).await.unwrap_err()), ["CALL_BACK_COMPLETED"]);
    // The old call told once more is not a new one.
    assert_eq!(violations(&suite.record(&opened.name, called).await.unwrap_err()), ["CALL_TIME_IMPOSSIBLE"]);
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    let again = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((again.state(), again.level()), (State::Verified, Level::Enhanced));
    assert!(codes(&again.findings).contains(&"SENDER_COMPROMISED"));
    assert_eq!(suite.events(&["verification.concluded"]).await.len(), 2);
}

async fn an_emergency_is_approved_anew(suite: &Suite) {
    suite.known_agency().await;
    suite.days(100);
    let opened = suite.open(emergency(suite)).await.unwrap();
    suite.vouched(&opened.name).await;
    let first = suite.conclude(&opened.name).await.unwrap();
    suite.days(1);
    reported(suite, domain_subject(), window(suite.now() - TimeDelta::days(2), None)).await;
    let reopened = suite.get(&opened.name).await.unwrap();
    assert!(reopened.approvals.is_empty(), "{:?}", reopened.approvals);
    assert_eq!(codes(&reopened.needs), ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
    suite.vouched(&opened.name).await;
    let again = suite.conclude(&opened.name).await.unwrap();
    assert_eq!((again.state(), again.approvals.len()), (State::Verified, 2));
    assert_eq!(again.debt_due_time, first.debt_due_time, "it is owed since it was first believed");
}

async fn a_report_twice_reopens_once(suite: &Suite) {
    suite.known_agency().await;
    let believed = suite.believed(ask(suite)).await;
    let burned = window(suite.now() - TimeDelta::hours(1), Some(suite.now() + TimeDelta::hours(1)));
    // Two people report the same at the same time.
    let (mut one, mut two) = (suite.agencies(Role::Verifier), suite.agencies(Role::Counsel));
    let (first, second) = tokio::join!(
        one.report_compromise(report(domain_subject(), burned)),
        two.report_compromise(report(domain_subject(), burned)),
    );
    for begun in [first, second] {
        swept(suite, &begun.unwrap().into_inner().name).await;
    }
    assert_eq!(suite.get(&believed.name).await.unwrap().state(), State::Open);
    assert_eq!(suite.events(&["verification.reopened"]).await.len(), 1);
    assert_eq!(windows(suite).await, [burned], "one window, told twice");
}

/// In which windows the registry says that others had the domain, each once.
async fn windows(suite: &Suite) -> Vec<Interval> {
    let mut windows = suite.find(DOMAIN).await.remove(0).mail_domains.remove(0).compromised;
    windows.dedup();
    windows
}

async fn a_later_report_ends_an_open_window(suite: &Suite) {
    suite.known_agency().await;
    suite.days(40);
    let since = suite.now() - TimeDelta::days(1);
    reported(suite, domain_subject(), window(since, None)).await;
    let during = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&during).contains("SENDER_COMPROMISED"));
    suite.days(10);
    let end = suite.now() - TimeDelta::days(1);
    reported(suite, domain_subject(), window(since, Some(end))).await;
    assert_eq!(windows(suite).await, [window(since, Some(end))]);
    let after = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&after).contains("NO_COMPROMISE"), "{:?}", observed(&after));
    assert_eq!(after.required_level(), Level::Basic);
    // One received within the window stays raised.
    let within = OpenVerificationRequest { receive_time: Some(stamp(end - TimeDelta::hours(1))), ..ask(suite) };
    assert!(observed(&suite.open(within).await.unwrap()).contains("SENDER_COMPROMISED"));
    assert_eq!(suite.get(&during.name).await.unwrap().required_level(), Level::Enhanced);
}

/// A request of before the window, which is verified while others have the domain in hand: it is the same whether that is
/// reported before it is opened or after.
async fn while_it_is_verified_counts_too(suite: &Suite) {
    suite.known_agency().await;
    suite.days(40);
    let received = suite.now();
    suite.days(2);
    let early = OpenVerificationRequest { receive_time: Some(stamp(received)), ..ask(suite) };
    let opened_before = suite.open(early.clone()).await.unwrap();
    reported(suite, domain_subject(), window(suite.now() - TimeDelta::days(1), None)).await;
    let opened_after = OpenVerificationRequest { request: ask(suite).request, request_id: id(), ..early };
    let opened_after = suite.open(OpenVerificationRequest { signed_copies: vec![], ..opened_after }).await.unwrap();
    for name in [opened_before.name, opened_after.name] {
        let recorded = suite.record(&name, credentials(Outcome::Positive)).await.unwrap();
        assert_eq!(recorded.required_level(), Level::Enhanced, "{:?}", observed(&recorded));
        assert_eq!(codes(&recorded.needs), ["CALL_BACK_COMPLETED"]);
    }
}

async fn who_may_report_and_of_what(suite: &Suite) {
    let known = suite.known_agency().await;
    let burned = window(suite.now() - TimeDelta::hours(1), None);
    for role in [Role::Analyst, Role::Approver, Role::Auditor, Role::Operator, Role::Publisher, Role::Submitter] {
        let ask = report(Subject::Agency(known.name.clone()), burned);
        let status = suite.agencies(role).report_compromise(ask).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{role:?}");
    }
    let mut verifier = suite.agencies(Role::Verifier);
    let nobody = report(Subject::Agency(AgencyId::new().name()), burned);
    assert_eq!(verifier.report_compromise(nobody).await.unwrap_err().code(), Code::NotFound);
    let unknown = report(Subject::MailDomain("nobody-has-this.example".to_owned()), burned);
    let status = verifier.report_compromise(unknown).await.unwrap_err();
    assert!(matches!(status.code(), Code::NotFound | Code::InvalidArgument), "{status:?}");
    let status = verifier.get_compromise(GetCompromiseRequest { name: CompromiseId::new().name() }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let asked = report(domain_subject(), burned);
    verifier.report_compromise(asked.clone()).await.unwrap();
    let other = ReportCompromiseRequest { reason: "another".to_owned(), ..asked };
    assert_eq!(reason(&verifier.report_compromise(other).await.unwrap_err()), "REQUEST_ID_REUSED");
}
