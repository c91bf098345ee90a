//! Approvals, codes, reopening and debts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::{CompromiseId, RequestId};
use rogatory_rulebook::{Digest, InstrumentKind};

use super::{
    challenge::{Answer, ChallengeState},
    debt::DebtOverdue,
    evidence::{Observation, Outcome},
    gather::{Past, gather},
    known::{Channel, KnownAgency, Window},
    reopening::{Compromised, Reopening},
    rules::Level,
    samples::{
        MAILBOX, call_back, codes, credentials, facts, fbi, held, needed, opened, opened_with, past, provenance,
        receive_time, received, rules,
    },
    verification::{Check, Facts, Refusal, Report, State, Verification},
};

fn conclude(verification: &mut Verification, now: DateTime<Utc>) -> Result<(), Refusal> {
    verification.conclude(&rules(), provenance(now), now)
}

fn after(seconds: i64) -> DateTime<Utc> {
    receive_time() + TimeDelta::seconds(seconds)
}

fn call_at(call_time: DateTime<Utc>) -> Report {
    let check = Check::CallBack {
        number: super::samples::NUMBER.to_owned(),
        person_reached: "the duty desk".to_owned(),
        call_time,
    };
    Report { check, outcome: Outcome::Positive, note: None }
}

fn believed(facts: Facts, agency: &KnownAgency) -> Verification {
    let (rules, now) = (rules(), receive_time());
    let emergency = facts.is_emergency();
    let mut verification = opened(facts, &held(agency), &rules);
    verification.record(&call_back(Outcome::Positive), Some(agency), &rules, "person:v", now).unwrap();
    if emergency {
        verification.approve("person:ada", String::new(), now).unwrap();
        verification.approve("person:bo", String::new(), now).unwrap();
    }
    conclude(&mut verification, now).unwrap();
    verification
}

#[test]
fn two_people_are_two_subjects_and_neither_opened_nor_filed_it() {
    let now = receive_time();
    let mut facts = facts(true);
    facts.submitter = Some("person:Iris".to_owned());
    let mut verification = opened(facts, &held(&fbi()), &rules());
    verification.opener = "person:olga".to_owned();
    let mut approve = |who: &str| verification.approve(who, "why".to_owned(), now);
    for barred in ["person:iris", "person:IRIS", "person: iris", "person:olga", "person:OLGA"] {
        assert_eq!(approve(barred), Err(Refusal::SecondPersonNeeded), "{barred}");
    }
    for nobody in ["person:", "person: ", "system:docket", "peer:intake", "ada", ""] {
        assert_eq!(approve(nobody), Err(Refusal::SecondPersonNeeded), "{nobody}");
    }
    approve("person:Ada").unwrap();
    for again in ["person:Ada", "person:ada", "person:ADA", "person:ada "] {
        assert_eq!(approve(again), Err(Refusal::SecondPersonNeeded), "{again}");
    }
    approve("person:bo").unwrap();
    assert_eq!(verification.approvals().count(), 2);
}

#[test]
fn only_an_open_emergency_is_approved() {
    let now = receive_time();
    let mut verification = opened(facts(false), &held(&fbi()), &rules());
    assert_eq!(verification.approve("person:ada", String::new(), now), Err(Refusal::ApprovalNotNeeded));
    let mut done = believed(facts(true), &fbi());
    assert_eq!(done.approve("person:cy", String::new(), now), Err(Refusal::NotOpen(State::Verified)));
}

#[test]
fn an_approval_is_for_the_agency_that_was_recognised() {
    let (rules, now, one, another) = (rules(), receive_time(), fbi(), fbi());
    let mut verification = opened(facts(true), &held(&one), &rules);
    verification.approve("person:ada", String::new(), now).unwrap();
    let moved = gather(&verification.facts, &held(&another), &past(), &rules, now);
    verification.refresh(&moved, &rules, now).unwrap();
    assert_eq!(verification.approvals().count(), 0);
    verification.approve("person:ada", String::new(), now).unwrap();
    assert_eq!(verification.approvals().count(), 1);
}

/// A verification to whose agency a code was sent.
fn challenged(agency: &KnownAgency) -> Verification {
    let mut verification = opened(facts(false), &held(agency), &rules());
    let sent = verification.send_challenge(Digest::of("one"), Some(agency), &rules(), "person:v", receive_time());
    assert_eq!(sent.unwrap(), agency.mailboxes[0].address);
    verification
}

#[test]
fn a_code_counts_once_and_only_from_a_mailbox_outside_of_the_senders_domain() {
    let (agency, rules) = (fbi(), rules());
    let mut verification = challenged(&agency);
    assert_eq!(verification.waiting_challenge().unwrap().code, Digest::of("one"));
    assert_eq!(verification.answer_challenge(true, &rules, "person:v", after(60)), Ok(Answer::Right));
    assert!(verification.waiting_challenge().is_none());
    let replayed = verification.answer_challenge(true, &rules, "person:v", after(61));
    assert_eq!(replayed, Err(Refusal::NoChallenge));
    conclude(&mut verification, after(62)).unwrap();
    assert_eq!(verification.level, Level::Basic);

    let mut own = agency;
    own.mailboxes[0].address = "records@la.fbi.gov".to_owned();
    let mut verification = challenged(&own);
    assert_eq!(verification.answer_challenge(true, &rules, "person:v", after(60)), Ok(Answer::Right));
    assert_eq!(verification.evidence.last().unwrap().observation, Observation::ChallengeSameDomain);
    assert_eq!(needed(conclude(&mut verification, after(62))), ["OFFICER_CONFIRMED"]);
}

#[test]
fn a_code_expires_and_is_spent_by_wrong_answers() {
    let (agency, rules) = (fbi(), rules());
    let mut verification = challenged(&agency);
    let before = verification.clone();
    for late in [after(3600), after(86_400), after(-1)] {
        let refused = verification.answer_challenge(true, &rules, "person:v", late);
        assert_eq!(refused, Err(Refusal::ChallengeExpired));
    }
    assert_eq!(verification, before, "what is refused changes nothing");
    for expected in [Observation::ChallengeWrong, Observation::ChallengeWrong, Observation::ChallengeFailed] {
        assert_eq!(verification.answer_challenge(false, &rules, "person:v", after(9)), Ok(Answer::Wrong));
        assert_eq!(verification.evidence.last().unwrap().observation, expected);
    }
    assert_eq!(verification.challenges[0].state, ChallengeState::Spent);
    assert_eq!(verification.required_level, Level::Enhanced);
    let spent = verification.answer_challenge(true, &rules, "person:v", after(10));
    assert_eq!(spent, Err(Refusal::NoChallenge));
}

#[test]
fn as_many_codes_are_sent_as_the_rules_allow_and_the_last_one_counts() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let mut verification = challenged(&agency);
    for code in ["two", "three"] {
        verification.send_challenge(Digest::of(code), Some(&agency), &rules, "person:v", now).unwrap();
        assert_eq!(verification.waiting_challenge().unwrap().code, Digest::of(code));
    }
    let refused = verification.send_challenge(Digest::of("four"), Some(&agency), &rules, "person:v", now);
    assert_eq!(refused, Err(Refusal::TooManyChallenges));
    assert_eq!(verification.challenges.iter().filter(|one| one.state == ChallengeState::Waiting).count(), 1);
}

#[test]
fn a_code_goes_to_no_mailbox_that_the_sender_may_hold() {
    let (rules, now) = (rules(), receive_time());
    let refused = |change: &dyn Fn(&mut KnownAgency)| {
        let mut agency = fbi();
        change(&mut agency);
        let mut verification = opened(facts(false), &held(&agency), &rules);
        verification.send_challenge(Digest::of("one"), Some(&agency), &rules, "person:v", now)
    };
    assert!(refused(&|_| {}).is_ok());
    assert_eq!(refused(&|agency| agency.mailboxes.clear()), Err(Refusal::MailboxNotHeld));
    assert_eq!(refused(&|agency| agency.mailboxes[0].record_time = now), Err(Refusal::MailboxNotHeld));
    for own in ["dana.whitcombe@fbi.gov", "Dana.Whitcombe+x@FBI.gov"] {
        assert_eq!(refused(&|agency| agency.mailboxes[0].address = own.to_owned()), Err(Refusal::MailboxNotHeld));
    }
    let burned = |agency: &mut KnownAgency| {
        agency.mailboxes = vec![Channel { address: "desk@fbi.gov".to_owned(), ..agency.mailboxes[0].clone() }];
        agency.domains[0].compromised = vec![Window { from: Some(now - TimeDelta::days(9)), until: None }];
    };
    assert_eq!(refused(&burned), Err(Refusal::MailboxNotHeld));
    let mut verification = opened(facts(false), &held(&fbi()), &rules);
    let other = verification.send_challenge(Digest::of("one"), Some(&fbi()), &rules, "person:v", now);
    assert_eq!(other, Err(Refusal::MailboxNotHeld), "of another agency");
}

fn burned(agency: &KnownAgency, mail_domain: Option<&str>, from: DateTime<Utc>) -> Compromised {
    Compromised {
        id: CompromiseId::new(),
        agency: agency.id,
        mail_domain: mail_domain.map(str::to_owned),
        window: Window { from: Some(from), until: None },
    }
}

#[test]
fn a_compromise_takes_back_what_was_believed() {
    let (rules, agency) = (rules(), fbi());
    let mut verification = believed(facts(true), &agency);
    let since = receive_time() - TimeDelta::days(10);
    let (report, now) = (burned(&agency, Some("fbi.gov"), since), after(1000));
    assert_eq!(verification.reopen(&report, &rules, now), Ok(Reopening::WasVerified));
    assert_eq!((verification.state, verification.level), (State::Open, Level::Unverified));
    assert_eq!((verification.reopen_time, verification.conclude_time), (Some(now), None));
    assert_eq!((verification.expire_time, verification.approvals().count()), (None, 0));
    assert_eq!(verification.evidence.last().unwrap().observation, Observation::SenderCompromised);
    assert!(verification.debt_due_time().is_some(), "what was given away is still owed for");
    assert_eq!(needed(conclude(&mut verification, now)), ["CALL_BACK_COMPLETED", "TWO_APPROVALS"]);
    let again = verification.clone();
    assert_eq!(verification.reopen(&report, &rules, after(2000)), Ok(Reopening::Unchanged));
    assert_eq!(verification, again, "a sweep that comes by again changes nothing");

    // A call from before the reopening is told too late; one after it counts.
    let late = verification.record(&call_at(after(999)), Some(&agency), &rules, "person:v", after(2000));
    assert_eq!(late, Err(Refusal::CallTimeImpossible));
    verification.record(&call_at(after(1500)), Some(&agency), &rules, "person:v", after(2000)).unwrap();
    verification.approve("person:ada", String::new(), after(2000)).unwrap();
    verification.approve("person:bo", String::new(), after(2000)).unwrap();
    conclude(&mut verification, after(2000)).unwrap();
    assert_eq!((verification.state, verification.level), (State::Verified, Level::Enhanced));
}

#[test]
fn a_number_that_the_registry_learned_while_others_had_the_mailbox_is_no_channel() {
    let (rules, mut agency) = (rules(), fbi());
    agency.phones[0].record_time = receive_time() - TimeDelta::days(5);
    let mut verification = believed(facts(false), &agency);
    let since = receive_time() - TimeDelta::days(10);
    verification.reopen(&burned(&agency, Some("fbi.gov"), since), &rules, after(10)).unwrap();
    let refused = verification.record(&call_at(after(20)), Some(&agency), &rules, "person:v", after(20));
    assert_eq!(refused, Err(Refusal::NumberNotHeld));
}

#[test]
fn a_compromise_concerns_whoever_leaned_on_it_in_the_window() {
    let (rules, agency, other) = (rules(), fbi(), fbi());
    let reopened = |compromised: &Compromised| {
        let mut verification = believed(facts(false), &agency);
        verification.reopen(compromised, &rules, after(5000)).unwrap() == Reopening::WasVerified
    };
    assert!(reopened(&burned(&agency, None, receive_time())));
    assert!(!reopened(&burned(&other, None, receive_time())));
    assert!(!reopened(&burned(&agency, Some("justice.gov"), receive_time())));
    assert!(!reopened(&burned(&agency, Some("i.gov"), receive_time())));
    assert!(!reopened(&burned(&agency, None, after(1))), "it was concluded before");
    let mut over = burned(&agency, None, receive_time() - TimeDelta::days(9));
    over.window.until = Some(receive_time());
    assert!(!reopened(&over), "it was over before");
}

#[test]
fn what_is_denied_stays_denied_and_what_is_open_starts_again() {
    let (rules, agency, now) = (rules(), fbi(), receive_time());
    let report = burned(&agency, None, now);
    let mut denied = opened(facts(false), &held(&agency), &rules);
    denied.record(&call_back(Outcome::Negative), Some(&agency), &rules, "person:v", now).unwrap();
    let mut open = denied.clone();
    conclude(&mut denied, now).unwrap();
    let before = denied.clone();
    assert_eq!(denied.reopen(&report, &rules, after(1)), Err(Refusal::NotOpen(State::Denied)));
    assert_eq!(denied, before);

    open.record(&credentials(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    assert_eq!(open.reopen(&report, &rules, after(1)), Ok(Reopening::WasOpen));
    // What spoke for the requester is void; what spoke against it is not.
    conclude(&mut open, after(2)).unwrap();
    assert_eq!(open.state, State::Denied);
    assert!(codes(&open.findings).contains(&"CALL_BACK_REFUTED"));
    assert!(!codes(&open.findings).contains(&"CREDENTIALS_CONFIRMED"));
}

#[test]
fn a_code_that_was_sent_before_a_reopening_is_void() {
    let (rules, agency) = (rules(), fbi());
    let mut verification = challenged(&agency);
    verification.reopen(&burned(&agency, Some("fbi.gov"), receive_time()), &rules, after(1)).unwrap();
    let refused = verification.answer_challenge(true, &rules, "person:v", after(2));
    assert_eq!(refused, Err(Refusal::NoChallenge));
    assert_eq!(verification.challenges[0].mailbox, MAILBOX);
}

#[test]
fn an_emergency_owes_the_formal_request_until_it_is_believed() {
    let (agency, other) = (fbi(), fbi());
    let mut emergency = believed(facts(true), &agency);
    let due = emergency.debt_due_time().unwrap();
    assert_eq!(due, receive_time() + TimeDelta::days(14));
    let formal = |change: &dyn Fn(&mut Facts), agency: &KnownAgency| {
        let mut facts = facts(false);
        facts.follows_up = Some(emergency.facts.request);
        change(&mut facts);
        believed(facts, agency)
    };
    let of_another = formal(&|_| {}, &other);
    let of_nothing = formal(&|facts| facts.follows_up = None, &agency);
    let of_another_emergency = formal(&|facts| facts.follows_up = Some(RequestId::new()), &agency);
    let informal = formal(&|facts| facts.instrument = InstrumentKind::Informal, &agency);
    let again = formal(&|facts| facts.instrument = InstrumentKind::EmergencyForm, &agency);
    let right = formal(&|_| {}, &agency);
    let mut open = right.clone();
    open.state = State::Open;
    for wrong in [of_another, of_nothing, of_another_emergency, informal, again, open] {
        assert!(!emergency.settle_debt(&wrong, after(9)), "{:?}", wrong.facts);
        assert_eq!(emergency.debt_due_time(), Some(due));
    }
    assert!(emergency.settle_debt(&right, after(9)));
    assert!(!emergency.settle_debt(&right, after(9)), "once");
    assert_eq!(emergency.debt_due_time(), None);
    assert!(!emergency.revive_debt(RequestId::new()));
    assert!(emergency.revive_debt(right.facts.request), "the follow-up was forged");
    assert_eq!(emergency.debt_due_time(), Some(due));
}

#[test]
fn an_overdue_debt_raises_what_the_next_request_needs() {
    let (agency, rules, now) = (fbi(), rules(), receive_time());
    let debts = vec![DebtOverdue { request: RequestId::new(), due_time: now - TimeDelta::days(1) }];
    let owing = Past { debts, ..past() };
    let mut verification = opened_with(facts(false), &held(&agency), &owing, &received(), &rules);
    assert_eq!(verification.required_level, Level::Enhanced);
    verification.record(&credentials(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    assert_eq!(needed(conclude(&mut verification, now)), ["CALL_BACK_COMPLETED"]);
    verification.record(&call_back(Outcome::Positive), Some(&agency), &rules, "person:v", now).unwrap();
    conclude(&mut verification, now).unwrap();
    assert!(codes(&verification.findings).contains(&"DEBT_OVERDUE"));
}
