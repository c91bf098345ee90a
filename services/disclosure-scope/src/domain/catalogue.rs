//! The data elements that a platform holds of its users.

use rogatory_rulebook::DataClass;
use serde::{Deserialize, Serialize};

/// What an element is under the US Stored Communications Act, which reaches a provider of an electronic communication
/// service only: the chat of a marketplace, perhaps not its ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsClass {
    /// Content of communications that the service carries.
    EcsContent,
    /// A record of the communication service about its customer.
    EcsRecord,
    /// A record of the shop.
    CommercialRecord,
}

/// One kind of data that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Key in the catalogue: `orders`.
    pub key: String,
    /// Decides the level of process.
    pub class: DataClass,
    /// What it is under the US Stored Communications Act.
    pub us_class: UsClass,
    /// Whether its records have a time, so that a request must say which window it wants.
    pub has_window: bool,
    /// What it consists of, for a reader.
    pub description: String,
}

/// The elements of one platform.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue(Vec<Element>);

impl Catalogue {
    /// Of these elements, whose keys differ.
    #[must_use]
    pub fn new(elements: Vec<Element>) -> Self {
        Self(elements)
    }

    /// The element with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Element> {
        self.0.iter().find(|element| element.key == key)
    }

    /// Every element, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Element> {
        self.0.iter()
    }
}
