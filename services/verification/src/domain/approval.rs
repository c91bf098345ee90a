//! The two people who approve an emergency.

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, Utc};
use rogatory_names::AgencyId;
use serde::{Deserialize, Serialize};

use super::verification::{Refusal, Verification};

/// One of the two people whom an emergency needs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who: `person:<subject>`.
    pub approver: String,
    /// Why. Sensitive.
    pub reason: String,
    /// When.
    pub approve_time: DateTime<Utc>,
    /// The agency that was recognised then. It is approved for no other.
    pub agency: Option<AgencyId>,
    /// How often the verification had been looked at anew, or reopened.
    pub round: u32,
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approval")
            .field("approver", &self.approver)
            .field("approve_time", &self.approve_time)
            .field("round", &self.round)
            .finish_non_exhaustive()
    }
}

/// The subject of an actor, in the form in which subjects are compared: without the role in which it acts, and the same
/// in capitals and small letters. `person:Ada` and `peer:ada` are one subject: rather one too few than one twice.
#[must_use]
pub fn subject_key(actor: &str) -> String {
    let subject = actor.split_once(':').map_or(actor, |(_, subject)| subject);
    // By way of the capitals, so that letters that have the same capital (`s` and `ſ`) are the same.
    subject.trim().to_uppercase().to_lowercase()
}

impl Verification {
    /// Approves, as one of the two people whom an emergency needs.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`]; [`Refusal::ApprovalNotNeeded`] when it is no emergency; [`Refusal::SecondPersonNeeded`]
    /// for whoever opened it, filed it or approved it before, and for whoever is no person.
    pub fn approve(&mut self, approver: &str, reason: String, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_be_open()?;
        if !self.facts.is_emergency() {
            return Err(Refusal::ApprovalNotNeeded);
        }
        let subject = subject_key(approver);
        let barred = self.barred().chain(self.approvals().map(|approval| approval.approver.as_str()));
        let is_person = approver.starts_with("person:") && !subject.is_empty();
        if !is_person || barred.map(subject_key).any(|barred| barred == subject) {
            return Err(Refusal::SecondPersonNeeded);
        }
        self.approvals.push(Approval {
            approver: approver.to_owned(),
            reason,
            approve_time: now,
            agency: self.agency,
            round: self.round,
        });
        Ok(())
    }

    /// The approvals that count: those of the agency that is recognised now, and none from before it was reopened.
    pub fn approvals(&self) -> impl Iterator<Item = &Approval> {
        self.approvals.iter().filter(|approval| approval.round >= self.counts_from && approval.agency == self.agency)
    }

    /// How many different people approved who may.
    #[must_use]
    pub(super) fn approvers(&self) -> usize {
        let barred: BTreeSet<_> = self.barred().map(subject_key).collect();
        let subjects: BTreeSet<_> = self.approvals().map(|approval| subject_key(&approval.approver)).collect();
        subjects.difference(&barred).count()
    }

    fn barred(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.opener.as_str()).chain(self.facts.submitter.as_deref())
    }
}
