//! What is unusual about a request. A signal never speaks for anybody and never denies: by the rules it raises the
//! level that the request needs, or only tells.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveTime, TimeDelta, Timelike as _, Utc, Weekday};
use rogatory_rulebook::Country;

use super::{evidence::Observation, known::KnownDomain};

/// What was counted in the ledger of requests. Counts that are not known are 0 and then say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signals {
    /// Whether an earlier request came from this officer of this agency.
    pub officer_known: bool,
    /// How many requests the agency sent in the recent days up to the receipt of this one, which is one of them.
    pub recent: u32,
    /// How many it sent in the days of the norm, which lie before the recent ones.
    pub earlier: u32,
    /// How many other agencies asked for one of the same targets.
    pub other_agencies_of_target: u32,
}

/// Over which days [`Signals`] are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalWindows {
    /// Days up to the receipt in which the agency's requests are counted.
    pub recent_days: u16,
    /// Days before the recent ones, from which the agency's norm is taken.
    pub norm_days: u16,
    /// Days up to the receipt in which others may have asked for the same target.
    pub target_days: u16,
}

/// From when on something is unusual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignalRules {
    pub(super) windows: SignalWindows,
    /// Fewer recent requests than these are never a rush.
    pub(super) rush_least: u32,
    /// So many times its norm is a rush.
    pub(super) rush_factor: u32,
    /// So many other agencies that ask for the same target are unusual.
    pub(super) target_agencies: u32,
    /// A domain that was recorded fewer days than these before the receipt was just recorded.
    pub(super) domain_days: u16,
    pub(super) offices: Vec<OfficeHours>,
}

/// When the authorities of a country work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfficeHours {
    pub(super) country: Country,
    /// Every difference from UTC that any clock of the country shows in the year.
    pub(super) offsets: Vec<FixedOffset>,
    pub(super) days: BTreeSet<u8>,
    pub(super) from: NaiveTime,
    pub(super) until: NaiveTime,
}

impl OfficeHours {
    /// The days of the week as they are kept: 0 is Monday.
    pub(super) fn day(day: Weekday) -> u8 {
        u8::try_from(day.num_days_from_monday()).unwrap_or_default()
    }

    /// Whether nobody in the country works at a time, whichever of its clocks is looked at.
    fn is_off(&self, at: DateTime<Utc>) -> bool {
        self.offsets.iter().all(|offset| {
            let local = at.with_timezone(offset);
            let time = local.time();
            let open = self.days.contains(&Self::day(chrono::Datelike::weekday(&local)));
            let minutes = |time: NaiveTime| time.num_seconds_from_midnight();
            !(open && (minutes(self.from)..minutes(self.until)).contains(&minutes(time)))
        })
    }
}

impl SignalRules {
    /// What is unusual about a request. `domain` is the registry's entry of the sender's domain, if it has one.
    pub(super) fn observed(
        &self,
        counted: &Signals,
        country: Country,
        receive_time: DateTime<Utc>,
        domain: Option<&KnownDomain>,
    ) -> Vec<Observation> {
        let off_hours = self.offices.iter().any(|office| office.country == country && office.is_off(receive_time));
        let just = receive_time - TimeDelta::days(i64::from(self.domain_days));
        let unusual = [
            (!counted.officer_known, Observation::NewOfficer),
            (self.is_rush(counted), Observation::AgencyRush),
            (counted.other_agencies_of_target >= self.target_agencies, Observation::TargetOfOthers),
            (off_hours, Observation::OffHours),
            (domain.is_some_and(|domain| domain.record_time > just), Observation::DomainJustRecorded),
        ];
        let mut observed: Vec<_> = unusual.into_iter().filter_map(|(is, signal)| is.then_some(signal)).collect();
        if observed.is_empty() {
            observed.push(Observation::NoSignal);
        }
        observed
    }

    /// Whether the recent requests are so many times the norm: those of the days before, taken for as many days.
    fn is_rush(&self, counted: &Signals) -> bool {
        let [recent, earlier] = [counted.recent, counted.earlier].map(u64::from);
        let [recent_days, norm_days] = [self.windows.recent_days, self.windows.norm_days].map(u64::from);
        counted.recent >= self.rush_least && recent * norm_days > earlier * recent_days * u64::from(self.rush_factor)
    }
}
