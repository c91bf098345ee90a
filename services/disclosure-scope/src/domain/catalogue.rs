//! The data elements that a platform holds of its users.

use rogatory_rulebook::{DataClass, words};

words! {
    /// What an element is under the US Stored Communications Act, which reaches a provider of an electronic communication
    /// service only: the chat of a marketplace, perhaps not its ledgers.
    UsClass, "US class" {
        /// Content of communications that the service carries.
        EcsContent = "ecs_content",
        /// A record of the communication service about its customer.
        EcsRecord = "ecs_record",
        /// A record of the shop.
        CommercialRecord = "commercial_record",
    }
}

words! {
    /// How much harm a wrong disclosure of an element does.
    Sensitivity, "sensitivity" {
        /// Little: what the user shows to anybody.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much: where a person is, what a person wrote, what a person is worth.
        High = "high",
    }
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
    /// How much harm a wrong disclosure does.
    pub sensitivity: Sensitivity,
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
