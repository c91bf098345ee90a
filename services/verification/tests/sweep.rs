//! The sweep after a compromise: over many, beside other calls, and over the end of the server.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use futures::future::join_all;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    Verification, compromise::State as Sweep, evidence::Result as Outcome, report_compromise_request::Subject,
    verification::State,
};

use crate::{
    compromise::{compromise, domain_subject, report, reported, swept},
    harness::{Suite, on_both_engines},
    reliances::{productions, rely},
    samples::{ask, ask_of_other, credentials, violations, window},
};

on_both_engines! {
    it_goes_on_after_the_service_was_stopped, it_goes_on_after_a_fault, two_servers_sweep_once, calls_go_on_meanwhile,
    nobody_slips_through,
}

const MANY: usize = 40;

/// So many who were believed, each with a production. A few weeks lie between them, so that there is no rush.
async fn believed(suite: &Suite, many: usize) -> Vec<Verification> {
    let mut believed = Vec::new();
    for number in 0..many {
        let one = suite.believed(ask(suite)).await;
        assert_eq!(one.state(), State::Verified);
        rely(suite, &one, &[&format!("user-{number}")]).await;
        suite.days(4);
        believed.push(one);
    }
    believed
}

/// Each was reopened, and told once.
async fn all_were_reopened(suite: &Suite, name: &str, believed: &[Verification]) {
    let done = compromise(suite, name).await;
    let many = i64::try_from(believed.len()).unwrap();
    assert_eq!((done.state(), done.verifications_reopened, done.productions), (Sweep::Done, many, many));
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for event in suite.events(&["verification.reopened"]).await {
        *told.entry(event.subject).or_default() += 1;
    }
    assert_eq!(told.len(), believed.len());
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    for one in believed {
        let now = suite.get(&one.name).await.unwrap();
        assert_eq!(now.state(), State::Open);
        let looks = now.evidence.iter().filter(|piece| piece.observation == "SENDER_COMPROMISED").count();
        assert_eq!(looks, 1, "once for the report");
    }
    assert_eq!(productions(suite, name, 7).await.len(), believed.len());
    assert_eq!(suite.events(&["compromise.swept"]).await.len(), 1);
}

async fn begin(suite: &Suite) -> String {
    let ask = report(domain_subject(), window(suite.now() - TimeDelta::days(365), None));
    let begun = suite.agencies(Role::Verifier).report_compromise(ask).await.unwrap().into_inner();
    begun.name
}

async fn it_goes_on_after_the_service_was_stopped(suite: &Suite) {
    suite.known_agency().await;
    let believed = believed(suite, MANY).await;
    let name = begin(suite).await;
    suite.halt().await;
    suite.resume().await;
    swept(suite, &name).await;
    all_were_reopened(suite, &name, &believed).await;
}

/// Several batches: five who were believed, many who are open, five who were believed. The database refuses every
/// reopening after the fifth, as one that is full: the sweep stands in the middle, also over a new start, and ends when
/// it is mended.
async fn it_goes_on_after_a_fault(suite: &Suite) {
    suite.known_agency().await;
    let mut all = believed(suite, 5).await;
    let mut open = Vec::new();
    for _ in 0..17 {
        open.extend(join_all((0..15).map(|_| suite.open(ask(suite)))).await.into_iter().map(Result::unwrap));
    }
    suite.days(40);
    all.extend(believed(suite, 5).await);
    let full = "(SELECT COUNT(*) FROM events WHERE kind = 'verification.reopened') >= 5";
    let sqlite = format!(
        "CREATE TRIGGER full_disk BEFORE INSERT ON events WHEN NEW.kind = 'verification.reopened' AND {full} \
         BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    );
    let function = format!(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF NEW.kind = 'verification.reopened' AND {full} THEN RAISE EXCEPTION 'the disk is full'; END IF; \
         RETURN NEW; END $$"
    );
    let trigger = "CREATE TRIGGER full_disk BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION full_disk()";
    suite.behind(&[&sqlite], &[&function, trigger]).await.unwrap();
    let name = begin(suite).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let middle = compromise(suite, &name).await;
    assert_eq!((middle.state(), middle.verifications_reopened), (Sweep::Running, 5));
    suite.halt().await;
    suite.resume().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(compromise(suite, &name).await, middle);
    assert_eq!(suite.get(&all[0].name).await.unwrap().state(), State::Open);
    assert_eq!(suite.get(&all[9].name).await.unwrap(), all[9], "its turn has not come");
    suite.behind(&["DROP TRIGGER full_disk"], &["DROP TRIGGER full_disk ON events"]).await.unwrap();
    swept(suite, &name).await;
    all_were_reopened(suite, &name, &all).await;
    for one in [&open[0], &open[254]] {
        let now = suite.get(&one.name).await.unwrap();
        assert!(now.reopen_time.is_some(), "what people find out for it counts from now on");
    }
}

async fn two_servers_sweep_once(suite: &Suite) {
    suite.known_agency().await;
    let believed = believed(suite, MANY).await;
    let second = suite.another().await;
    let name = begin(suite).await;
    swept(suite, &name).await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    second.stop().await;
    all_were_reopened(suite, &name, &believed).await;
}

async fn calls_go_on_meanwhile(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let believed = believed(suite, MANY).await;
    let name = begin(suite).await;
    let other = suite.believed(ask_of_other(suite)).await;
    assert_eq!(other.state(), State::Verified);
    // One that comes meanwhile is raised from the start.
    let late = suite.open(ask(suite)).await.unwrap();
    assert!(crate::samples::observed(&late).contains("SENDER_COMPROMISED"));
    swept(suite, &name).await;
    all_were_reopened(suite, &name, &believed).await;
    assert_eq!(suite.get(&other.name).await.unwrap(), other);
}

/// Conclusions and new requests at the moment of the report: whatever comes first, nobody is believed in the end on what
/// was found out before.
async fn nobody_slips_through(suite: &Suite) {
    suite.known_agency().await;
    suite.days(40);
    let mut ready = Vec::new();
    for _ in 0..9 {
        let opened = suite.open(ask(suite)).await.unwrap();
        ready.push(suite.record(&opened.name, credentials(Outcome::Positive)).await.unwrap());
    }
    let conclusions = ready.iter().map(|one| suite.conclude_with(&one.name, &one.etag));
    let since = suite.now() - TimeDelta::hours(1);
    let asked = report(domain_subject(), window(since, Some(suite.now() + TimeDelta::hours(1))));
    let mut verifier = suite.agencies(Role::Verifier);
    let late = join_all((0..9).map(|_| suite.open(ask(suite))));
    let (concluded, begun, late) = tokio::join!(join_all(conclusions), verifier.report_compromise(asked), late);
    swept(suite, &begun.unwrap().into_inner().name).await;
    for one in &ready {
        let now = suite.get(&one.name).await.unwrap();
        assert_eq!(now.state(), State::Open);
        let refused = suite.conclude(&one.name).await.unwrap_err();
        assert_eq!(violations(&refused), ["CALL_BACK_COMPLETED"]);
    }
    let believed = concluded.iter().filter(|told| told.is_ok()).count();
    assert_eq!(suite.events(&["verification.reopened"]).await.len(), believed);
    for one in late {
        let name = one.unwrap().name;
        let recorded = suite.record(&name, credentials(Outcome::Positive)).await.unwrap();
        assert!(crate::samples::observed(&recorded).contains("SENDER_COMPROMISED"));
        assert_eq!(violations(&suite.conclude(&name).await.unwrap_err()), ["CALL_BACK_COMPLETED"]);
    }
}

#[tokio::test]
async fn an_older_report_and_a_newer_one_do_not_wait_for_each_other() {
    let suite = &Suite::sqlite().await;
    let known = suite.known_agency().await;
    let other = suite.other_agency().await;
    let first = suite.believed(ask(suite)).await;
    let second = suite.believed(ask_of_other(suite)).await;
    let burned = window(suite.now() - TimeDelta::hours(1), None);
    let (one, two) = tokio::join!(
        reported(suite, Subject::Agency(known.name), burned),
        reported(suite, Subject::Agency(other.name), burned),
    );
    assert_eq!((one.verifications_reopened, two.verifications_reopened), (1, 1));
    for name in [first.name, second.name] {
        assert_eq!(suite.get(&name).await.unwrap().state(), State::Open);
    }
}
