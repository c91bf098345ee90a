//! Random sequences of everything that can happen to a verification, against a model that says the rules once more and
//! as simply as they can be said.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::{collection::vec, prelude::*};

use super::{
    agency::Agency,
    evidence::{Check, Outcome},
    gather::{Held, gather},
    rules::Level,
    samples::{agency, facts, held, opened, receive_time, report, rules},
    verification::{Refusal, State},
};

/// What the registry may say of the agency.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Registry {
    Gone,
    Known,
    Accredited,
    /// An accredited agency of the same name with another id.
    Another,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Registry(Registry),
    Credentials(Outcome),
    CallBack(Outcome, Number),
    Conclude,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Held,
    OfTheRequest,
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![4 => Just(Outcome::Positive), 1 => Just(Outcome::Negative), 2 => Just(Outcome::Inconclusive)]
}

fn step() -> impl Strategy<Value = Step> {
    let registry = prop_oneof![
        1 => Just(Registry::Gone),
        2 => Just(Registry::Known),
        4 => Just(Registry::Accredited),
        1 => Just(Registry::Another)
    ];
    let number = prop_oneof![3 => Just(Number::Held), 1 => Just(Number::OfTheRequest)];
    prop_oneof![
        registry.prop_map(Step::Registry),
        outcome().prop_map(Step::Credentials),
        (outcome(), number).prop_map(|(outcome, number)| Step::CallBack(outcome, number)),
        Just(Step::Conclude),
    ]
}

/// The rules, said once more.
#[derive(Debug, Clone)]
struct Model {
    emergency: bool,
    state: State,
    level: Level,
    registry: Registry,
    denied: bool,
    /// What was confirmed of whom, by which registry entry.
    credentials: Vec<Registry>,
    call_backs: Vec<Registry>,
}

impl Model {
    fn entry(&self) -> Option<Registry> {
        match self.registry {
            Registry::Gone => None,
            Registry::Known | Registry::Accredited => Some(Registry::Accredited),
            Registry::Another => Some(Registry::Another),
        }
    }

    fn take(&mut self, step: Step) -> bool {
        if self.state != State::Open {
            return false;
        }
        match step {
            Step::Registry(registry) => self.registry = registry,
            Step::CallBack(_, number) if number != Number::Held || self.entry().is_none() => return false,
            Step::Credentials(Outcome::Negative) | Step::CallBack(Outcome::Negative, _) => self.denied = true,
            Step::Credentials(Outcome::Positive) => self.credentials.extend(self.entry()),
            Step::CallBack(Outcome::Positive, _) => self.call_backs.extend(self.entry()),
            Step::Credentials(Outcome::Inconclusive) | Step::CallBack(Outcome::Inconclusive, _) => {}
            Step::Conclude => return self.conclude(),
        }
        true
    }

    fn conclude(&mut self) -> bool {
        if self.denied || self.registry == Registry::Gone {
            self.state = State::Denied;
            return true;
        }
        let Some(entry) = self.entry().filter(|_| self.registry != Registry::Known) else { return false };
        let (credentials, called) = (self.credentials.contains(&entry), self.call_backs.contains(&entry));
        self.level = match (called, credentials && !self.emergency) {
            (true, _) => Level::Enhanced,
            (false, true) => Level::Basic,
            (false, false) => return false,
        };
        self.state = State::Verified;
        true
    }
}

fn registry(entry: Registry, one: &Agency, another: &Agency) -> (Held, Option<Agency>) {
    let mut known = one.clone();
    known.entry.accredited = false;
    match entry {
        Registry::Gone => (Held::default(), None),
        Registry::Known => (held(&known), Some(known)),
        Registry::Accredited => (held(one), Some(one.clone())),
        Registry::Another => (held(another), Some(another.clone())),
    }
}

proptest! {
    #[test]
    fn no_sequence_comes_out_otherwise_than_the_rules_say(steps in vec(step(), 1..20), emergency: bool) {
        let rules = rules();
        let name = "Federal Bureau of Investigation";
        let (one, another) = (agency(name, "fbi.gov"), agency(name, "fbi.gov"));
        let (held, mut current) = registry(Registry::Accredited, &one, &another);
        // No sender: what the mail domain says is another test's subject.
        let mut facts = facts(emergency);
        facts.officer.email = None;
        let mut verification = opened(facts.clone(), &held, &rules);
        let mut model = Model {
            emergency,
            state: State::Open,
            level: Level::Unverified,
            registry: Registry::Accredited,
            denied: false,
            credentials: Vec::new(),
            call_backs: Vec::new(),
        };
        let now = receive_time();
        for step in steps {
            let before = verification.evidence.clone();
            let done = match step {
                Step::Registry(entry) => {
                    let (held, agency) = registry(entry, &one, &another);
                    let done = verification.refresh(&gather(&facts, &held, &rules), &rules, now);
                    if done.is_ok() {
                        current = agency;
                    }
                    done
                }
                Step::Credentials(outcome) => {
                    let report = report(Check::Credentials, outcome);
                    verification.record(&report, current.as_ref(), &rules, "person:v", now).map(|_| ())
                }
                Step::CallBack(outcome, number) => {
                    let mut report = report(Check::CallBack, outcome);
                    if number == Number::OfTheRequest {
                        report.source = facts.officer.phone.clone().unwrap();
                    }
                    verification.record(&report, current.as_ref(), &rules, "person:v", now).map(|_| ())
                }
                Step::Conclude => verification.conclude(&rules, "test", now),
            };
            prop_assert_eq!(done.is_ok(), model.take(step), "{:?} {:?} {:?}", step, done, model);
            prop_assert_eq!((verification.state, verification.level), (model.state, model.level));
            prop_assert!(verification.evidence.starts_with(&before), "evidence was changed or removed");
            prop_assert_eq!(verification.state == State::Verified, verification.expire_time.is_some());
            if let Err(Refusal::Needs(needs)) = done {
                prop_assert!(!needs.is_empty());
            }
        }
    }
}
