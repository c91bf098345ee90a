//! Collects every bad field of a request, so that the caller can mend them all at once.
//!
//! No helper repeats the value of a field: the field may be sensitive, and an error text is not a place for it. Only a
//! resource name, which is not, is told back by its parser, in short and in printable letters.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use rogatory_proto::google::r#type::Interval;
use rogatory_rulebook::Country;
use uuid::Uuid;

use crate::{convert, failure::Failure};

/// How a country is written, for whoever wrote something else.
const COUNTRY_FORMS: &str = "write a code of ISO 3166-1 (`HK`, `HKG`, `344`) or the English name (`Hong Kong`)";

/// The wrong fields of one request, in the order in which they were found.
///
/// A helper answers `None` exactly when it has added a fault (or, where it says so, when an optional field is absent),
/// so a conversion reads: call the helpers, take them all apart with one `let … else`, then [`done`](Self::done).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldFaults {
    faults: Vec<(String, String)>,
    /// How many bytes the faults take.
    bytes: usize,
    /// How many more there are, and the field of the first of them.
    further: Option<(String, usize)>,
}

impl FieldFaults {
    /// As many faults as one answer names, and as many bytes of them. More would not help the caller, and the answer has
    /// to fit into the 16 KiB of headers that a client takes.
    const MOST: usize = 50;
    const MOST_BYTES: usize = 5 * 1024;

    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault. `field` is the path from the request message: `request.items[0].window`. When there are as many as
    /// one answer names, the fault is only counted.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        let (field, description) = (field.into(), description.into());
        // A field stands in the answer twice: with its description, and among the names.
        let bytes = self.bytes + 2 * field.len() + description.len();
        match &mut self.further {
            Some((_, count)) => *count += 1,
            None if self.faults.len() == Self::MOST || (bytes > Self::MOST_BYTES && self.bytes > 0) => {
                self.further = Some((field, 1));
            }
            None => {
                self.bytes = bytes;
                self.faults.push((field, description));
            }
        }
    }

    /// How many faults were found beyond those that are named, and the field of the first of them.
    #[must_use]
    pub fn further(&self) -> Option<(&str, usize)> {
        self.further.as_ref().map(|(field, count)| (field.as_str(), *count))
    }

    /// Whether none was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Field and description of each fault that is named.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.faults.iter().map(|(field, description)| (field.as_str(), description.as_str()))
    }

    /// The names of the fields, separated by commas, each once.
    #[must_use]
    pub fn fields(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for (field, _) in self.iter() {
            if !names.contains(&field) {
                names.push(field);
            }
        }
        names.join(", ")
    }

    /// Goes on when every field was good.
    ///
    /// # Errors
    /// [`Failure::Invalid`] with every fault.
    pub fn done(self) -> Result<(), Failure> {
        if self.is_empty() { Ok(()) } else { Err(Failure::Invalid(self)) }
    }

    /// A required line of text: not blank, at most `longest` characters, no control characters.
    pub fn text(&mut self, field: &str, value: &str, longest: usize) -> Option<String> {
        if value.trim().is_empty() {
            self.add(field, "is required");
            return None;
        }
        self.free_text(field, value, longest, false)
    }

    /// Like [`text`](Self::text), but may be empty: `None` then, without a fault.
    pub fn optional_text(&mut self, field: &str, value: &str, longest: usize) -> Option<String> {
        if value.is_empty() { None } else { self.free_text(field, value, longest, false) }
    }

    /// A required text of more than one line: tabs and line breaks are allowed, other control characters are not.
    pub fn prose(&mut self, field: &str, value: &str, longest: usize) -> Option<String> {
        if value.trim().is_empty() {
            self.add(field, "is required");
            return None;
        }
        self.free_text(field, value, longest, true)
    }

    /// Like [`prose`](Self::prose), but may be empty: `None` then, without a fault.
    pub fn optional_prose(&mut self, field: &str, value: &str, longest: usize) -> Option<String> {
        if value.is_empty() { None } else { self.free_text(field, value, longest, true) }
    }

    fn free_text(&mut self, field: &str, value: &str, longest: usize, lines: bool) -> Option<String> {
        let long = value.chars().nth(longest).is_some();
        if long {
            self.add(field, format!("is longer than {longest} characters"));
        }
        let allowed = |letter: char| lines && matches!(letter, '\n' | '\r' | '\t');
        let control = value.chars().any(|letter| letter.is_control() && !allowed(letter));
        if control {
            self.add(field, "contains control characters");
        }
        (!long && !control).then(|| value.trim().to_owned())
    }

    /// A required country, in any form that [`Country::read`] takes.
    pub fn country(&mut self, field: &str, value: &str) -> Option<Country> {
        if value.is_empty() {
            self.add(field, format!("is required; {COUNTRY_FORMS}"));
            return None;
        }
        let country = Country::read(value).ok();
        if country.is_none() {
            self.add(field, format!("does not name one country; {COUNTRY_FORMS}"));
        }
        country
    }

    /// Like [`country`](Self::country), but may be empty: `None` then, without a fault.
    pub fn optional_country(&mut self, field: &str, value: &str) -> Option<Country> {
        if value.is_empty() { None } else { self.country(field, value) }
    }

    /// A required e-mail address: one `@`, something before it, a domain with a dot after it, no spaces or controls,
    /// at most 254 characters (RFC 5321). Whether anybody reads it is another matter.
    pub fn email(&mut self, field: &str, value: &str) -> Option<String> {
        if value.is_empty() {
            self.add(field, "is required");
            return None;
        }
        let shaped = value.len() <= 254
            && !value.chars().any(|letter| letter.is_whitespace() || letter.is_control())
            && value.rsplit_once('@').is_some_and(|(local, domain)| {
                let labels = || domain.split('.');
                let label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-');
                !local.is_empty()
                    && local.len() <= 64
                    && !local.contains('@')
                    && labels().count() > 1
                    && labels().all(label)
            });
        if !shaped {
            self.add(field, "is not an e-mail address");
        }
        shaped.then(|| value.to_owned())
    }

    /// Like [`email`](Self::email), but may be empty: `None` then, without a fault.
    pub fn optional_email(&mut self, field: &str, value: &str) -> Option<String> {
        if value.is_empty() { None } else { self.email(field, value) }
    }

    /// A required time.
    pub fn time(&mut self, field: &str, value: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        if value.is_none() {
            self.add(field, "is required");
        }
        self.optional_time(field, value)
    }

    /// A time that may be absent: `None` then, without a fault.
    pub fn optional_time(&mut self, field: &str, value: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        let time = convert::time(value?);
        if time.is_none() {
            self.add(field, "is not a time between the years 1 and 9999");
        }
        time
    }

    /// A required time that is not after `now`.
    pub fn past_time(&mut self, field: &str, value: Option<&Timestamp>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = self.time(field, value)?;
        self.not_after(field, time, now)
    }

    /// Like [`past_time`](Self::past_time), but may be absent: `None` then, without a fault.
    pub fn optional_past_time(
        &mut self,
        field: &str,
        value: Option<&Timestamp>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let time = self.optional_time(field, value)?;
        self.not_after(field, time, now)
    }

    fn not_after(&mut self, field: &str, time: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if time > now {
            self.add(field, "is in the future");
            return None;
        }
        Some(time)
    }

    /// A required RFC 3339 time written as text: `2026-03-01T09:30:00Z`.
    pub fn rfc3339(&mut self, field: &str, value: &str) -> Option<DateTime<Utc>> {
        match DateTime::parse_from_rfc3339(value) {
            Ok(time) => Some(time.with_timezone(&Utc)),
            Err(_) => {
                self.add(field, "is not an RFC 3339 time, for example `2026-03-01T09:30:00Z`");
                None
            }
        }
    }

    /// A required `request_id`: a UUID, not the zero one.
    pub fn request_id(&mut self, field: &str, value: &str) -> Option<Uuid> {
        if value.is_empty() {
            self.add(field, "is required: a UUID that you make once for this change and repeat when you try it again");
            return None;
        }
        self.optional_request_id(field, value)
    }

    /// A `request_id` that may be absent: `None` then, without a fault.
    pub fn optional_request_id(&mut self, field: &str, value: &str) -> Option<Uuid> {
        if value.is_empty() {
            return None;
        }
        match Uuid::parse_str(value) {
            Ok(id) if !id.is_nil() => Some(id),
            _ => {
                self.add(field, "is not a UUID");
                None
            }
        }
    }

    /// A required resource name, read by the id type's own parser: `faults.name("name", &m.name, RequestId::parse_name)`.
    pub fn name<T, E: Display>(
        &mut self,
        field: &str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_empty() {
            self.add(field, "is required");
            return None;
        }
        parse(value).map_err(|wrong| self.add(field, wrong.to_string())).ok()
    }

    /// Like [`name`](Self::name), but may be empty: `None` then, without a fault.
    pub fn optional_name<T, E: Display>(
        &mut self,
        field: &str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_empty() { None } else { self.name(field, value, parse) }
    }

    /// A list with at least one and at most `most` elements. Answers whether its elements are worth looking at.
    pub fn list<T>(&mut self, field: &str, values: &[T], most: usize) -> bool {
        if values.is_empty() {
            self.add(field, "needs at least one element");
            return false;
        }
        self.optional_list(field, values, most)
    }

    /// A list with at most `most` elements. Answers whether its elements are worth looking at.
    pub fn optional_list<T>(&mut self, field: &str, values: &[T], most: usize) -> bool {
        if values.len() > most {
            self.add(field, format!("has {} elements, at most {most} are taken", values.len()));
        }
        values.len() <= most
    }

    /// A required value of an enum: neither absent (`UNSPECIFIED`) nor a number that the schema does not know.
    pub fn one_of<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        if value == 0 {
            self.add(field, "is required");
            return None;
        }
        self.optional_one_of(field, value)
    }

    /// Like [`one_of`](Self::one_of), but may be `UNSPECIFIED`: `None` then, without a fault.
    pub fn optional_one_of<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        if value == 0 {
            return None;
        }
        let known = E::try_from(value).ok();
        if known.is_none() {
            self.add(field, "is a value that the schema does not know");
        }
        known
    }

    /// A required interval with both ends, the start before the end.
    pub fn interval(&mut self, field: &str, value: Option<&Interval>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let Some(interval) = value else {
            self.add(field, "is required");
            return None;
        };
        let start = self.time(&format!("{field}.start_time"), interval.start_time.as_ref());
        let end = self.time(&format!("{field}.end_time"), interval.end_time.as_ref());
        let (start, end) = (start?, end?);
        if start >= end {
            self.add(field, "ends before it starts");
            return None;
        }
        Some((start, end))
    }

    /// Like [`interval`](Self::interval), but may be absent: `None` then, without a fault.
    pub fn optional_interval(
        &mut self,
        field: &str,
        value: Option<&Interval>,
    ) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        value.and_then(|interval| self.interval(field, Some(interval)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn faults_of(check: impl FnOnce(&mut FieldFaults)) -> String {
        let mut faults = FieldFaults::new();
        check(&mut faults);
        faults.iter().map(|(field, text)| format!("{field}: {text}")).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn no_fault_repeats_the_value() {
        let secret = "Jane Doe\u{7}\u{0}";
        let said = faults_of(|f| {
            f.text("a", secret, 3);
            f.country("b", secret);
            f.email("c", secret);
            f.request_id("d", secret);
            f.rfc3339("e", secret);
        });
        assert!(!said.contains("Jane"), "{said}");
        assert_eq!(said.matches(": ").count() - said.matches("example: ").count(), 6, "{said}");
    }

    #[test]
    fn every_bad_field_is_named_and_good_ones_pass() {
        let mut faults = FieldFaults::new();
        assert_eq!(faults.text("t", " a title ", 20).as_deref(), Some("a title"));
        assert_eq!(faults.country("c", "HK").unwrap().alpha2(), "HK");
        assert!(faults.country("region", "EU").is_none());
        for written in ["hk", " HKG ", "344", "hong kong"] {
            assert_eq!(faults.country("c", written).unwrap().alpha2(), "HK");
        }
        assert!(faults.country("either", "Korea").is_none());
        assert!(faults.email("e", "officer@police.example").is_some());
        assert!(faults.email("e2", "officer@localhost").is_none());
        assert!(!faults.list::<u8>("targets", &[], 10));
        assert!(!faults.list("targets", &[0_u8; 11], 10));
        assert!(faults.prose("p", "line\nline", 20).is_some());
        assert_eq!(faults.fields(), "region, either, e2, targets");
    }

    #[test]
    fn a_time_in_the_future_and_a_backward_interval_are_faults() {
        let now = Utc::now();
        let at = |seconds: i64| Timestamp { seconds: now.timestamp() + seconds, nanos: 0 };
        let backward = Interval { start_time: Some(at(0)), end_time: Some(at(-5)) };
        let said = faults_of(|f| {
            f.past_time("opened", Some(&at(60)), now);
            f.past_time("closed", Some(&at(-60)), now);
            f.interval("window", Some(&backward));
            f.interval("half", Some(&Interval { start_time: Some(at(0)), end_time: None }));
            f.time("odd", Some(&Timestamp { seconds: i64::MAX, nanos: -1 }));
        });
        assert_eq!(
            said,
            "opened: is in the future; window: ends before it starts; half.end_time: is required; odd: is not a time \
             between the years 1 and 9999"
        );
    }

    #[test]
    fn ten_thousand_faults_are_cut() {
        let mut faults = FieldFaults::new();
        for index in 0..10_000 {
            faults.add(format!("targets[{index}]"), "is required");
        }
        assert_eq!(faults.iter().count(), FieldFaults::MOST);
        assert_eq!(faults.further(), Some(("targets[50]", 9_950)));
        let mut long = FieldFaults::new();
        for index in 0..10 {
            long.add(format!("targets[{index}]"), "x".repeat(1_000));
        }
        assert_eq!(long.iter().count(), 5);
        assert_eq!(long.further(), Some(("targets[5]", 5)));
    }
}
