//! A one-time code that is sent to the registry's own mailbox and given back.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_names::AgencyId;
use rogatory_rulebook::Digest;
use serde::{Deserialize, Serialize};

use super::{
    domain_match::{domain_of, registrable},
    evidence::Observation,
    known::KnownAgency,
    record::Found,
    rules::VerificationRules,
    verification::{Refusal, Verification},
};

/// How codes are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeRule {
    /// For how many minutes a code may be given back.
    pub valid_minutes: u16,
    /// How many codes may be sent; after a reopening, as many again.
    pub most_sent: u8,
    /// How many wrong answers spend a code.
    pub most_wrong: u8,
}

/// Where a code is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeState {
    /// It may be given back.
    Waiting,
    /// It was given back. It counts once.
    Answered,
    /// Too many wrong answers came.
    Spent,
    /// Another one was sent after it.
    Replaced,
}

/// A code that was sent. Of the code only a keyed digest is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Keyed digest of the code.
    pub code: Digest,
    /// The mailbox. Sensitive.
    pub mailbox: String,
    /// Since when the registry holds the mailbox.
    pub held_since: DateTime<Utc>,
    /// Whose mailbox it is.
    pub agency: AgencyId,
    /// Who had it sent.
    pub sender: String,
    /// When it was sent.
    pub send_time: DateTime<Utc>,
    /// From when on it is no longer taken.
    pub expire_time: DateTime<Utc>,
    /// How many wrong answers came.
    pub wrong: u8,
    /// Where it is in its life.
    pub state: ChallengeState,
    /// How often the verification had been looked at anew, or reopened.
    pub round: u32,
}

impl fmt::Debug for Challenge {
    /// Without the code and the mailbox.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("agency", &self.agency)
            .field("send_time", &self.send_time)
            .field("wrong", &self.wrong)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// How an answer to a challenge came out. Either is to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The code was right.
    Right,
    /// The code was wrong.
    Wrong,
}

impl Verification {
    /// Takes note of a code that is sent, and tells to which mailbox: one that the registry held before the request
    /// came, and before anybody else had it in hand. A code that was waiting is no longer taken.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`]; [`Refusal::MailboxNotHeld`]; [`Refusal::TooManyChallenges`].
    pub fn send_challenge(
        &mut self,
        code: Digest,
        agency: Option<&KnownAgency>,
        rules: &VerificationRules,
        sender: &str,
        now: DateTime<Utc>,
    ) -> Result<String, Refusal> {
        self.must_be_open()?;
        let rule = rules.challenge();
        let agency = self.of_this(agency).ok_or(Refusal::MailboxNotHeld)?;
        let mailbox = agency
            .mailbox_held_before(self.channels_before, now, self.facts.officer.email.as_deref())
            .ok_or(Refusal::MailboxNotHeld)?
            .clone();
        let agency = agency.id;
        let sent = self.challenges.iter().filter(|challenge| challenge.round >= self.counts_from).count();
        if sent >= usize::from(rule.most_sent) {
            return Err(Refusal::TooManyChallenges);
        }
        for waiting in self.challenges.iter_mut().filter(|known| known.state == ChallengeState::Waiting) {
            waiting.state = ChallengeState::Replaced;
        }
        self.challenges.push(Challenge {
            code,
            mailbox: mailbox.address.clone(),
            held_since: mailbox.record_time,
            agency,
            sender: sender.to_owned(),
            send_time: now,
            expire_time: now + TimeDelta::minutes(i64::from(rule.valid_minutes)),
            wrong: 0,
            state: ChallengeState::Waiting,
            round: self.round,
        });
        Ok(mailbox.address)
    }

    /// The code that may be given back, if there is one. Whether it has expired is told by
    /// [`Verification::answer_challenge`].
    #[must_use]
    pub fn waiting_challenge(&self) -> Option<&Challenge> {
        let last = self.challenges.last()?;
        (last.state == ChallengeState::Waiting && last.round >= self.counts_from).then_some(last)
    }

    /// Takes an answer to the waiting code. `matched` says whether it was the code.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`]; [`Refusal::NoChallenge`] when no code is waiting, above all when it was given back before;
    /// [`Refusal::ChallengeExpired`].
    pub fn answer_challenge(
        &mut self,
        matched: bool,
        rules: &VerificationRules,
        recorder: &str,
        now: DateTime<Utc>,
    ) -> Result<Answer, Refusal> {
        self.must_be_open()?;
        let waiting = self.waiting_challenge().ok_or(Refusal::NoChallenge)?;
        if now >= waiting.expire_time || now < waiting.send_time {
            return Err(Refusal::ChallengeExpired);
        }
        let mut answered = waiting.clone();
        let (answer, observation) = if matched {
            answered.state = ChallengeState::Answered;
            (Answer::Right, self.proven_by(&answered.mailbox))
        } else {
            answered.wrong = answered.wrong.saturating_add(1);
            if answered.wrong >= rules.challenge().most_wrong {
                answered.state = ChallengeState::Spent;
                (Answer::Wrong, Observation::ChallengeFailed)
            } else {
                (Answer::Wrong, Observation::ChallengeWrong)
            }
        };
        let found = Found {
            source: answered.mailbox.clone(),
            agency: Some(answered.agency),
            held_since: Some(answered.held_since),
            ..Found::of(observation, recorder)
        };
        if let Some(last) = self.challenges.last_mut() {
            *last = answered;
        }
        self.push(found, rules, now);
        Ok(answer)
    }

    /// What an answer from a mailbox proves. Whoever holds the sender's mail domain may hold every mailbox in it, and
    /// no answer rests on a mail domain alone.
    fn proven_by(&self, mailbox: &str) -> Observation {
        let sender = self.facts.officer.email.as_deref().and_then(domain_of);
        let mailbox = domain_of(mailbox);
        let owner =
            |domain: &Option<String>| domain.as_deref().map(|domain| registrable(domain).unwrap_or(domain).to_owned());
        match (owner(&sender), owner(&mailbox)) {
            (Some(sender), Some(mailbox)) if sender == mailbox => Observation::ChallengeSameDomain,
            _ => Observation::ChallengeAnswered,
        }
    }
}
