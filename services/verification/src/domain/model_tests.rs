//! Random sequences of everything that can happen to a verification, against a model that says the rules once more and
//! as simply as they can be said.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{collection::vec, prelude::*, sample::select};
use rogatory_names::{CompromiseId, RequestId};
use rogatory_rulebook::Digest;

use super::{
    debt::DebtOverdue,
    evidence::Outcome,
    gather::{Held, gather},
    known::{KnownAgency, Window},
    reopening::{Compromised, Reopening},
    rules::Level,
    samples::{NUMBER, agency, credentials, facts, held, opened, past, provenance, receive_time, rules},
    verification::{Check, Refusal, Report, State},
};

/// What the registry may say of the agency.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Registry {
    Gone,
    Known,
    Ended,
    Accredited,
    /// An accredited agency of the same name with another id.
    Another,
}

/// Which of the two entries of the registry.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Entry {
    One,
    Another,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Held,
    OfTheRequest,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Called {
    BeforeReceipt,
    AtReceipt,
    Now,
    Tomorrow,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unusual {
    Nothing,
    Rush,
    Debt,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Registry(Registry),
    Past(Unusual),
    Credentials(Outcome),
    CallBack(Outcome, Number, Called),
    Approve(&'static str),
    Send,
    Answer(bool),
    Wait(i64),
    Reopen(Entry, bool),
    SweepAgain,
    Conclude,
}

/// Who may try to approve, and which person that is; none who may not.
const APPROVERS: [(&str, Option<u8>); 9] = [
    ("person:ada", Some(1)),
    ("person:ADA", Some(1)),
    ("person:Ada ", Some(1)),
    ("person:bo", Some(2)),
    ("person:cy", Some(3)),
    // Who filed it, and who opened it.
    ("person:iris", None),
    ("person:OLGA", None),
    ("peer:intake", None),
    ("system:docket", None),
];

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![6 => Just(Outcome::Positive), 1 => Just(Outcome::Negative), 2 => Just(Outcome::Inconclusive)]
}

fn step() -> impl Strategy<Value = Step> {
    let registry = prop_oneof![
        1 => Just(Registry::Gone),
        1 => Just(Registry::Ended),
        2 => Just(Registry::Known),
        6 => Just(Registry::Accredited),
        2 => Just(Registry::Another)
    ];
    let number = prop_oneof![5 => Just(Number::Held), 1 => Just(Number::OfTheRequest)];
    let called = prop_oneof![
        1 => Just(Called::BeforeReceipt),
        2 => Just(Called::AtReceipt),
        6 => Just(Called::Now),
        1 => Just(Called::Tomorrow)
    ];
    let unusual = select(&[Unusual::Nothing, Unusual::Rush, Unusual::Debt]);
    prop_oneof![
        3 => registry.prop_map(Step::Registry),
        1 => unusual.prop_map(Step::Past),
        2 => outcome().prop_map(Step::Credentials),
        4 => (outcome(), number, called).prop_map(|(outcome, number, called)| Step::CallBack(outcome, number, called)),
        5 => select(&APPROVERS).prop_map(|(approver, _)| Step::Approve(approver)),
        2 => Just(Step::Send),
        3 => any::<bool>().prop_map(Step::Answer),
        2 => select(&[1_i64, 59, 61, 60 * 24 * 29, 60 * 24 * 31]).prop_map(Step::Wait),
        1 => (select(&[Entry::One, Entry::Another]), any::<bool>()).prop_map(|(entry, old)| Step::Reopen(entry, old)),
        1 => Just(Step::SweepAgain),
        4 => Just(Step::Conclude),
    ]
}

/// The rules, said once more.
#[derive(Debug, Clone)]
struct Model {
    emergency: bool,
    now: DateTime<Utc>,
    state: State,
    level: Level,
    enhanced: bool,
    registry: Registry,
    refuted: bool,
    /// What was confirmed of whom since the last reopening, by which registry entry.
    credentials: Vec<Entry>,
    call_backs: Vec<Entry>,
    codes: Vec<Entry>,
    approvals: Vec<(u8, Option<Entry>)>,
    sent: u8,
    waiting: Option<(Entry, DateTime<Utc>, u8)>,
    leaned: Vec<Entry>,
    reopened: Option<DateTime<Utc>>,
    channels_lost: bool,
    until: Option<DateTime<Utc>>,
    owes: bool,
}

impl Model {
    fn entry(&self) -> Option<Entry> {
        match self.registry {
            Registry::Gone => None,
            Registry::Known | Registry::Ended | Registry::Accredited => Some(Entry::One),
            Registry::Another => Some(Entry::Another),
        }
    }

    /// Whether the step is taken; what is not taken changes nothing.
    fn take(&mut self, step: Step) -> bool {
        if let Step::Wait(minutes) = step {
            self.now += TimeDelta::minutes(minutes);
            return true;
        }
        if let Step::Reopen(entry, old) = step {
            return self.reopen(entry, old);
        }
        if matches!(step, Step::SweepAgain) {
            return false;
        }
        if self.state != State::Open {
            return false;
        }
        let entry = self.entry();
        match step {
            Step::Registry(registry) => {
                self.registry = registry;
                self.leaned.extend(self.entry());
            }
            Step::Past(unusual) => self.enhanced |= unusual != Unusual::Nothing,
            Step::Credentials(Outcome::Positive) => self.credentials.extend(entry),
            Step::Credentials(outcome) => self.refuted |= outcome == Outcome::Negative,
            Step::CallBack(outcome, number, called) => {
                let early = match called {
                    Called::BeforeReceipt | Called::Tomorrow => true,
                    Called::AtReceipt => self.reopened.is_some_and(|time| time > receive_time()),
                    Called::Now => false,
                };
                if number != Number::Held || entry.is_none() || early || self.channels_lost {
                    return false;
                }
                match outcome {
                    Outcome::Positive => self.call_backs.extend(entry),
                    Outcome::Negative => self.refuted = true,
                    Outcome::Inconclusive => {}
                }
            }
            Step::Approve(approver) => {
                let person = APPROVERS.iter().find(|(known, _)| *known == approver).unwrap().1;
                let Some(person) =
                    person.filter(|person| self.emergency && !self.approvals.contains(&(*person, entry)))
                else {
                    return false;
                };
                self.approvals.push((person, entry));
            }
            Step::Send => {
                let Some(entry) = entry.filter(|_| self.sent < 3 && !self.channels_lost) else { return false };
                self.sent += 1;
                self.waiting = Some((entry, self.now, 0));
            }
            Step::Answer(right) => return self.answer(right),
            Step::Conclude => return self.conclude(),
            Step::Wait(_) | Step::Reopen(..) | Step::SweepAgain => {}
        }
        true
    }

    fn answer(&mut self, right: bool) -> bool {
        let Some((entry, sent, wrong)) = self.waiting else { return false };
        if self.now >= sent + TimeDelta::minutes(60) {
            return false;
        }
        self.waiting = match (right, wrong) {
            (true, _) => {
                self.codes.push(entry);
                None
            }
            (false, 2) => {
                self.enhanced = true;
                None
            }
            (false, _) => Some((entry, sent, wrong + 1)),
        };
        true
    }

    fn reopen(&mut self, entry: Entry, old: bool) -> bool {
        if self.state == State::Denied || !self.leaned.contains(&entry) {
            return false;
        }
        self.state = State::Open;
        self.level = Level::Unverified;
        self.enhanced = true;
        self.until = None;
        self.credentials.clear();
        self.call_backs.clear();
        self.codes.clear();
        self.approvals.clear();
        self.sent = 0;
        self.waiting = None;
        self.reopened = Some(self.now);
        self.channels_lost |= old;
        true
    }

    fn conclude(&mut self) -> bool {
        if self.refuted || matches!(self.registry, Registry::Gone | Registry::Ended) {
            self.state = State::Denied;
            self.owes = false;
            return true;
        }
        let Some(entry) = self.entry().filter(|_| self.registry != Registry::Known) else { return false };
        let called = self.call_backs.contains(&entry);
        let confirmed = called || self.credentials.contains(&entry) || self.codes.contains(&entry);
        let approved = self.approvals.iter().filter(|(_, of)| *of == Some(entry)).count() >= 2;
        let enough = match self.emergency {
            true => called && approved,
            false => confirmed && (called || !self.enhanced),
        };
        if enough {
            self.level = if called { Level::Enhanced } else { Level::Basic };
            self.state = State::Verified;
            self.until = Some(self.now + TimeDelta::days(30));
            self.owes |= self.emergency;
        }
        enough
    }
}

fn registry(entry: Registry, one: &KnownAgency, another: &KnownAgency) -> (Held, Option<KnownAgency>) {
    let with = |accreditation| {
        let agency = KnownAgency { accreditation, ..one.clone() };
        (held(&agency), Some(agency))
    };
    match entry {
        Registry::Gone => (Held::default(), None),
        Registry::Known => with(None),
        Registry::Ended => with(Some(Window { from: None, until: Some(receive_time()) })),
        Registry::Accredited => (held(one), Some(one.clone())),
        Registry::Another => (held(another), Some(another.clone())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn no_sequence_comes_out_otherwise_than_the_rules_say(steps in vec(step(), 1..40), emergency: bool) {
        let rules = rules();
        let name = "Federal Bureau of Investigation";
        let (one, another) = (agency(name, "fbi.gov"), agency(name, "fbi.gov"));
        let (mut held, mut current) = registry(Registry::Accredited, &one, &another);
        let mut past = past();
        // No sender: what the mail domain says is another test's subject.
        let mut facts = facts(emergency);
        facts.officer.email = None;
        let mut verification = opened(facts.clone(), &held, &rules);
        verification.opener = "person:olga".to_owned();
        let mut now = receive_time();
        let mut model = Model {
            emergency,
            now,
            state: State::Open,
            level: Level::Unverified,
            enhanced: emergency,
            registry: Registry::Accredited,
            refuted: false,
            credentials: Vec::new(),
            call_backs: Vec::new(),
            codes: Vec::new(),
            approvals: Vec::new(),
            sent: 0,
            waiting: None,
            leaned: vec![Entry::One],
            reopened: None,
            channels_lost: false,
            until: None,
            owes: false,
        };
        let mut last_sweep = None;
        for step in steps {
            let before = verification.clone();
            let done: Result<(), Option<Refusal>> = match step {
                Step::Registry(entry) => {
                    let (next, agency) = registry(entry, &one, &another);
                    let done = verification.refresh(&gather(&facts, &next, &past, &rules, now), &rules, now);
                    if done.is_ok() {
                        (held, current) = (next, agency);
                    }
                    done.map_err(Some)
                }
                Step::Past(unusual) => {
                    past.signals.recent = if unusual == Unusual::Rush { 99 } else { 1 };
                    past.debts = match unusual {
                        Unusual::Debt => vec![DebtOverdue { request: RequestId::new(), due_time: now }],
                        Unusual::Nothing | Unusual::Rush => Vec::new(),
                    };
                    let gathered = gather(&facts, &held, &past, &rules, now);
                    verification.refresh(&gathered, &rules, now).map_err(Some)
                }
                Step::Credentials(outcome) => {
                    let report = credentials(outcome);
                    verification.record(&report, current.as_ref(), &rules, "person:v", now).map(|_| ()).map_err(Some)
                }
                Step::CallBack(outcome, number, called) => {
                    let check = Check::CallBack {
                        number: match number {
                            Number::Held => NUMBER.to_owned(),
                            Number::OfTheRequest => facts.officer.phone.clone().unwrap(),
                        },
                        person_reached: "the duty desk".to_owned(),
                        call_time: match called {
                            Called::BeforeReceipt => receive_time() - TimeDelta::seconds(1),
                            Called::AtReceipt => receive_time(),
                            Called::Now => now,
                            Called::Tomorrow => now + TimeDelta::days(1),
                        },
                    };
                    let report = Report { check, outcome, note: None };
                    verification.record(&report, current.as_ref(), &rules, "person:v", now).map(|_| ()).map_err(Some)
                }
                Step::Approve(approver) => verification.approve(approver, String::new(), now).map_err(Some),
                Step::Send => {
                    let sent =
                        verification.send_challenge(Digest::of("code"), current.as_ref(), &rules, "person:v", now);
                    sent.map(|_| ()).map_err(Some)
                }
                Step::Answer(right) => {
                    verification.answer_challenge(right, &rules, "person:v", now).map(|_| ()).map_err(Some)
                }
                Step::Wait(minutes) => {
                    now += TimeDelta::minutes(minutes);
                    Ok(())
                }
                Step::Reopen(entry, old) => {
                    let agency = match entry {
                        Entry::One => one.id,
                        Entry::Another => another.id,
                    };
                    let from = receive_time() - TimeDelta::days(if old { 500 } else { 10 });
                    let window = Window { from: Some(from), until: None };
                    let compromised = Compromised { id: CompromiseId::new(), agency, mail_domain: None, window };
                    let reopened = verification.reopen(&compromised, &rules, now);
                    last_sweep = Some(compromised);
                    match reopened {
                        Ok(Reopening::WasVerified | Reopening::WasOpen) => Ok(()),
                        Ok(Reopening::Unchanged) => Err(None),
                        Err(refusal) => Err(Some(refusal)),
                    }
                }
                // The same report once more, as a sweep does that starts again. One that did not concern it then may now.
                Step::SweepAgain => match &last_sweep {
                    Some(compromised) if verification.compromises.contains(&compromised.id) => {
                        match verification.reopen(compromised, &rules, now) {
                            Ok(Reopening::Unchanged) => Err(None),
                            Ok(_) => Ok(()),
                            Err(refusal) => Err(Some(refusal)),
                        }
                    }
                    _ => Err(None),
                },
                Step::Conclude => verification.conclude(&rules, provenance(now), now).map_err(Some),
            };
            prop_assert_eq!(done.is_ok(), model.take(step), "{:?} {:?} {:?}", step, done, model);
            prop_assert_eq!((verification.state, verification.level), (model.state, model.level));
            prop_assert_eq!(verification.required_level == Level::Enhanced, model.enhanced);
            prop_assert_eq!(verification.expire_time, model.until);
            prop_assert_eq!(verification.may_be_relied_on(now), model.until.is_some_and(|until| now < until));
            prop_assert_eq!(verification.debt_due_time().is_some(), model.owes);
            prop_assert!(verification.evidence.starts_with(&before.evidence), "evidence was changed or removed");
            match done {
                Ok(()) => {}
                Err(refused) => {
                    prop_assert_eq!(&verification, &before, "what is refused changes nothing");
                    if let Some(Refusal::Needs(needs)) = refused {
                        prop_assert!(!needs.is_empty());
                    }
                }
            }
        }
    }
}
