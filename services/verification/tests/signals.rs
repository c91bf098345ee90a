//! What is unusual: it raises the level or only tells. And what an agency owes.

use chrono::TimeDelta;
use rogatory_proto::rogatory::{
    rulebook::v1::InstrumentKind,
    verification::v1::{
        OpenVerificationRequest,
        evidence::{Kind, Result as Outcome},
        verification::{Level, State},
    },
};
use rogatory_rulebook::Digest;

use crate::{
    harness::{Suite, on_both_engines, stamp},
    samples::{NUMBER, ask, ask_of_other, call_back, codes, credentials, emergency, observed, observed_of, violations},
};

on_both_engines! {
    an_officer_is_new_once, a_target_of_several_agencies_raises, a_rush_raises, the_hour_only_tells,
    a_debt_raises_until_it_is_settled, a_debt_is_settled_by_the_right_paper_only, a_denied_emergency_owes_nothing,
}

fn on(ask: OpenVerificationRequest, target: &str) -> OpenVerificationRequest {
    OpenVerificationRequest { target_keys: vec![Digest::of(target).to_string()], ..ask }
}

async fn an_officer_is_new_once(suite: &Suite) {
    suite.known_agency().await;
    suite.days(31);
    let first = suite.open(ask(suite)).await.unwrap();
    assert_eq!(observed_of(&first, Kind::Signal), ["NEW_OFFICER"]);
    suite.advance(60);
    // Who was not believed yet is not known by asking again.
    assert_eq!(observed_of(&suite.open(ask(suite)).await.unwrap(), Kind::Signal), ["NEW_OFFICER"]);
    suite.believed(ask(suite)).await;
    let second = suite.open(ask(suite)).await.unwrap();
    assert_eq!(observed_of(&second, Kind::Signal), ["NO_SIGNAL"]);
    let mut other = ask(suite);
    let officer = other.officer.as_mut().unwrap();
    officer.display_name = "Ursula Other".to_owned();
    officer.email = format!("u.other@{}", crate::samples::DOMAIN);
    officer.credential_number = "B-99".to_owned();
    assert_eq!(observed_of(&suite.open(other).await.unwrap(), Kind::Signal), ["NEW_OFFICER"]);
}

async fn a_target_of_several_agencies_raises(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let first = suite.open(on(ask(suite), "account 1")).await.unwrap();
    assert!(!observed(&first).contains("TARGET_OF_OTHERS"));
    // Its own agency may ask again.
    let again = suite.open(on(ask(suite), "account 1")).await.unwrap();
    assert!(!observed(&again).contains("TARGET_OF_OTHERS"));
    let else_where = suite.open(on(ask_of_other(suite), "account 2")).await.unwrap();
    assert!(!observed(&else_where).contains("TARGET_OF_OTHERS"));

    let mut several = on(ask_of_other(suite), "account 3");
    several.target_keys.push(Digest::of("account 1").to_string());
    let raised = suite.open(several).await.unwrap();
    assert!(observed(&raised).contains("TARGET_OF_OTHERS"));
    assert_eq!((raised.state(), raised.required_level()), (State::Open, Level::Enhanced));
    let recorded = suite.record(&raised.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(codes(&recorded.needs), ["CALL_BACK_COMPLETED"]);
    suite.record(&raised.name, call_back(suite, "+12025550177", Outcome::Positive)).await.unwrap();
    assert_eq!(suite.conclude(&raised.name).await.unwrap().level(), Level::Enhanced);

    // After a quarter of a year nobody remembers.
    suite.days(91);
    let later = suite.open(on(ask_of_other(suite), "account 1")).await.unwrap();
    assert!(!observed(&later).contains("TARGET_OF_OTHERS"), "{:?}", observed(&later));
}

async fn a_rush_raises(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    for count in 1..10 {
        let opened = suite.open(ask(suite)).await.unwrap();
        assert!(!observed(&opened).contains("AGENCY_RUSH"), "{count}");
        suite.advance(60);
    }
    let tenth = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&tenth).contains("AGENCY_RUSH"));
    assert_eq!(tenth.required_level(), Level::Enhanced);
    // Another agency has nothing to do with it.
    let other = suite.open(ask_of_other(suite)).await.unwrap();
    assert!(!observed(&other).contains("AGENCY_RUSH"));
    // A month later it is over, and was the norm.
    suite.days(31);
    let later = suite.open(ask(suite)).await.unwrap();
    assert!(!observed(&later).contains("AGENCY_RUSH"));
}

async fn the_hour_only_tells(suite: &Suite) {
    suite.known_agency().await;
    // 07:00 UTC is the small hours from New York to Honolulu.
    suite.advance(16 * 3600);
    let opened = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&opened).contains("OFF_HOURS"));
    assert_eq!(opened.required_level(), Level::Basic);
    assert_eq!(suite.believed(ask(suite)).await.level(), Level::Basic);
}

async fn a_debt_raises_until_it_is_settled(suite: &Suite) {
    let known = suite.known_agency().await;
    let urgent = suite.open(emergency(suite)).await.unwrap();
    suite.vouched(&urgent.name).await;
    let urgent = suite.conclude(&urgent.name).await.unwrap();
    let due = urgent.debt_due_time.unwrap();
    suite.days(13);
    assert_eq!(suite.believed(ask(suite)).await.level(), Level::Basic, "it is not overdue");

    suite.days(1);
    let next = suite.open(ask(suite)).await.unwrap();
    assert!(observed(&next).contains("DEBT_OVERDUE"));
    assert_eq!(next.required_level(), Level::Enhanced);
    suite.record(&next.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(violations(&suite.conclude(&next.name).await.unwrap_err()), ["CALL_BACK_COMPLETED"]);

    // The formal Request comes, late. It is not held up by the debt that it settles, and settles it when it is believed.
    let formal = OpenVerificationRequest { follows_up: urgent.request.clone(), ..ask(suite) };
    let formal = suite.open(formal).await.unwrap();
    assert_eq!(formal.required_level(), Level::Basic);
    suite.record(&formal.name, credentials(Outcome::Positive)).await.unwrap();
    assert_eq!(suite.get(&urgent.name).await.unwrap().debt_due_time, Some(due), "not before it is believed");
    let formal = suite.conclude(&formal.name).await.unwrap();
    assert_eq!(formal.state(), State::Verified);
    assert_eq!(suite.get(&urgent.name).await.unwrap().debt_due_time, None);
    assert!(suite.agency(&known.name, None).await.unwrap().overdue_debts.is_empty());
    suite.advance(60);
    assert_eq!(suite.believed(ask(suite)).await.level(), Level::Basic);

    // What was open meanwhile keeps its level: a requirement never falls.
    let still = suite.get(&next.name).await.unwrap();
    assert_eq!(still.required_level(), Level::Enhanced);

    // When the formal Request is no longer believed, it is owed again.
    let burned = crate::samples::window(suite.now() - TimeDelta::minutes(10), None);
    let subject = rogatory_proto::rogatory::verification::v1::report_compromise_request::Subject::Agency(known.name);
    crate::compromise::reported(suite, subject, burned).await;
    assert_eq!(suite.get(&formal.name).await.unwrap().state(), State::Open);
    assert_eq!(suite.get(&urgent.name).await.unwrap().debt_due_time, Some(due));
}

/// Whoever forged an emergency leaves no debt to the agency in whose name it came.
async fn a_denied_emergency_owes_nothing(suite: &Suite) {
    let known = suite.known_agency().await;
    suite.days(40);
    let urgent = suite.open(emergency(suite)).await.unwrap();
    suite.vouched(&urgent.name).await;
    suite.conclude(&urgent.name).await.unwrap();
    crate::compromise::reported(
        suite,
        crate::compromise::domain_subject(),
        crate::samples::window(suite.now() - TimeDelta::hours(1), Some(suite.now() + TimeDelta::hours(1))),
    )
    .await;
    suite.record(&urgent.name, call_back(suite, NUMBER, Outcome::Negative)).await.unwrap();
    let denied = suite.conclude(&urgent.name).await.unwrap();
    assert_eq!((denied.state(), denied.debt_due_time), (State::Denied, None));
    suite.days(20);
    assert!(suite.agency(&known.name, None).await.unwrap().overdue_debts.is_empty());
    assert!(observed(&suite.open(ask(suite)).await.unwrap()).contains("NO_DEBT"));
}

async fn a_debt_is_settled_by_the_right_paper_only(suite: &Suite) {
    suite.known_agency().await;
    suite.other_agency().await;
    let urgent = suite.open(emergency(suite)).await.unwrap();
    suite.vouched(&urgent.name).await;
    let urgent = suite.conclude(&urgent.name).await.unwrap();
    let due = urgent.debt_due_time;
    assert_eq!(due, Some(stamp(suite.now() + TimeDelta::days(14))));
    let follows = |ask: OpenVerificationRequest| OpenVerificationRequest { follows_up: urgent.request.clone(), ..ask };

    // Another agency's, an informal letter, and one that is not believed.
    let of_other = suite.open(follows(ask_of_other(suite))).await.unwrap();
    suite.record(&of_other.name, call_back(suite, "+12025550177", Outcome::Positive)).await.unwrap();
    suite.conclude(&of_other.name).await.unwrap();
    let informal = OpenVerificationRequest { instrument_kind: InstrumentKind::Informal.into(), ..follows(ask(suite)) };
    suite.believed(informal).await;
    let refuted = suite.open(follows(ask(suite))).await.unwrap();
    suite.record(&refuted.name, call_back(suite, NUMBER, Outcome::Negative)).await.unwrap();
    assert_eq!(suite.conclude(&refuted.name).await.unwrap().state(), State::Denied);
    assert_eq!(suite.get(&urgent.name).await.unwrap().debt_due_time, due);

    // Once it is overdue, none of these gets around the level by saying that it follows.
    suite.days(15);
    let informal = OpenVerificationRequest { instrument_kind: InstrumentKind::Informal.into(), ..follows(ask(suite)) };
    let opened = suite.open(informal).await.unwrap();
    assert_eq!(opened.required_level(), Level::Enhanced, "{:?}", observed(&opened));

    suite.believed(follows(ask(suite))).await;
    assert_eq!(suite.get(&urgent.name).await.unwrap().debt_due_time, None);
}
