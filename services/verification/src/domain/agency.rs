//! An agency of the registry: who it is, what it may issue, and how it is reached by a way that it did not name itself.

use chrono::{DateTime, Utc};
use rogatory_names::AgencyId;
use rogatory_rulebook::{AuthorityKind, Confirmation, Country, InstrumentKind};
use serde::{Deserialize, Serialize};

/// An agency of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// What is recorded of it.
    #[serde(flatten)]
    pub entry: Entry,
    /// Its published telephone numbers.
    pub phones: Vec<Phone>,
    /// When it was added.
    pub create_time: DateTime<Utc>,
    /// When it was last changed.
    pub update_time: DateTime<Utc>,
}

/// What is recorded of an agency, beside its telephone numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Official name.
    pub display_name: String,
    /// Its country.
    pub country: Country,
    /// Of what kind it is; none where the source of a seeded entry does not say.
    pub kind: Option<AuthorityKind>,
    /// Mail domains that belong to it with everything below them, lower case, each once.
    pub mail_domains: Vec<String>,
    /// Instruments that it may issue; empty: by the rules for its kind.
    pub instruments: Vec<InstrumentKind>,
    /// Whether it is an accredited law-enforcement agency, as the source says.
    pub accredited: bool,
    /// Where this was read.
    pub source: String,
    /// How far it has been checked.
    pub confirmation: Confirmation,
}

/// A telephone number that an agency or its government publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// The number, E.164: `+12025550143`.
    pub number: String,
    /// Where it was read.
    pub source: String,
    /// When it was recorded here.
    pub record_time: DateTime<Utc>,
}

/// A telephone number as a person states it. When it was recorded is never stated, only known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedPhone {
    /// The number, E.164.
    pub number: String,
    /// Where it was read.
    pub source: String,
}

impl Agency {
    /// A new agency. All its numbers are recorded now.
    #[must_use]
    pub fn new(id: AgencyId, entry: Entry, phones: Vec<StatedPhone>, now: DateTime<Utc>) -> Self {
        let phones = recorded(&[], phones, now);
        Self { id, entry, phones, create_time: now, update_time: now }
    }

    /// The agency with everything replaced. A number that it had keeps its record time, one that is new gets `now`, and
    /// so does one that was taken out and comes back: it can never serve for a request that came before.
    #[must_use]
    pub fn replaced(&self, entry: Entry, phones: Vec<StatedPhone>, now: DateTime<Utc>) -> Self {
        let phones = recorded(&self.phones, phones, now);
        Self { id: self.id, entry, phones, create_time: self.create_time, update_time: now }
    }

    /// Since when the registry holds `number`, if it held it before `time`.
    #[must_use]
    pub fn held_before(&self, number: &str, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let phone = self.phones.iter().find(|phone| phone.number == number)?;
        (phone.record_time < time).then_some(phone.record_time)
    }

    /// Under which keys the agency is found by name: its whole name, and its name without what stands in brackets.
    #[must_use]
    pub fn name_keys(&self) -> [String; 2] {
        let whole = &self.entry.display_name;
        let bare = whole.split_once('(').map_or(whole.as_str(), |(bare, _)| bare);
        [name_key(whole), name_key(bare)]
    }
}

fn recorded(known: &[Phone], stated: Vec<StatedPhone>, now: DateTime<Utc>) -> Vec<Phone> {
    let since = |number: &str| known.iter().find(|phone| phone.number == number).map(|phone| phone.record_time);
    let phone = |StatedPhone { number, source }| Phone { record_time: since(&number).unwrap_or(now), number, source };
    stated.into_iter().map(phone).collect()
}

/// Whether a text is a telephone number in the form of E.164: `+`, then 7 to 15 digits, the first not 0.
#[must_use]
pub fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A name in the form in which names are compared: words in lower case, without marks, without a leading article.
#[must_use]
pub fn name_key(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let key = words.map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    match key.strip_prefix("the ") {
        Some(rest) => rest.to_owned(),
        None => key,
    }
}

/// Every key under which the agency of a stated name may be found: an officer writes the name of the office after that
/// of the agency (`Federal Bureau of Investigation, Los Angeles Field Office`), so each beginning of whole words is
/// one.
#[must_use]
pub fn name_beginnings(stated: &str) -> Vec<String> {
    let key = name_key(stated);
    let ends = key.match_indices(' ').map(|(end, _)| end).chain([key.len()]);
    ends.filter_map(|end| key.get(..end)).filter(|beginning| !beginning.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use chrono::TimeDelta;

    use super::*;

    fn entry() -> Entry {
        Entry {
            display_name: "Politie (Dutch National Police)".to_owned(),
            country: "NL".parse().unwrap(),
            kind: Some(AuthorityKind::Police),
            mail_domains: vec!["politie.nl".to_owned()],
            instruments: Vec::new(),
            accredited: true,
            source: "a list".to_owned(),
            confirmation: Confirmation::Confirmed,
        }
    }

    fn stated(number: &str) -> StatedPhone {
        StatedPhone { number: number.to_owned(), source: "the agency's web site".to_owned() }
    }

    #[test]
    fn a_number_that_is_new_or_comes_back_was_not_held_before() {
        let start = Utc::now();
        let later = start + TimeDelta::days(1);
        let agency = Agency::new(AgencyId::new(), entry(), vec![stated("+31201234567")], start);
        assert_eq!(agency.held_before("+31201234567", later), Some(start));
        assert_eq!(agency.held_before("+31201234567", start), None, "at the same time is not before");

        let agency = agency.replaced(entry(), vec![stated("+31201234567"), stated("+31207654321")], later);
        assert_eq!(agency.held_before("+31201234567", later), Some(start));
        assert_eq!(agency.held_before("+31207654321", later), None);

        let without = agency.replaced(entry(), vec![], later);
        let again = without.replaced(entry(), vec![stated("+31201234567")], later);
        assert_eq!(again.held_before("+31201234567", later), None);
    }

    #[test]
    fn names_are_compared_by_their_words() {
        let agency = Agency::new(AgencyId::new(), entry(), vec![], Utc::now());
        assert_eq!(agency.name_keys(), ["politie dutch national police", "politie"]);
        assert_eq!(name_key("  The U.S. Marshals\u{a0}Service "), "u s marshals service");
        assert_eq!(
            name_beginnings("Politie, Eenheid Den Haag"),
            ["politie", "politie eenheid", "politie eenheid den", "politie eenheid den haag"]
        );
        assert!(name_beginnings("?!").is_empty());
    }

    #[test]
    fn e164() {
        for good in ["+12025550143", "+3120123", "+123456789012345"] {
            assert!(is_e164(good), "{good}");
        }
        for bad in
            ["", "12025550143", "+02025550143", "+123456", "+1234567890123456", "+1 202 555 0143", "+1202555O143"]
        {
            assert!(!is_e164(bad), "{bad}");
        }
    }
}
