//! The registry: what did we know on that day?

use chrono::TimeDelta;
use rogatory_proto::rogatory::verification::v1::{
    Agency, ReportCompromiseRequest, evidence::Kind, evidence::Result as Outcome, report_compromise_request::Subject,
    verification::State,
};
use tonic::Code;

use crate::{
    compromise::{report, reported},
    harness::{Suite, on_both_engines, stamp},
    samples::{
        DOMAIN, NUMBER, agency, ask, call_back, domain, domain_until, emergency, invalid, mailbox, observed,
        observed_of, phone, reason, violations, window,
    },
};

on_both_engines! {
    an_agency_as_it_was_known, what_was_added_later_was_not_known, a_compromise_is_shown_and_was_not_known_before,
    an_update_leaves_compromised_windows, overdue_debts_are_shown, a_domain_counts_at_its_time,
    accreditation_counts_at_its_time,
}

async fn an_agency_as_it_was_known(suite: &Suite) {
    let first = suite.known_agency().await;
    let known_first = suite.now();
    suite.days(1);
    let second = Agency {
        display_name: "Sampleton Police Service".to_owned(),
        phones: vec![phone("+12025550188")],
        mailboxes: vec![mailbox("desk@cityhall.example")],
        mail_domains: vec![domain("sampleton-police.example")],
        accreditation: None,
        ..first.clone()
    };
    let changed_at = suite.now();
    let second = suite.update(second).await.unwrap();
    suite.days(1);
    let third =
        suite.update(Agency { display_name: "Police of Sampleton".to_owned(), ..second.clone() }).await.unwrap();

    assert_eq!(suite.agency(&first.name, None).await.unwrap(), third);
    assert_eq!(suite.agency(&first.name, Some(suite.now())).await.unwrap(), third);
    assert_eq!(suite.agency(&first.name, Some(known_first)).await.unwrap(), first);
    assert_eq!(suite.agency(&first.name, Some(changed_at)).await.unwrap(), second);
    assert_eq!(suite.agency(&first.name, Some(changed_at - TimeDelta::microseconds(1))).await.unwrap(), first);

    // Before it was added nothing was known of it.
    let before = known_first - TimeDelta::seconds(61);
    let status = suite.agency(&first.name, Some(before)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::NotFound, "NOT_FOUND".to_owned()));
    // What will be known is not known.
    let status = suite.agency(&first.name, Some(suite.now() + TimeDelta::days(1))).await.unwrap_err();
    assert_eq!(invalid(&status), ["read_time"]);
}

async fn what_was_added_later_was_not_known(suite: &Suite) {
    let first = suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    let then = suite.now();
    suite.advance(60);
    let mut more = first.clone();
    more.phones.push(phone("+12025550199"));
    suite.update(more).await.unwrap();
    let known = suite.agency(&first.name, Some(then)).await.unwrap();
    assert_eq!(known.phones, first.phones);
    let status = suite.record(&opened.name, call_back(suite, "+12025550199", Outcome::Positive)).await.unwrap_err();
    assert_eq!(violations(&status), ["NUMBER_NOT_HELD_BEFORE"]);
}

async fn a_compromise_is_shown_and_was_not_known_before(suite: &Suite) {
    let known = suite.known_agency().await;
    let before = suite.now();
    suite.days(3);
    let burned = window(before - TimeDelta::days(30), Some(before - TimeDelta::days(20)));
    reported(suite, Subject::MailDomain(DOMAIN.to_owned()), burned).await;
    let shown = suite.agency(&known.name, None).await.unwrap();
    assert_eq!(shown.mail_domains[0].compromised, [burned]);
    let then = suite.agency(&known.name, Some(before)).await.unwrap();
    assert!(then.mail_domains[0].compromised.is_empty(), "nobody knew");
}

async fn an_update_leaves_compromised_windows(suite: &Suite) {
    let known = suite.known_agency().await;
    let burned = window(suite.now() - TimeDelta::days(30), Some(suite.now() - TimeDelta::days(20)));
    reported(suite, Subject::MailDomain(DOMAIN.to_owned()), burned).await;
    let shown = suite.agency(&known.name, None).await.unwrap();
    let mut forgetful = Agency { display_name: "Sampleton Police".to_owned(), ..shown };
    forgetful.mail_domains[0].compromised.clear();
    let updated = suite.update(forgetful).await.unwrap();
    assert_eq!(updated.mail_domains[0].compromised, [burned]);

    // Not even by taking the domain out and putting it back.
    let gone = suite.update(Agency { mail_domains: vec![], ..updated }).await.unwrap();
    let back = suite.update(Agency { mail_domains: vec![domain(DOMAIN)], ..gone }).await.unwrap();
    assert_eq!(back.mail_domains[0].compromised, [burned]);
}

async fn overdue_debts_are_shown(suite: &Suite) {
    let known = suite.known_agency().await;
    let opened = suite.open(emergency(suite)).await.unwrap();
    suite.vouched(&opened.name).await;
    let concluded = suite.conclude(&opened.name).await.unwrap();
    assert_eq!(concluded.state(), State::Verified);
    let due = suite.now() + TimeDelta::days(14);
    assert_eq!(concluded.debt_due_time, Some(stamp(due)));
    assert!(suite.agency(&known.name, None).await.unwrap().overdue_debts.is_empty(), "it is owed, not overdue");
    suite.advance(14 * 86_400 - 1);
    assert!(suite.agency(&known.name, None).await.unwrap().overdue_debts.is_empty());
    suite.advance(1);
    let debts = suite.agency(&known.name, None).await.unwrap().overdue_debts;
    assert_eq!(debts.len(), 1);
    assert_eq!((&debts[0].request, debts[0].due_time), (&concluded.request, Some(stamp(due))));
}

async fn a_domain_counts_at_its_time(suite: &Suite) {
    let first = suite.known_agency().await;
    let end = suite.now() + TimeDelta::days(10);
    suite.update(Agency { mail_domains: vec![domain_until(DOMAIN, end)], ..first }).await.unwrap();
    let opened = suite.open(ask(suite)).await.unwrap();
    assert_eq!(observed_of(&opened, Kind::SenderDomain), ["SENDER_OF_AGENCY"]);
    suite.days(10);
    let opened = suite.open(ask(suite)).await.unwrap();
    assert_eq!(observed_of(&opened, Kind::SenderDomain), ["SENDER_DOMAIN_NOT_IN_FORCE"]);
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&opened.name).await.unwrap().state(), State::Denied);

    // Its new owner is recognised, and the old one is told from it.
    let mut county = Agency { display_name: "Sample County Sheriff".to_owned(), ..agency() };
    county.mail_domains[0].valid_from = Some(stamp(end));
    suite.create(county).await;
    suite.advance(60);
    let mut asked = ask(suite);
    asked.agency_name = "Sample County Sheriff".to_owned();
    assert_eq!(observed_of(&suite.open(asked).await.unwrap(), Kind::SenderDomain), ["SENDER_OF_AGENCY"]);
    assert_eq!(observed_of(&suite.open(ask(suite)).await.unwrap(), Kind::SenderDomain), ["SENDER_OF_OTHER_AGENCY"]);
}

async fn accreditation_counts_at_its_time(suite: &Suite) {
    let mut stated = agency();
    stated.accreditation.as_mut().unwrap().valid_until = Some(stamp(suite.now() + TimeDelta::days(10)));
    suite.create(stated).await;
    suite.advance(60);
    let opened = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&opened).contains("AGENCY_ACCREDITED"));
    suite.days(10);
    let opened = suite.open(ask(suite)).await.unwrap();
    assert_eq!(observed_of(&opened, Kind::Registry), ["ACCREDITATION_NOT_IN_FORCE"]);
    suite.record(&opened.name, call_back(suite, NUMBER, Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&opened.name).await.unwrap().state(), State::Denied);
}

#[tokio::test]
async fn a_whole_agency_that_was_in_other_hands_is_told_by_its_evidence() {
    let suite = &Suite::sqlite().await;
    let known = suite.known_agency().await;
    let ask_report = ReportCompromiseRequest {
        subject: Some(Subject::Agency(known.name.clone())),
        ..report(Subject::Agency(known.name), window(suite.now() - TimeDelta::days(1), None))
    };
    suite.agencies(rogatory_chassis::Role::Counsel).report_compromise(ask_report).await.unwrap();
    let opened = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&opened).contains("AGENCY_COMPROMISED"), "{:?}", observed(&opened));
}
