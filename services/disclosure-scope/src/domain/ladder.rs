//! The papers of a country in rising order of process.

use rogatory_rulebook::{Country, InstrumentKind};

/// To which authorities a part of a policy is addressed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Countries {
    /// Only to these; empty is all.
    pub only: Vec<Country>,
    /// But not to these.
    pub except: Vec<Country>,
}

impl Countries {
    /// Whether the authority's country is among them.
    #[must_use]
    pub fn has(&self, country: Country) -> bool {
        (self.only.is_empty() || self.only.contains(&country)) && !self.except.contains(&country)
    }
}

/// Papers, each of which opens at least what the one before opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// For whom.
    pub countries: Countries,
    /// Whether it is for emergencies only, or for everything else.
    pub emergency: bool,
    /// From the lowest.
    pub steps: Vec<InstrumentKind>,
}

impl Ladder {
    /// The rungs above a paper; all when it is not on this ladder.
    #[must_use]
    pub fn above(&self, instrument: InstrumentKind) -> &[InstrumentKind] {
        let next = self.steps.iter().position(|step| *step == instrument).map_or(0, |index| index + 1);
        self.steps.get(next..).unwrap_or_default()
    }
}
