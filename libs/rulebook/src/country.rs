//! Countries and territories, by their code.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A country or territory with an officially assigned ISO 3166-1 alpha-2 code. Hong Kong (HK), Macao (MO) and Taiwan
/// (TW) have codes of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country {
    alpha2: &'static str,
    english_name: &'static str,
}

/// A text is not an officially assigned alpha-2 code in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 3166-1 alpha-2 country code; write it as two upper-case letters, for example `HK`")]
pub struct UnknownCountry;

impl Country {
    /// The two letters: `HK`.
    #[must_use]
    pub const fn alpha2(self) -> &'static str {
        self.alpha2
    }

    /// The English short name as ISO 3166-1 has it: `Hong Kong`, `Korea (Republic of)`.
    #[must_use]
    pub const fn english_name(self) -> &'static str {
        self.english_name
    }

    /// The name as it stands in a sentence: `Kazakhstan`, but `the United States of America`.
    #[must_use]
    pub fn in_sentence(self) -> String {
        let name = self.english_name;
        let plural = ["Netherlands", "Philippines", "Bahamas", "Maldives", "Comoros"];
        let plural = plural.iter().any(|start| name.starts_with(start)) || name.contains("Islands");
        let named_by_form = !name.contains(['(', ','])
            && ["United ", "Republic", "Federation", "Territory", "Territories", "Holy See"]
                .iter()
                .any(|form| name.contains(form));
        if plural || named_by_form || self.alpha2 == "GM" { format!("the {name}") } else { name.to_owned() }
    }

    /// Every country, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        rust_iso3166::ALL.iter().map(|code| Self { alpha2: code.alpha2, english_name: code.name })
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.alpha2)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.alpha2)
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The list would also take other spellings; one spelling keeps equal things equal as text.
        rust_iso3166::from_alpha2(text)
            .filter(|code| code.alpha2 == text)
            .map(|code| Self { alpha2: code.alpha2, english_name: code.name })
            .ok_or(UnknownCountry)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.alpha2)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By a visitor and not by way of a String: only then does a reader that knows positions point at this value.
        struct Code;
        impl de::Visitor<'_> for Code {
            type Value = Country;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an ISO 3166-1 alpha-2 country code")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Country, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Code)
    }
}
