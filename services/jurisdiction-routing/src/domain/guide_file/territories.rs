//! How disputed places and overseas territories are treated.

use std::collections::{BTreeMap, HashMap};

use rogatory_rulebook::{Country, Spanned};

use super::{
    Check,
    values::{SENTENCE, shown},
};
use crate::domain::{
    guide::{Territory, Treatment},
    guide_entries::TerritoryEntry,
};

impl Check<'_> {
    /// Reads the territories. `rows` tells the row of each residence that one names.
    pub(super) fn territories(
        &mut self,
        entries: &[Spanned<TerritoryEntry>],
        rows: &HashMap<Country, String>,
    ) -> Vec<Territory> {
        let mut territories = Vec::new();
        let mut treatments: BTreeMap<Country, Option<Treatment>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let (entry, path) = (entry.get_ref(), format!("territory[{index}]"));
            let treated: Option<Treatment> = self.choice(&entry.treated, &format!("{path}.treated"));
            let at = format!("{path}.places");
            if entry.places.get_ref().is_empty() {
                self.fault(entry.places.span(), &at, "names no place");
            }
            let mut places = Vec::new();
            for (place, code) in entry.places.get_ref().iter().enumerate() {
                let path = format!("{at}[{place}]");
                let Some(country) = self.country(code, &path) else { continue };
                if treatments.insert(country, treated).is_some() {
                    self.fault(code.span(), path, format!("{country} stands in a territory twice"));
                    continue;
                }
                if let Some(row) = rows.get(&country)
                    && matches!(treated, Some(Treatment::State | Treatment::Hold))
                {
                    let how = shown(&entry.treated);
                    let description = format!("{country} is in row `{row}` and cannot be treated as `{how}` as well");
                    self.fault(code.span(), path, description);
                }
                places.push(country);
            }
            let of = self.state(entry, &path, treated, &places);
            let section = self.section(&entry.section, &format!("{path}.section"));
            let confirmation = self.word(&entry.confirmation, &format!("{path}.confirmation"));
            let text = self.line(&entry.text, &format!("{path}.text"), SENTENCE);
            if let (Some(treated), Some(section), Some(confirmation), Some(text)) =
                (treated, section, confirmation, text)
            {
                territories.push(Territory { places, of, treated, section, confirmation, text });
            }
        }
        self.no_chains(entries, &treatments);
        territories
    }

    fn state(
        &mut self,
        entry: &TerritoryEntry,
        path: &str,
        treated: Option<Treatment>,
        places: &[Country],
    ) -> Option<Country> {
        let at = format!("{path}.of");
        match entry.of.as_ref().filter(|state| !state.get_ref().is_empty()) {
            Some(code) => {
                let state = self.country(code, &at)?;
                if places.contains(&state) {
                    self.fault(code.span(), at, format!("{state} is no territory of itself"));
                }
                Some(state)
            }
            None => {
                if treated == Some(Treatment::State) {
                    let span = entry.of.as_ref().map_or(entry.treated.span(), Spanned::span);
                    self.fault(span, at, "say which State these places are read as part of");
                }
                None
            }
        }
    }

    /// A State that is itself read as part of another, or held, answers for no territory.
    fn no_chains(&mut self, entries: &[Spanned<TerritoryEntry>], treatments: &BTreeMap<Country, Option<Treatment>>) {
        for (index, entry) in entries.iter().enumerate() {
            let Some(code) = &entry.get_ref().of else { continue };
            let Ok(state) = code.get_ref().parse::<Country>() else { continue };
            if let Some(Some(Treatment::State | Treatment::Hold)) = treatments.get(&state)
                && !entry.get_ref().places.get_ref().iter().any(|place| place.get_ref() == code.get_ref())
            {
                let description = format!("{state} is itself a territory that is no residence of its own");
                self.fault(code.span(), format!("territory[{index}].of"), description);
            }
        }
    }
}
