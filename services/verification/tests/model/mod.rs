//! Random sequences of calls against a model that says the rules once more and as simply as they can be said: nothing
//! is believed that the rules do not allow, whoever calls, in which order and how often.

mod known;
mod steps;

use std::collections::BTreeSet;

use rogatory_proto::rogatory::verification::v1::{
    OpenVerificationRequest,
    verification::{Level, State},
};

use self::{
    known::{Call, Known},
    steps::{Random, Step},
};
use crate::harness::{Suite, on_both_engines};

on_both_engines! { no_sequence_of_calls_gets_around_the_rules }

/// How many sequences, and how long each is. For a longer run: `ROGATORY_MODEL_SEQUENCES=200`.
const SEQUENCES: u64 = 6;
const STEPS: usize = 80;

async fn no_sequence_of_calls_gets_around_the_rules(suite: &Suite) {
    let sequences = std::env::var("ROGATORY_MODEL_SEQUENCES").map_or(SEQUENCES, |text| text.parse().unwrap());
    let mut world = World::new(suite).await;
    for seed in 1..=sequences {
        let mut random = Random::new(seed);
        world.begin().await;
        for place in 0..STEPS {
            let step = Step::random(&mut random);
            world.now = format!("seed {seed}, step {place}: {step:?}");
            world.take(step, &mut random).await;
        }
    }
    // The sequences came far enough to mean something.
    for end in [
        (true, State::Verified, Level::Enhanced),
        (false, State::Verified, Level::Enhanced),
        (false, State::Verified, Level::Basic),
        (true, State::Denied, Level::Unverified),
        (false, State::Denied, Level::Unverified),
    ] {
        assert!(world.seen.contains(&end), "{end:?} was never reached: {:?}", world.seen);
    }
}

/// The service, and what the model knows of it.
struct World<'a> {
    suite: &'a Suite,
    agency: rogatory_proto::rogatory::verification::v1::Agency,
    accredited: bool,
    known: Vec<Known>,
    calls: Vec<Call>,
    seen: BTreeSet<(bool, State, Level)>,
    /// What happens now, for whoever reads a failure.
    now: String,
}

impl<'a> World<'a> {
    async fn new(suite: &'a Suite) -> Self {
        let agency = suite.known_agency().await;
        // Long before any request.
        suite.days(100);
        let now = String::new();
        Self { suite, agency, accredited: true, known: Vec::new(), calls: Vec::new(), seen: BTreeSet::new(), now }
    }

    /// Two requests to begin with, after so long that nothing of before is in sight.
    async fn begin(&mut self) {
        self.suite.days(250);
        self.known.clear();
        self.calls.clear();
        if !self.accredited {
            self.accredit(true).await;
        }
        for emergency in [false, true] {
            self.open(emergency, false).await;
        }
    }

    async fn open(&mut self, emergency: bool, by_person: bool) {
        let ask = if emergency { crate::samples::emergency(self.suite) } else { crate::samples::ask(self.suite) };
        let ask = OpenVerificationRequest { submitter: "person:iris".to_owned(), ..ask };
        let mut client = match by_person {
            true => self.suite.verifications(rogatory_chassis::Role::Verifier),
            false => self.suite.intake(),
        };
        let opened = client.open_verification(ask.clone()).await.unwrap().into_inner();
        assert_eq!((opened.state(), opened.level()), (State::Open, Level::Unverified), "{}", self.now);
        self.known.push(Known::new(opened.clone(), emergency, by_person, self.suite.now()));
        self.calls.push(Call::Open { ask: Box::new(ask), by_person, answer: opened });
    }
}
