//! A legal entity that may be served.

use rogatory_rulebook::{Confirmation, Country};
use serde::{Deserialize, Serialize};

/// A legal entity that may be served. It is not thereby the operator of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Key in the guide: `singapore-e-commerce`.
    pub key: String,
    /// Full company name.
    pub legal_name: String,
    /// Country of incorporation; none until an operator has confirmed it.
    pub incorporation: Option<Country>,
    /// Who read the country of incorporation where and when; there is one whenever there is a country.
    pub incorporation_source: Option<String>,
    /// What the name suggests of its incorporation. It opens nothing for certain.
    pub name_suggests: Option<Country>,
}

impl Contact {
    /// How far the country of incorporation has been checked.
    #[must_use]
    pub fn incorporation_confirmation(&self) -> Confirmation {
        if self.incorporation.is_some() { Confirmation::Confirmed } else { Confirmation::Unconfirmed }
    }

    /// Whether `served` names this contact, by key or legal name; case and spaces do not matter.
    #[must_use]
    pub fn is_named(&self, served: &str) -> bool {
        let served = plain(served);
        plain(&self.key) == served || plain(&self.legal_name) == served
    }

    /// Whether both are one legal entity, whatever their keys.
    #[must_use]
    pub fn is_entity(&self, other: &Self) -> bool {
        plain(&self.legal_name) == plain(&other.legal_name)
    }
}

/// A name without what does not tell two entities apart: case and spaces.
pub(in crate::domain) fn plain(name: &str) -> String {
    name.split_whitespace().collect::<String>().to_lowercase()
}
