//! Reading the numbers of the rules: how codes are sent, and what is unusual.

use std::collections::BTreeSet;

use chrono::{FixedOffset, NaiveTime, Weekday};
use rogatory_rulebook::Spanned;

use super::{
    challenge::ChallengeRule,
    rules_entries::{ChallengeEntry, OfficeEntry, SignalsEntry, Text},
    rules_file::Check,
    signals::{OfficeHours, SignalRules, SignalWindows},
};

/// A code is not waited for longer than a day.
const LONGEST_CODE_MINUTES: u16 = 24 * 60;
/// Nobody guesses a code in so few tries, and nobody is flooded with so few codes.
const MOST_TRIES: u8 = 10;
/// Two years.
const LONGEST_WINDOW_DAYS: u16 = 731;

impl Check<'_> {
    pub(super) fn between(&mut self, value: &Spanned<u16>, path: &str, least: u16, most: u16) -> u16 {
        let number = *value.get_ref();
        if !(least..=most).contains(&number) {
            self.fault(value.span(), path, format!("must be from {least} to {most}"));
        }
        number
    }

    fn tries(&mut self, value: &Spanned<u8>, path: &str) -> u8 {
        let number = *value.get_ref();
        if !(1..=MOST_TRIES).contains(&number) {
            self.fault(value.span(), path, format!("must be from 1 to {MOST_TRIES}"));
        }
        number
    }

    pub(super) fn challenge(&mut self, entry: &ChallengeEntry) -> ChallengeRule {
        ChallengeRule {
            valid_minutes: self.between(&entry.valid_minutes, "challenge.valid_minutes", 1, LONGEST_CODE_MINUTES),
            most_sent: self.tries(&entry.most_sent, "challenge.most_sent"),
            most_wrong: self.tries(&entry.most_wrong, "challenge.most_wrong"),
        }
    }

    pub(super) fn signals(&mut self, entry: &SignalsEntry) -> SignalRules {
        let mut days = |value, name: &str| self.between(value, &format!("signals.{name}"), 1, LONGEST_WINDOW_DAYS);
        let windows = SignalWindows {
            recent_days: days(&entry.recent_days, "recent_days"),
            norm_days: days(&entry.norm_days, "norm_days"),
            target_days: days(&entry.target_days, "target_days"),
        };
        let domain_days = days(&entry.domain_days, "domain_days");
        if *entry.target_agencies.get_ref() == 0 {
            self.fault(entry.target_agencies.span(), "signals.target_agencies", "must be at least 1");
        }
        let mut offices: Vec<OfficeHours> = Vec::new();
        for (index, office) in entry.office.iter().enumerate() {
            let path = format!("signals.office[{index}]");
            if offices.iter().any(|known| known.country == office.get_ref().country) {
                self.fault(office.span(), format!("{path}.country"), "stands twice");
            }
            offices.extend(self.office(office, &path));
        }
        SignalRules {
            windows,
            rush_least: entry.rush_least,
            rush_factor: entry.rush_factor,
            target_agencies: *entry.target_agencies.get_ref(),
            domain_days,
            offices,
        }
    }

    fn office(&mut self, entry: &Spanned<OfficeEntry>, path: &str) -> Option<OfficeHours> {
        let (span, entry) = (entry.span(), entry.get_ref());
        let mut offsets: Vec<FixedOffset> = Vec::new();
        for offset in &entry.utc_offsets {
            match offset.get_ref().parse() {
                Ok(read) => offsets.push(read),
                Err(_) => self.fault(offset.span(), format!("{path}.utc_offsets"), "is not written like `+01:00`"),
            }
        }
        let mut days = BTreeSet::new();
        for day in &entry.days {
            match day.get_ref().parse::<Weekday>() {
                Ok(read) => {
                    days.insert(OfficeHours::day(read));
                }
                Err(_) => self.fault(day.span(), format!("{path}.days"), "is not a day of the week: `mon`"),
            }
        }
        let from = self.hour(&entry.from, &format!("{path}.from"));
        let until = self.hour(&entry.until, &format!("{path}.until"));
        let (from, until) = (from?, until?);
        if offsets.is_empty() || days.is_empty() || from >= until {
            self.fault(span, path, "names no hour at which anybody works");
        }
        Some(OfficeHours { country: entry.country, offsets, days, from, until })
    }

    fn hour(&mut self, text: &Text, path: &str) -> Option<NaiveTime> {
        let hour = NaiveTime::parse_from_str(text.get_ref(), "%H:%M").ok();
        if hour.is_none() {
            self.fault(text.span(), path, "is not an hour like `07:00`");
        }
        hour
    }
}
