//! An agency of the registry: who it is, what it may issue, and how it is reached by a way that it did not name itself.

use chrono::{DateTime, Utc};
use rogatory_names::AgencyId;
use rogatory_rulebook::{AuthorityKind, Confirmation, Country, Digest, InstrumentKind};
use serde::{Deserialize, Serialize};

use super::known::Window;

/// An agency of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// What is recorded of it.
    #[serde(flatten)]
    pub entry: Entry,
    /// Mail domains that belong to it, each once.
    pub domains: Vec<MailDomain>,
    /// Its published telephone numbers, E.164: `+12025550143`.
    pub phones: Vec<Listed<String>>,
    /// Its published mailboxes.
    pub mailboxes: Vec<Listed<String>>,
    /// SHA-256 of the certificates with which it signs.
    pub certificates: Vec<Listed<Digest>>,
    /// When it was added.
    pub create_time: DateTime<Utc>,
    /// When it was last changed.
    pub update_time: DateTime<Utc>,
}

/// What is recorded of an agency, beside the ways to reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Official name.
    pub display_name: String,
    /// Its country.
    pub country: Country,
    /// Its part of the country, ISO 3166-2.
    pub subdivision: Option<String>,
    /// Of what kind it is; none where the source of a seeded entry does not say.
    pub kind: Option<AuthorityKind>,
    /// Instruments that it may issue; empty: by the rules for its kind.
    pub instruments: Vec<InstrumentKind>,
    /// That it is an accredited law-enforcement agency; none when no source says so.
    pub accreditation: Option<Accreditation>,
    /// Where this was read.
    pub source: String,
    /// How far it has been checked.
    pub confirmation: Confirmation,
}

/// That an agency is accredited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accreditation {
    /// Where this was read.
    pub source: String,
    /// While it holds.
    pub valid: Window,
}

/// A mail domain of an agency. It covers what lies below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailDomain {
    /// The domain, lower case.
    pub domain: String,
    /// While it belongs to the agency.
    pub valid: Window,
    /// When it was recorded here.
    pub record_time: DateTime<Utc>,
}

/// Something that an agency or its government publishes: a number, a mailbox, a certificate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// What is published.
    pub value: T,
    /// Where it was read.
    pub source: String,
    /// When it was recorded here.
    pub record_time: DateTime<Utc>,
}

impl<T> std::fmt::Debug for Listed<T> {
    /// Without the value: it may be the number or the mailbox of a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("record_time", &self.record_time).finish_non_exhaustive()
    }
}

/// An agency as a person or a file states it. When something was recorded is never stated, only known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// What is to be recorded of it.
    pub entry: Entry,
    /// Mail domains, and while they belong to it.
    pub domains: Vec<(String, Window)>,
    /// Telephone numbers, each with its source.
    pub phones: Vec<(String, String)>,
    /// Mailboxes, each with its source.
    pub mailboxes: Vec<(String, String)>,
    /// Certificates, each with its source.
    pub certificates: Vec<(Digest, String)>,
}

impl Agency {
    /// A new agency. Everything of it is recorded now.
    #[must_use]
    pub fn new(id: AgencyId, stated: Stated, now: DateTime<Utc>) -> Self {
        let Stated { entry, domains, phones, mailboxes, certificates } = stated;
        Self {
            id,
            entry,
            domains: recorded_domains(&[], domains, now),
            phones: recorded(&[], phones, now),
            mailboxes: recorded(&[], mailboxes, now),
            certificates: recorded(&[], certificates, now),
            create_time: now,
            update_time: now,
        }
    }

    /// The agency with everything replaced. What it had keeps its record time, what is new gets `now`, and so does what
    /// was taken out and comes back: it can never serve for a request that came before.
    #[must_use]
    pub fn replaced(&self, stated: Stated, now: DateTime<Utc>) -> Self {
        let Stated { entry, domains, phones, mailboxes, certificates } = stated;
        Self {
            id: self.id,
            entry,
            domains: recorded_domains(&self.domains, domains, now),
            phones: recorded(&self.phones, phones, now),
            mailboxes: recorded(&self.mailboxes, mailboxes, now),
            certificates: recorded(&self.certificates, certificates, now),
            create_time: self.create_time,
            update_time: now,
        }
    }

    /// Whether nothing of it would change.
    #[must_use]
    pub fn is_as(&self, stated: &Stated) -> bool {
        let same = Self { update_time: self.update_time, ..self.replaced(stated.clone(), DateTime::<Utc>::MAX_UTC) };
        same == *self
    }

    /// Under which keys the agency is found by name: its whole name, and its name without what stands in brackets.
    #[must_use]
    pub fn name_keys(&self) -> [String; 2] {
        name_keys(&self.entry.display_name)
    }
}

fn recorded_domains(known: &[MailDomain], stated: Vec<(String, Window)>, now: DateTime<Utc>) -> Vec<MailDomain> {
    let since = |domain: &str| known.iter().find(|known| known.domain == domain).map(|known| known.record_time);
    let domain =
        |(domain, valid): (String, Window)| MailDomain { record_time: since(&domain).unwrap_or(now), domain, valid };
    stated.into_iter().map(domain).collect()
}

fn recorded<T: PartialEq>(known: &[Listed<T>], stated: Vec<(T, String)>, now: DateTime<Utc>) -> Vec<Listed<T>> {
    let since = |value: &T| known.iter().find(|known| known.value == *value).map(|known| known.record_time);
    let listed = |(value, source): (T, String)| Listed { record_time: since(&value).unwrap_or(now), value, source };
    stated.into_iter().map(listed).collect()
}

/// Whether a text is a telephone number in the form of E.164: `+`, then 7 to 15 digits, the first not 0.
#[must_use]
pub fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a text has the form of a subdivision of `country` in ISO 3166-2: `US-CA`.
#[must_use]
pub fn is_subdivision_of(subdivision: &str, country: Country) -> bool {
    subdivision.strip_prefix(country.alpha2()).and_then(|rest| rest.strip_prefix('-')).is_some_and(|part| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

/// Under which keys an agency is found by its name: the whole of it, and without what stands in brackets.
#[must_use]
pub fn name_keys(display_name: &str) -> [String; 2] {
    let bare = display_name.split_once('(').map_or(display_name, |(bare, _)| bare);
    [name_key(display_name), name_key(bare)]
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
    use crate::domain::known::KnownAgency;

    fn stated(numbers: &[&str]) -> Stated {
        Stated {
            entry: Entry {
                display_name: "Politie (Dutch National Police)".to_owned(),
                country: "NL".parse().unwrap(),
                subdivision: None,
                kind: Some(AuthorityKind::Police),
                instruments: Vec::new(),
                accreditation: Some(Accreditation { source: "a list".to_owned(), valid: Window::default() }),
                source: "a list".to_owned(),
                confirmation: Confirmation::Confirmed,
            },
            domains: vec![("politie.nl".to_owned(), Window::default())],
            phones: numbers.iter().map(|number| ((*number).to_owned(), "its web site".to_owned())).collect(),
            mailboxes: Vec::new(),
            certificates: Vec::new(),
        }
    }

    fn held(agency: &Agency, number: &str, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
        KnownAgency::new(agency, &[]).number_held_before(number, before)
    }

    #[test]
    fn a_number_that_is_new_or_comes_back_was_not_held_before() {
        let start = Utc::now();
        let later = start + TimeDelta::days(1);
        let agency = Agency::new(AgencyId::new(), stated(&["+31201234567"]), start);
        assert_eq!(held(&agency, "+31201234567", later), Some(start));
        assert_eq!(held(&agency, "+31201234567", start), None, "at the same time is not before");

        let agency = agency.replaced(stated(&["+31201234567", "+31207654321"]), later);
        assert_eq!(held(&agency, "+31201234567", later), Some(start));
        assert_eq!(held(&agency, "+31207654321", later), None);
        assert_eq!(agency.domains[0].record_time, start);

        let without = agency.replaced(stated(&[]), later);
        let again = without.replaced(stated(&["+31201234567"]), later);
        assert_eq!(held(&again, "+31201234567", later), None);
        assert!(again.is_as(&stated(&["+31201234567"])));
        assert!(!again.is_as(&stated(&["+31207654321"])));
    }

    #[test]
    fn names_are_compared_by_their_words() {
        let agency = Agency::new(AgencyId::new(), stated(&[]), Utc::now());
        assert_eq!(agency.name_keys(), ["politie dutch national police", "politie"]);
        assert_eq!(name_key("  The U.S. Marshals\u{a0}Service "), "u s marshals service");
        assert_eq!(
            name_beginnings("Politie, Eenheid Den Haag"),
            ["politie", "politie eenheid", "politie eenheid den", "politie eenheid den haag"]
        );
        assert!(name_beginnings("?!").is_empty());
    }

    #[test]
    fn e164_and_iso_3166_2() {
        for good in ["+12025550143", "+3120123", "+123456789012345"] {
            assert!(is_e164(good), "{good}");
        }
        for bad in
            ["", "12025550143", "+02025550143", "+123456", "+1234567890123456", "+1 202 555 0143", "+1202555O143"]
        {
            assert!(!is_e164(bad), "{bad}");
        }
        let us: Country = "US".parse().unwrap();
        assert!(is_subdivision_of("US-CA", us));
        assert!(!is_subdivision_of("CA-ON", us) && !is_subdivision_of("US-", us) && !is_subdivision_of("USCA", us));
    }
}
