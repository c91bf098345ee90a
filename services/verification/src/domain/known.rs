//! What the registry holds of an agency, as far as the decision on a request looks at it.

use chrono::{DateTime, Utc};
use rogatory_names::AgencyId;
use rogatory_rulebook::{AuthorityKind, Country, Digest, InstrumentKind};
use serde::{Deserialize, Serialize};

use super::{
    agency::{Agency, Listed, MailDomain, name_keys},
    compromise::{Compromise, Subject, windows_of},
    domain_match::{domain_of, is_within},
};

/// A stretch of time: from its beginning until just before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Window {
    /// Its beginning; none when it has always been.
    pub from: Option<DateTime<Utc>>,
    /// Its end, which is no longer in it; none when it lasts.
    pub until: Option<DateTime<Utc>>,
}

impl Window {
    /// Whether a time lies in it.
    #[must_use]
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Whether it ends before it begins, or as it does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if until <= from)
    }

    /// Whether a time lies in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |until: Option<DateTime<Utc>>, from: Option<DateTime<Utc>>| match (until, from) {
            (Some(until), Some(from)) => until <= from,
            _ => false,
        };
        !before(self.until, other.from) && !before(other.until, self.from)
    }

    /// Whether any time from `first` to `last`, both of them included, lies in it.
    #[must_use]
    pub fn touches(&self, first: DateTime<Utc>, last: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= last) && self.until.is_none_or(|until| first < until)
    }
}

/// An agency as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAgency {
    /// Its id.
    pub id: AgencyId,
    /// Official name.
    pub display_name: String,
    /// Its country.
    pub country: Country,
    /// Of what kind it is; none where the source does not say.
    pub kind: Option<AuthorityKind>,
    /// Instruments that it may issue; empty: by the rules for its kind.
    pub instruments: Vec<InstrumentKind>,
    /// While it is an accredited law-enforcement agency; none when no source says that it is one.
    pub accreditation: Option<Window>,
    /// Its mail domains, those that it has given up among them.
    pub domains: Vec<KnownDomain>,
    /// Its published telephone numbers.
    pub phones: Vec<Channel>,
    /// Its published mailboxes.
    pub mailboxes: Vec<Channel>,
    /// SHA-256 of the certificates with which it signs, and when each was recorded in the registry.
    pub certificates: Vec<(Digest, DateTime<Utc>)>,
    /// When it was in the hands of others as a whole.
    pub compromised: Vec<Window>,
}

/// A mail domain of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDomain {
    /// The domain, lower case. It covers what lies below it.
    pub domain: String,
    /// While it belongs to the agency.
    pub valid: Window,
    /// When it was recorded in the registry.
    pub record_time: DateTime<Utc>,
    /// When it was in the hands of others.
    pub compromised: Vec<Window>,
}

/// A way to reach an agency that it did not name itself in its request: a number in the form of E.164, or a mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Channel {
    /// The number or the address.
    pub address: String,
    /// When it was recorded in the registry.
    pub record_time: DateTime<Utc>,
}

impl std::fmt::Debug for Channel {
    /// Without the address: it may be that of a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("record_time", &self.record_time).finish_non_exhaustive()
    }
}

impl KnownAgency {
    /// Under which keys it is found by name: its whole name, and its name without what stands in brackets.
    #[must_use]
    pub fn name_keys(&self) -> [String; 2] {
        name_keys(&self.display_name)
    }

    /// Its mail domains that cover `sender`, whenever they belonged to it.
    pub fn domains_over<'a>(&'a self, sender: &str) -> impl Iterator<Item = &'a KnownDomain> {
        self.domains.iter().filter(move |known| is_within(sender, &known.domain))
    }

    /// Since when the registry holds `number`, if it held it before `time`.
    #[must_use]
    pub fn number_held_before(&self, number: &str, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let phone = self.phones.iter().find(|phone| phone.address == number)?;
        (phone.record_time < time).then_some(phone.record_time)
    }

    /// Whether one of these certificates is one with which it signs, by what the registry held before `time`.
    #[must_use]
    pub fn signs_with(&self, certificates: &[Digest], time: DateTime<Utc>) -> bool {
        self.certificates.iter().any(|(known, recorded)| *recorded < time && certificates.contains(known))
    }

    /// The mailbox that was recorded first, of those that the registry held before `time`. It is never `sender`'s own
    /// address, and never one that others had in hand at any time from `time` to `now`.
    #[must_use]
    pub fn mailbox_held_before(
        &self,
        time: DateTime<Utc>,
        now: DateTime<Utc>,
        sender: Option<&str>,
    ) -> Option<&Channel> {
        let burned = |address: &str| {
            let domain = domain_of(address).unwrap_or_default();
            let mut windows = self.domains_over(&domain).flat_map(|known| &known.compromised).chain(&self.compromised);
            windows.any(|window| window.touches(time, now))
        };
        let held = self.mailboxes.iter().filter(|mailbox| {
            mailbox.record_time < time
                && !sender.is_some_and(|sender| same_mailbox(sender, &mailbox.address))
                && !burned(&mailbox.address)
        });
        held.min_by_key(|mailbox| mailbox.record_time)
    }
}

/// Whether two addresses are of one mailbox: letter case, and what follows a plus sign, make no other one.
fn same_mailbox(one: &str, other: &str) -> bool {
    let plain = |address: &str| {
        let (local, _) = address.rsplit_once('@')?;
        let local = local.split('+').next().unwrap_or_default().to_lowercase();
        Some((local, domain_of(address)?))
    };
    plain(one).is_some_and(|one| plain(other) == Some(one))
}

impl KnownAgency {
    /// The agency of the registry with the windows in which it, or what it holds, was in the hands of others.
    #[must_use]
    pub fn new(agency: &Agency, reports: &[Compromise]) -> Self {
        let Agency { id, entry, domains, phones, mailboxes, certificates, .. } = agency;
        let channels = |listed: &[Listed<String>]| {
            let channel = |one: &Listed<String>| Channel { address: one.value.clone(), record_time: one.record_time };
            listed.iter().map(channel).collect()
        };
        let domain = |known: &MailDomain| KnownDomain {
            domain: known.domain.clone(),
            valid: known.valid,
            record_time: known.record_time,
            compromised: windows_of(reports, &Subject::Domain(known.domain.clone())),
        };
        Self {
            id: *id,
            display_name: entry.display_name.clone(),
            country: entry.country,
            kind: entry.kind,
            instruments: entry.instruments.clone(),
            accreditation: entry.accreditation.as_ref().map(|accreditation| accreditation.valid),
            domains: domains.iter().map(domain).collect(),
            phones: channels(phones),
            mailboxes: channels(mailboxes),
            certificates: certificates.iter().map(|one| (one.value, one.record_time)).collect(),
            compromised: windows_of(reports, &Subject::Agency(*id)),
        }
    }
}
