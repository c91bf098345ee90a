//! Countries and territories, by their code.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::places::{PLACES, Place};

/// A country or territory: one with an officially assigned code of ISO 3166-1, or one of `places.csv`, which has those
/// that are outside that standard and still needed, with the source of their codes (Kosovo, XK). Hong Kong (HK), Macao
/// (MO) and Taiwan (TW) have codes of their own. What a code means for a decision, a rule file says and not this list.
///
/// The order is that of the alpha-2 codes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(u16);

/// A text does not name a country in a spelling that is taken where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the alpha-2 code of a country; write it as two upper-case letters of ISO 3166-1, for example `HK`")]
pub struct UnknownCountry;

impl Country {
    /// The country at a place of the list; only the list knows how many there are.
    pub(crate) const fn at(index: u16) -> Self {
        Self(index)
    }

    fn place(self) -> &'static Place {
        PLACES.get(self.0)
    }

    /// The two letters: `HK`.
    #[must_use]
    pub fn alpha2(self) -> &'static str {
        self.place().alpha2
    }

    /// The three letters: `HKG`.
    #[must_use]
    pub fn alpha3(self) -> &'static str {
        self.place().alpha3
    }

    /// The number in ISO 3166-1: 344 for Hong Kong. None for what is outside that standard.
    #[must_use]
    pub fn numeric(self) -> Option<u16> {
        self.place().numeric
    }

    /// The English short name as ISO 3166-1 has it: `Hong Kong`, `Korea (Republic of)`.
    #[must_use]
    pub fn english_name(self) -> &'static str {
        self.place().english_name
    }

    /// The name as it stands in a sentence: `Kazakhstan`, but `the United States of America`.
    #[must_use]
    pub fn in_sentence(self) -> String {
        let name = self.english_name();
        let plural = ["Netherlands", "Philippines", "Bahamas", "Maldives", "Comoros"];
        let plural = plural.iter().any(|start| name.starts_with(start)) || name.contains("Islands");
        let named_by_form = !name.contains(['(', ','])
            && ["United ", "Republic", "Federation", "Territory", "Territories", "Holy See"]
                .iter()
                .any(|form| name.contains(form));
        if plural || named_by_form || self.alpha2() == "GM" { format!("the {name}") } else { name.to_owned() }
    }

    /// Every country, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        PLACES.all()
    }

    /// What a caller may write: the alpha-2 code, the alpha-3 code, the numeric code (its leading zeros may be missing),
    /// or an English name: the short name of ISO 3166-1, that name without its parenthesis or what follows a comma, or
    /// one of `country_names.csv`. Letter case, spaces around it and a leading "the" do not matter. A name that may mean
    /// two places (`Korea`, `Congo`, `Virgin Islands`) is not taken, not even where it is the ISO name of one of them.
    ///
    /// Stored data and rule files have one spelling and are read with [`FromStr`] instead.
    ///
    /// # Errors
    /// When it names no country, or not just one.
    pub fn read(text: &str) -> Result<Self, UnknownCountry> {
        PLACES.by_alpha2(text).or_else(|| PLACES.by_any_form(text)).ok_or(UnknownCountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.alpha2())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.alpha2())
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    /// The alpha-2 code in upper case and nothing else: one spelling keeps equal things equal as text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        PLACES.by_alpha2(text).ok_or(UnknownCountry)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.alpha2())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By a visitor and not by way of a String: only then does a reader that knows positions point at this value.
        struct Code;
        impl de::Visitor<'_> for Code {
            type Value = Country;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the alpha-2 code of a country")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Country, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Code)
    }
}
