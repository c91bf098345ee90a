//! What becomes of a verification when it turns out that the agency or the mail domain was in the hands of others.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rogatory_names::{AgencyId, CompromiseId};

use super::{
    compromise::Subject,
    domain_match::{domain_of, is_within, registrable, with_parents},
    evidence::Observation,
    known::Window,
    record::Found,
    rules::{Level, VerificationRules},
    verification::{RECORDER, Refusal, State, Verification},
};

/// What was in the hands of others, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compromised {
    /// The report.
    pub id: CompromiseId,
    /// The agency.
    pub agency: AgencyId,
    /// The mail domain; none when the whole agency is meant.
    pub mail_domain: Option<String>,
    /// From when until when.
    pub window: Window,
}

/// What a report changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reopening {
    /// It was VERIFIED and is OPEN again.
    WasVerified,
    /// It was OPEN; what people found out before no longer counts.
    WasOpen,
    /// Nothing: it did not lean on it, or has taken this report in before.
    Unchanged,
}

impl Verification {
    /// Whether it leaned on what was in the hands of others, at any time from the receipt of the request to the
    /// conclusion.
    #[must_use]
    pub fn leans_on(&self, compromised: &Compromised, now: DateTime<Utc>) -> bool {
        let subject = match &compromised.mail_domain {
            None => self.agencies.contains(&compromised.agency),
            Some(domain) => self.addresses().filter_map(domain_of).any(|of_address| is_within(&of_address, domain)),
        };
        subject && compromised.window.touches(self.facts.receive_time, self.conclude_time.unwrap_or(now))
    }

    /// Everything that a report may name and on which it leans: the agencies, and the domains, with those above them, of
    /// the addresses that were used.
    #[must_use]
    pub fn leans(&self) -> BTreeSet<Subject> {
        let agencies = self.agencies.iter().copied().map(Subject::Agency);
        let domains = self.addresses().filter_map(domain_of);
        let domains = domains.flat_map(|domain| with_parents(&domain).map(str::to_owned).collect::<Vec<_>>());
        // Nobody registers a public suffix as a mail domain.
        let domains = domains.filter(|domain| registrable(domain).is_some()).map(Subject::Domain);
        agencies.chain(domains).collect()
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        let mailboxes = self.challenges.iter().map(|challenge| challenge.mailbox.as_str());
        self.facts.officer.email.as_deref().into_iter().chain(mailboxes)
    }

    /// Takes in that something on which it leaned was in the hands of others. It is OPEN after that, nothing is proven,
    /// and what people found out or approved before no longer counts; what spoke against the requester does. A report
    /// that was taken in before changes nothing: a sweep may come by again.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`] when it is DENIED, which it stays.
    pub fn reopen(
        &mut self,
        compromised: &Compromised,
        rules: &VerificationRules,
        now: DateTime<Utc>,
    ) -> Result<Reopening, Refusal> {
        let reopening = match self.state {
            State::Denied => return Err(Refusal::NotOpen(State::Denied)),
            State::Verified => Reopening::WasVerified,
            State::Open => Reopening::WasOpen,
        };
        if self.compromises.contains(&compromised.id) || !self.leans_on(compromised, now) {
            return Ok(Reopening::Unchanged);
        }
        self.compromises.push(compromised.id);
        self.state = State::Open;
        self.level = Level::Unverified;
        self.findings.clear();
        self.conclude_time = None;
        self.expire_time = None;
        self.reopen_time = Some(now);
        self.round += 1;
        self.counts_from = self.round;
        self.channels_before = self.channels_before.min(compromised.window.from.unwrap_or(DateTime::<Utc>::MIN_UTC));
        let (observation, agency) = match compromised.mail_domain {
            Some(_) => (Observation::SenderCompromised, self.agency),
            None => (Observation::AgencyCompromised, Some(compromised.agency)),
        };
        let found = Found { source: compromised.id.name(), agency, ..Found::of(observation, RECORDER) };
        self.push(found, rules, now);
        Ok(reopening)
    }
}
