//! The list behind [`Country`]: ISO 3166-1 as `rust_iso3166` has it, the places outside it, and what they are called.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use crate::Country;

/// The places outside ISO 3166-1, with the source of their codes.
const OUTSIDE: &str = include_str!("../places.csv");
/// English names in common use beside those of ISO 3166-1.
const NAMES: &str = include_str!("../country_names.csv");
/// No form is longer, in bytes and in any letter case.
const LONGEST: usize = 128;

/// Every place, read once.
pub(crate) static PLACES: LazyLock<Places> = LazyLock::new(Places::read);

pub(crate) struct Place {
    pub(crate) alpha2: &'static str,
    pub(crate) alpha3: &'static str,
    pub(crate) numeric: Option<u16>,
    pub(crate) english_name: &'static str,
}

pub(crate) struct Places {
    /// In the order of the alpha-2 codes.
    places: Vec<Place>,
    /// By the two letters, 26 × 26: the way of a batch, without a hash.
    by_alpha2: Vec<Option<Country>>,
    /// By alpha-3, number in three digits, and every name that means one place; folded.
    by_form: HashMap<String, Country>,
}

impl Places {
    fn read() -> Self {
        let iso = rust_iso3166::ALL.iter().map(|code| Place {
            alpha2: code.alpha2,
            alpha3: code.alpha3,
            numeric: Some(code.numeric),
            english_name: code.name,
        });
        // A row that cannot be read would be missing here; a test reads them all. The texts live as long as the program.
        let outside = rows::<3>(OUTSIDE).flatten().map(|row| {
            let [alpha2, alpha3, english_name] = row.map(|text| &*text.leak());
            Place { alpha2, alpha3, numeric: None, english_name }
        });
        let mut places: Vec<_> = iso.chain(outside).collect();
        places.sort_by_key(|place| place.alpha2);
        let mut by_alpha2 = vec![None; 26 * 26];
        for (country, place) in (0..).map(Country::at).zip(&places) {
            if let Some(slot) = slot(place.alpha2).and_then(|slot| by_alpha2.get_mut(slot)) {
                *slot = Some(country);
            }
        }
        let mut read = Self { places, by_alpha2, by_form: HashMap::new() };
        read.by_form = read.forms().filter_map(|(form, countries)| Some((form, only(&countries)?))).collect();
        read
    }

    /// Every form but the alpha-2 code, folded, with the countries that it may mean.
    fn forms(&self) -> impl Iterator<Item = (String, BTreeSet<Country>)> {
        let mut forms = HashMap::<String, BTreeSet<Country>>::new();
        let mut add = |form: &str, country| {
            forms.entry(fold(form)).or_default().insert(country);
        };
        for (country, place) in self.all().zip(&self.places) {
            add(place.alpha3, country);
            if let Some(number) = place.numeric {
                add(&format!("{number:03}"), country);
            }
            add(place.english_name, country);
            add(&without_parenthesis(place.english_name), country);
            add(place.english_name.split(',').next().unwrap_or_default(), country);
        }
        for [name, alpha2] in rows(NAMES).flatten() {
            if let Some(country) = self.by_alpha2(&alpha2) {
                add(&name, country);
            }
        }
        forms.into_iter()
    }

    pub(crate) fn get(&self, index: u16) -> &Place {
        &self.places[usize::from(index)]
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Country> {
        (0..).map(Country::at).take(self.places.len())
    }

    /// By the alpha-2 code in upper case.
    pub(crate) fn by_alpha2(&self, text: &str) -> Option<Country> {
        *self.by_alpha2.get(slot(text)?)?
    }

    /// By any form in any letter case. An alpha-2 code comes before a name of two letters.
    pub(crate) fn by_any_form(&self, text: &str) -> Option<Country> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        if let Some(country) = self.by_alpha2(&text.to_ascii_uppercase()) {
            return Some(country);
        }
        let form = match text.len() {
            1 | 2 if text.bytes().all(|byte| byte.is_ascii_digit()) => format!("{text:0>3}"),
            _ => fold(text),
        };
        let named = |form: &str| self.by_form.get(form).copied();
        named(&form).or_else(|| named(form.strip_prefix("the ")?))
    }
}

/// Where two upper-case letters stand in the table of 26 × 26.
fn slot(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => {
            Some(usize::from(first - b'A') * 26 + usize::from(second - b'A'))
        }
        _ => None,
    }
}

fn only(countries: &BTreeSet<Country>) -> Option<Country> {
    countries.first().filter(|_| countries.len() == 1).copied()
}

/// One spelling for what differs by letter case and by the number of spaces between words.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// `Cocos Islands` for `Cocos (Keeling) Islands`.
fn without_parenthesis(name: &str) -> String {
    match (name.split_once(" ("), name.split_once(')')) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => name.to_owned(),
    }
}

/// The first columns of each row of a data file; none for a row that has fewer.
fn rows<const COLUMNS: usize>(file: &'static str) -> impl Iterator<Item = Option<[String; COLUMNS]>> {
    csv::Reader::from_reader(file.as_bytes()).into_records().map(|row| {
        let columns: Vec<String> = row.ok()?.iter().take(COLUMNS).map(str::to_owned).collect();
        columns.try_into().ok()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn every_row_of_the_data_files_is_read() {
        for row in rows::<3>(OUTSIDE) {
            let [alpha2, alpha3, name] = row.unwrap();
            let country = PLACES.by_alpha2(&alpha2).unwrap();
            let place = PLACES.places.iter().find(|place| place.alpha2 == alpha2).unwrap();
            assert_eq!((country.alpha3(), country.english_name(), place.numeric), (&*alpha3, &*name, None));
            assert!(rust_iso3166::from_alpha2(&alpha2).is_none(), "{alpha2} is in ISO 3166-1 by now");
        }
        let mut names = BTreeSet::new();
        for row in rows::<2>(NAMES) {
            let [name, alpha2] = row.unwrap();
            assert_eq!(Country::read(&name).map(Country::alpha2), Ok(alpha2.as_str()), "{name}");
            assert!(names.insert(fold(&name)), "{name} stands there twice");
        }
        assert_eq!(rows::<3>(OUTSIDE).count() + 1, OUTSIDE.lines().count());
        assert_eq!(rows::<2>(NAMES).count() + 1, NAMES.lines().count());
    }

    #[test]
    fn no_form_means_two_places() {
        let mut ambiguous: Vec<_> =
            PLACES.forms().filter(|(_, countries)| countries.len() > 1).map(|(form, _)| form).collect();
        ambiguous.sort_unstable();
        // These are refused. A new one is looked at by a person: it may be a slip in the data.
        assert_eq!(ambiguous, ["congo", "korea", "virgin islands"]);
        for (form, countries) in PLACES.forms() {
            assert!(form.len() <= LONGEST / 2, "{form}");
            // No name is the alpha-2 code of another place, or would become another's with "the" before it.
            let short = PLACES.by_alpha2(&form.to_ascii_uppercase());
            assert!(short.is_none(), "{form} is an alpha-2 code");
            let with_article = PLACES.by_form.get(&format!("the {form}"));
            assert!(with_article.is_none_or(|other| only(&countries) == Some(*other)), "the {form}");
        }
    }
}
