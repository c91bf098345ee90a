//! Disputed places and overseas territories.

use rogatory_rulebook::{Confirmation, Country};
use serde::Deserialize;

/// How places are treated of which the words of the guide do not say whether they belong to a State that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory {
    /// The places. Each stands in one territory only.
    pub places: Vec<Country>,
    /// The State that they may be read as part of; none where the file does not say. There is one for [`Treatment::State`].
    pub of: Option<Country>,
    /// What is done with them.
    pub treated: Treatment,
    /// The section of the guide that is applied.
    pub section: String,
    /// How far counsel has confirmed it.
    pub confirmation: Confirmation,
    /// Why, as a sentence.
    pub text: String,
}

/// What is done with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// It is a residence of its own: its row decides, or the row of every other residence.
    Own,
    /// Who resides there resides in its State.
    State,
    /// Nobody is served until counsel decides.
    Hold,
}
