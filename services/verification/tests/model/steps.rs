//! What may happen, and what must come of it.

use chrono::TimeDelta;
use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    Agency, AnswerChallengeRequest, ConcludeVerificationRequest, Evidence, RecordEvidenceRequest, SendChallengeRequest,
    Verification, evidence::Result as Outcome, report_compromise_request::Subject, verification::State,
};
use tonic::{Response, Status};

use super::{
    World,
    known::{Call, Sent},
};
use crate::{
    compromise::reported,
    harness::{id, stamp},
    samples::{DOMAIN, NUMBER, accredited, approval, call_back, credentials, window},
};

/// Numbers that look random and come again (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn outcome(&mut self) -> Outcome {
        match self.below(20) {
            0 => Outcome::Negative,
            1..5 => Outcome::Inconclusive,
            _ => Outcome::Positive,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Held,
    OfTheRequest,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Called {
    Now,
    BeforeTheReceipt,
    BeforeTheReopening,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Open { emergency: bool, by_person: bool },
    Credentials(Outcome),
    CallBack(Outcome, Number, Called),
    Approve { who: &'static str, role: Role, stale: bool },
    Send,
    Answer { right: bool },
    Conclude { stale: bool },
    Wait(u64),
    Compromise { minutes: i64 },
    Accredit(bool),
    Replay,
}

impl Step {
    pub(super) fn random(random: &mut Random) -> Self {
        match random.below(40) {
            0..2 => Self::Open { emergency: random.one_in(2), by_person: random.one_in(2) },
            2..6 => Self::Credentials(random.outcome()),
            6..13 => {
                let number = random.of(&[Number::Held, Number::Held, Number::Held, Number::OfTheRequest]);
                let called = random.of(&[
                    Called::Now,
                    Called::Now,
                    Called::Now,
                    Called::BeforeTheReceipt,
                    Called::BeforeTheReopening,
                ]);
                Self::CallBack(random.outcome(), number, called)
            }
            13..21 => Self::Approve {
                who: random.of(&["ada", "ADA", "bo", "bo", "carl", "carl", "vera", "iris", "Iris", "intake"]),
                role: random.of(&[Role::Approver, Role::Counsel]),
                stale: random.one_in(8),
            },
            21..23 => Self::Send,
            23..26 => Self::Answer { right: !random.one_in(3) },
            26..32 => Self::Conclude { stale: random.one_in(6) },
            32..34 => Self::Wait(random.of(&[1, 600, 3599, 3600, 7200])),
            34..35 => Self::Compromise { minutes: random.of(&[1, 30, 600]) },
            35..36 => Self::Accredit(!random.one_in(4)),
            _ => Self::Replay,
        }
    }
}

impl World<'_> {
    pub(super) async fn take(&mut self, step: Step, random: &mut Random) {
        match step {
            Step::Open { emergency, by_person } if self.known.len() < 5 => self.open(emergency, by_person).await,
            Step::Open { .. } => {}
            Step::Wait(seconds) => self.suite.advance(seconds),
            Step::Accredit(is) => self.accredit(is).await,
            Step::Compromise { minutes } => self.compromise(minutes).await,
            Step::Replay => self.replay(random).await,
            other => {
                // What is open, and to be concluded what is ready, is more often the subject than what is not.
                let concludes = matches!(other, Step::Conclude { .. });
                let likely = |one: &super::known::Known| {
                    one.is_open() && (!concludes || one.conclusion(self.accredited).is_some())
                };
                let likely: Vec<usize> = (0..self.known.len()).filter(|one| likely(&self.known[*one])).collect();
                let one = match likely.is_empty() || random.one_in(4) {
                    true => random.below(self.known.len()),
                    false => random.of(&likely),
                };
                self.of_one(other, one).await;
            }
        }
        self.seen.extend(self.known.iter().map(|one| (one.emergency, one.last.state(), one.last.level())));
    }

    async fn of_one(&mut self, step: Step, one: usize) {
        match step {
            Step::Credentials(outcome) => self.record(one, credentials(outcome), true).await,
            Step::CallBack(outcome, number, called) => {
                let known = &self.known[one];
                let number_called = match number {
                    Number::Held => NUMBER,
                    Number::OfTheRequest => "+12025559876",
                };
                let time = match called {
                    Called::Now => self.suite.now(),
                    Called::BeforeTheReceipt => known.received - TimeDelta::seconds(1),
                    Called::BeforeTheReopening => known.reopened.unwrap_or(known.received) - TimeDelta::seconds(1),
                };
                let fine = matches!((number, called), (Number::Held, Called::Now));
                let evidence =
                    Evidence { call_time: Some(stamp(time)), ..call_back(self.suite, number_called, outcome) };
                self.record(one, evidence, fine).await;
            }
            Step::Approve { who, role, stale } => self.approve(one, who, role, stale).await,
            Step::Send => self.send(one).await,
            Step::Answer { right } => self.answer(one, right).await,
            Step::Conclude { stale } => self.conclude(one, stale).await,
            Step::Open { .. } | Step::Wait(_) | Step::Compromise { .. } | Step::Accredit(_) | Step::Replay => {}
        }
    }

    /// Whether it came out as the model says; what was refused changed nothing.
    async fn settle(
        &self,
        one: usize,
        fine: bool,
        told: Result<Response<Verification>, Status>,
    ) -> Option<Verification> {
        let now = &self.now;
        match told {
            Ok(answer) if fine => {
                let answer = answer.into_inner();
                assert_eq!(self.suite.get(&answer.name).await.unwrap(), answer, "{now}");
                Some(answer)
            }
            Err(status) if !fine => {
                let known = &self.known[one];
                assert_ne!(status.code(), tonic::Code::Internal, "{now}: {status:?}");
                assert_eq!(self.suite.get(&known.last.name).await.unwrap(), known.last, "{now}: {status:?}");
                None
            }
            other => panic!("{now}: expected {}: {other:?} of {:?}", if fine { "yes" } else { "no" }, self.known[one]),
        }
    }

    async fn record(&mut self, one: usize, evidence: Evidence, fine: bool) {
        let fine = fine && self.known[one].is_open();
        let ask = RecordEvidenceRequest {
            name: self.known[one].last.name.clone(),
            evidence: Some(evidence.clone()),
            request_id: id(),
        };
        let told = self.suite.verifications(Role::Verifier).record_evidence(ask.clone()).await;
        let Some(answer) = self.settle(one, fine, told).await else { return };
        let known = &mut self.known[one];
        let is_call = evidence.kind() == rogatory_proto::rogatory::verification::v1::evidence::Kind::CallBack;
        match evidence.result() {
            Outcome::Positive if is_call => known.call_back = true,
            Outcome::Positive => known.credentials = true,
            Outcome::Negative => known.denies = true,
            _ => {}
        }
        known.changed(answer.clone(), &self.now);
        self.calls.push(Call::Record { ask, answer });
    }

    async fn approve(&mut self, one: usize, who: &'static str, role: Role, stale: bool) {
        let known = &self.known[one];
        let key = who.to_lowercase();
        let another = key != known.opener && key != "iris" && !known.approvers.contains(&key);
        let fine = known.is_open() && known.emergency && another && !stale;
        let etag = if stale { self.stale(one) } else { known.last.etag.clone() };
        let ask = approval(&known.last.name, &etag);
        let told = self.suite.verifications_of(who, role).approve_verification(ask.clone()).await;
        let Some(answer) = self.settle(one, fine, told).await else { return };
        self.known[one].approvers.insert(key);
        self.known[one].changed(answer.clone(), &self.now);
        self.calls.push(Call::Approve { who, role, ask, answer });
    }

    /// The etag of another verification, or of an earlier state of this one: never the current one of this.
    fn stale(&self, one: usize) -> String {
        let current = &self.known[one].last;
        let of_others = self.calls.iter().map(|call| match call {
            Call::Open { answer, .. }
            | Call::Record { answer, .. }
            | Call::Approve { answer, .. }
            | Call::Send { answer, .. }
            | Call::Answer { answer, .. }
            | Call::Conclude { answer, .. } => answer,
        });
        let mut earlier = of_others.filter(|answer| answer.name == current.name && answer.etag != current.etag);
        earlier.next_back().map_or_else(|| "17".to_owned(), |answer| answer.etag.clone())
    }

    async fn send(&mut self, one: usize) {
        let known = &self.known[one];
        let fine = known.is_open() && known.sent < 3;
        let ask = SendChallengeRequest { name: known.last.name.clone(), request_id: id() };
        let told = self.suite.verifications(Role::Verifier).send_challenge(ask.clone()).await;
        let Some(answer) = self.settle(one, fine, told).await else { return };
        let code = self.suite.next_code().await;
        let known = &mut self.known[one];
        known.sent += 1;
        known.waiting = Some(Sent { code, time: self.suite.now(), wrong: 0 });
        known.changed(answer.clone(), &self.now);
        self.calls.push(Call::Send { ask, answer });
    }

    async fn answer(&mut self, one: usize, right: bool) {
        let known = &self.known[one];
        let fine = known.may_answer(self.suite.now());
        let code = match (&known.waiting, right) {
            (Some(sent), true) => sent.code.clone(),
            _ => "00000000".to_owned(),
        };
        let right = known.waiting.as_ref().is_some_and(|sent| sent.code == code);
        let ask = AnswerChallengeRequest { name: known.last.name.clone(), code, request_id: id() };
        let told = self.suite.verifications(Role::Verifier).answer_challenge(ask.clone()).await;
        let Some(answer) = self.settle(one, fine, told).await else { return };
        let known = &mut self.known[one];
        if right {
            (known.challenge, known.waiting) = (true, None);
        } else if let Some(sent) = &mut known.waiting {
            sent.wrong += 1;
            if sent.wrong == 3 {
                (known.raised, known.waiting) = (true, None);
            }
        }
        known.changed(answer.clone(), &self.now);
        self.calls.push(Call::Answer { ask, answer });
    }

    async fn conclude(&mut self, one: usize, stale: bool) {
        let known = &self.known[one];
        let expected = known.conclusion(self.accredited);
        let fine = known.is_open() && !stale && expected.is_some();
        let etag = if stale { self.stale(one) } else { known.last.etag.clone() };
        let ask = ConcludeVerificationRequest { name: known.last.name.clone(), etag, request_id: id() };
        let told = self.suite.verifications(Role::Verifier).conclude_verification(ask.clone()).await;
        let Some(answer) = self.settle(one, fine, told).await else { return };
        assert_eq!(Some((answer.state(), answer.level())), expected, "{}", self.now);
        let known = &mut self.known[one];
        known.concluded = Some(self.suite.now());
        assert_eq!(answer.expire_time.is_some(), answer.state() == State::Verified, "{}", self.now);
        assert!(known.emergency || answer.debt_due_time.is_none(), "{}", self.now);
        if known.emergency && answer.state() == State::Verified {
            assert!(answer.debt_due_time.is_some(), "{}", self.now);
        }
        known.changed(answer.clone(), &self.now);
        self.calls.push(Call::Conclude { ask, answer });
    }

    pub(super) async fn accredit(&mut self, is: bool) {
        let current = self.suite.agency(&self.agency.name, None).await.unwrap();
        let accreditation = if is { accredited() } else { None };
        self.agency = self.suite.update(Agency { accreditation, ..current }).await.unwrap();
        self.accredited = is;
    }

    /// Somebody else had the domain in hand, from some minutes ago until now.
    async fn compromise(&mut self, minutes: i64) {
        let now = self.suite.now();
        let from = now - TimeDelta::minutes(minutes);
        reported(self.suite, Subject::MailDomain(DOMAIN.to_owned()), window(from, Some(now))).await;
        for one in 0..self.known.len() {
            let after = self.suite.get(&self.known[one].last.name).await.unwrap();
            let known = &mut self.known[one];
            if !known.leaned(from, now) {
                assert_eq!(after, known.last, "{}", self.now);
                continue;
            }
            known.reopen(now);
            assert_eq!((after.state(), after.reopen_time), (State::Open, Some(stamp(now))), "{}", self.now);
            known.changed(after, &self.now);
        }
        // So that a request may come after it.
        self.suite.advance(1);
    }

    /// An earlier call once more, to the letter: the same answer, and nothing happens.
    async fn replay(&mut self, random: &mut Random) {
        let call = self.calls[random.below(self.calls.len())].clone();
        let mut verifier = self.suite.verifications(Role::Verifier);
        let (told, answer) = match call {
            Call::Open { ask, by_person: true, answer } => (verifier.open_verification(*ask).await, answer),
            Call::Open { ask, by_person: false, answer } => (self.suite.intake().open_verification(*ask).await, answer),
            Call::Record { ask, answer } => (verifier.record_evidence(ask).await, answer),
            Call::Approve { who, role, ask, answer } => {
                (self.suite.verifications_of(who, role).approve_verification(ask).await, answer)
            }
            Call::Send { ask, answer } => (verifier.send_challenge(ask).await, answer),
            Call::Answer { ask, answer } => (verifier.answer_challenge(ask).await, answer),
            Call::Conclude { ask, answer } => (verifier.conclude_verification(ask).await, answer),
        };
        assert_eq!(told.unwrap().into_inner(), answer, "{}", self.now);
        for known in &self.known {
            assert_eq!(self.suite.get(&known.last.name).await.unwrap(), known.last, "{}", self.now);
        }
    }
}
