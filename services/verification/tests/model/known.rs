//! What the model knows of one verification.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use rogatory_chassis::Role;
use rogatory_proto::rogatory::verification::v1::{
    AnswerChallengeRequest, ApproveVerificationRequest, ConcludeVerificationRequest, OpenVerificationRequest,
    RecordEvidenceRequest, SendChallengeRequest, Verification,
    verification::{Level, State},
};

/// A code that was sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) code: String,
    pub(super) time: DateTime<Utc>,
    pub(super) wrong: u8,
}

/// One verification.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) emergency: bool,
    /// Who opened it, as people are compared.
    pub(super) opener: &'static str,
    pub(super) received: DateTime<Utc>,
    pub(super) concluded: Option<DateTime<Utc>>,
    pub(super) reopened: Option<DateTime<Utc>>,
    pub(super) denies: bool,
    pub(super) credentials: bool,
    pub(super) call_back: bool,
    pub(super) challenge: bool,
    pub(super) raised: bool,
    pub(super) approvers: BTreeSet<String>,
    pub(super) waiting: Option<Sent>,
    pub(super) sent: usize,
    /// As it was answered last.
    pub(super) last: Verification,
    etags: HashSet<String>,
}

impl Known {
    pub(super) fn new(opened: Verification, emergency: bool, by_person: bool, received: DateTime<Utc>) -> Self {
        let raised = opened.required_level() == Level::Enhanced;
        assert!(raised || !emergency);
        Self {
            emergency,
            opener: if by_person { "vera" } else { "intake" },
            received,
            concluded: None,
            reopened: None,
            denies: false,
            credentials: false,
            call_back: false,
            challenge: false,
            raised,
            approvers: BTreeSet::new(),
            waiting: None,
            sent: 0,
            etags: HashSet::from([opened.etag.clone()]),
            last: opened,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.last.state() == State::Open
    }

    /// What the rules say of it, said once more.
    pub(super) fn conclusion(&self, accredited: bool) -> Option<(State, Level)> {
        if self.denies {
            return Some((State::Denied, Level::Unverified));
        }
        let enhanced = accredited && self.call_back;
        let basic = accredited && (self.credentials || self.call_back || self.challenge);
        let two_people = self.approvers.len() >= 2;
        let enough = match (self.emergency, self.raised) {
            (true, _) => enhanced && two_people,
            (false, true) => enhanced,
            (false, false) => basic,
        };
        enough.then_some((State::Verified, if enhanced { Level::Enhanced } else { Level::Basic }))
    }

    /// Takes in an answer that changed it.
    pub(super) fn changed(&mut self, answer: Verification, now: &str) {
        assert!(self.etags.insert(answer.etag.clone()), "{now}: an etag comes again");
        let before = &self.last;
        assert!(answer.evidence.len() >= before.evidence.len(), "{now}");
        assert_eq!(answer.evidence[..before.evidence.len()], before.evidence[..], "{now}: the ledger was changed");
        assert!(answer.required_level() >= before.required_level(), "{now}: the required level fell");
        let same = |one: &Verification| (one.name.clone(), one.request.clone(), one.opener.clone(), one.create_time);
        assert_eq!(same(&answer), same(before), "{now}");
        assert_eq!(answer.required_level() == Level::Enhanced, self.raised, "{now}");
        let approvers: BTreeSet<String> = answer.approvals.iter().map(|one| one.approver.to_lowercase()).collect();
        let expected: BTreeSet<String> = self.approvers.iter().map(|who| format!("person:{who}")).collect();
        assert_eq!(approvers, expected, "{now}");
        self.last = answer;
    }

    /// Whether it leaned on the domain within a window that ended now.
    pub(super) fn leaned(&self, from: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.last.state() != State::Denied && from <= self.concluded.unwrap_or(now) && self.received < now
    }

    /// What a compromise voids.
    pub(super) fn reopen(&mut self, now: DateTime<Utc>) {
        (self.credentials, self.call_back, self.challenge) = (false, false, false);
        self.approvers.clear();
        (self.waiting, self.sent) = (None, 0);
        self.raised = true;
        (self.concluded, self.reopened) = (None, Some(now));
    }

    /// Whether a code is waiting that may be given back.
    pub(super) fn may_answer(&self, now: DateTime<Utc>) -> bool {
        let waiting = self.waiting.as_ref().is_some_and(|sent| now < sent.time + TimeDelta::minutes(60));
        self.is_open() && waiting
    }
}

/// A call that was answered, to be made again.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Open { ask: Box<OpenVerificationRequest>, by_person: bool, answer: Verification },
    Record { ask: RecordEvidenceRequest, answer: Verification },
    Approve { who: &'static str, role: Role, ask: ApproveVerificationRequest, answer: Verification },
    Send { ask: SendChallengeRequest, answer: Verification },
    Answer { ask: AnswerChallengeRequest, answer: Verification },
    Conclude { ask: ConcludeVerificationRequest, answer: Verification },
}
