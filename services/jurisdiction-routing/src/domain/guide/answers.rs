//! The finished answers of a guide: a contact, or a hold, for every country.

use std::sync::Arc;

use rogatory_rulebook::{Citation, Country, Effect, Finding};

use super::{Contact, Guide, Row, Territory, Treatment};

/// Code of the finding that leaves a place to counsel.
pub(in crate::domain) const TERRITORY_UNDECIDED: &str = "TERRITORY_UNDECIDED";

/// The contact for a residence, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The contact to serve; none when the guide leaves the place to counsel, which a finding tells.
    pub contact: Option<Arc<Contact>>,
    /// Key of the row that chose it; empty when none did.
    pub row: String,
    /// Why.
    pub findings: Vec<Finding>,
}

impl Guide {
    /// The note that a contact is not thereby the operator.
    #[must_use]
    pub fn not_the_operator(&self) -> Finding {
        let note = &self.contact_note;
        Finding::new("CONTACT_NOT_OPERATOR", Effect::Notes, note.text.clone(), self.cite(&note.section))
    }

    /// Where a contact is incorporated, which decides whose process binds it, or that nobody has confirmed it.
    #[must_use]
    pub fn whose_process_binds(&self, contact: &Contact) -> Finding {
        let (name, section) = (&contact.legal_name, &self.contact_note.section);
        let Some(place) = contact.incorporation else {
            let suggestion = contact.name_suggests.map_or(String::new(), |country| {
                format!(" The name suggests {}, which is not confirmed.", country.in_sentence())
            });
            let sentence = format!(
                "The guide does not state where {name} is incorporated, and nobody has confirmed it; it decides whose \
                 process binds the contact.{suggestion}"
            );
            return Finding::new("INCORPORATION_UNCONFIRMED", Effect::Notes, sentence, self.cite(section));
        };
        let sentence = format!("{name} is incorporated in {}: process of that State binds it.", place.in_sentence());
        let read = self.cite_as(section, contact.incorporation_confirmation());
        let citation = Citation { source: contact.incorporation_source.clone(), ..read };
        Finding::new("PROCESS_OF_INCORPORATION", Effect::Notes, sentence, citation)
    }

    /// Fills in the answer for every country. The file has been checked: residences are disjoint, none is without a row or
    /// a default, and no territory is read as part of one that is not itself a residence.
    pub(in crate::domain) fn with_answers(mut self) -> Self {
        self.answers = Country::all().filter_map(|country| Some((country, Arc::new(self.answer(country)?)))).collect();
        self
    }

    fn answer(&self, country: Country) -> Option<Answer> {
        let territory = self.territories.iter().find(|territory| territory.places.contains(&country));
        let counts_as = match territory.map(|territory| (territory, territory.treated)) {
            Some((territory, Treatment::Hold)) => {
                let findings = vec![self.by_configuration(country, territory)];
                return Some(Answer { contact: None, row: String::new(), findings });
            }
            Some((territory, Treatment::State)) => territory.of?,
            Some((_, Treatment::Own)) | None => country,
        };
        let default = || self.rows.iter().find(|row| row.residences.is_empty());
        let row = self.rows.iter().find(|row| row.residences.contains(&counts_as)).or_else(default)?;
        let mut findings = vec![self.by_residence(country, counts_as, row)];
        findings.extend(territory.map(|territory| self.by_configuration(country, territory)));
        findings.push(self.not_the_operator());
        findings.push(self.whose_process_binds(&row.contact));
        Some(Answer { contact: Some(Arc::clone(&row.contact)), row: row.key.clone(), findings })
    }

    fn by_residence(&self, country: Country, counts_as: Country, row: &Row) -> Finding {
        let mut place = country.in_sentence();
        if counts_as != country {
            place = format!("{place}, which is read as part of {}", counts_as.in_sentence());
        }
        let because = if row.residences.is_empty() {
            format!("a user who resides in {place} is in no other row of the table")
        } else {
            format!("the user resides in {place}")
        };
        let sentence = format!("The appropriate contact is {}, because {because}.", row.contact.legal_name);
        Finding::new("CONTACT_BY_RESIDENCE", Effect::Permits, sentence, self.cite(&row.section))
    }

    /// What the configuration decided of a place, since the words of the guide do not.
    fn by_configuration(&self, place: Country, territory: &Territory) -> Finding {
        let (name, why) = (place.in_sentence(), &territory.text);
        let part = territory.of.map(|state| format!("part of {}", state.in_sentence()));
        let (code, effect, decided) = match (territory.treated, part) {
            (Treatment::Own, None) => {
                ("TERRITORY_BY_CONFIGURATION", Effect::Notes, "a residence of its own".to_owned())
            }
            (Treatment::Own, Some(part)) => {
                ("TERRITORY_BY_CONFIGURATION", Effect::Notes, format!("a residence of its own and not {part}"))
            }
            (Treatment::State, part) => {
                ("TERRITORY_BY_CONFIGURATION", Effect::Notes, part.unwrap_or_else(|| "part of its State".to_owned()))
            }
            (Treatment::Hold, _) => {
                (TERRITORY_UNDECIDED, Effect::Holds, "a place for which counsel must name the contact".to_owned())
            }
        };
        let sentence = format!("The operator's configuration reads {name} as {decided}. {why}");
        Finding::new(code, effect, sentence, self.cite_as(&territory.section, territory.confirmation))
    }
}
