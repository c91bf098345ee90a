//! Reading the treaty data from its files.

use std::collections::HashMap;

use chrono::NaiveDate;
use rogatory_rulebook::{Citation, Confirmation, Country, Digest, Effect, Finding, MatterType};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::{
    channel::ChannelKind,
    treaties::{
        Bond, CentralAuthority, Condition, Conditions, Convention, EuState, Files, InForce, Treaties, TreatyFault,
    },
};

/// Reads the files.
pub(super) fn read(files: &Files) -> Result<Treaties, TreatyFault> {
    let mut parties = HashMap::new();
    let mut mlats = HashMap::new();
    for row in rows::<TreatyRow>("treaties.csv", files.treaties)? {
        match row.place {
            Some(place) => mlats.insert((place, row.alpha2), row.mlat(place)),
            None => parties.insert((row.instrument.convention(), row.alpha2), row.party()),
        };
    }
    for (file, text) in [("mlat_hk.csv", files.mlat_hk), ("mlat_mo.csv", files.mlat_mo)] {
        for row in rows::<SarRow>(file, text)? {
            if row.covers_evidence.as_deref() != Some("no") {
                mlats.insert((row.place, row.alpha2), row.bond());
            }
        }
    }
    Ok(Treaties {
        parties,
        acceptances: acceptances(files.acceptances)?,
        mlats,
        eu: eu_states(files.eu)?,
        conventions: conventions(files.conventions)?,
        authorities: authorities(files.authorities)?,
        conditions: conditions(files)?,
        territories: rows::<TerritoryRow>("territories.csv", files.territories)?
            .into_iter()
            .map(|row| (row.place, row.state))
            .collect(),
        digest: digest(files),
    })
}

fn acceptances(text: &str) -> Result<HashMap<(Country, Country), Bond>, TreatyFault> {
    let bond = |row: AcceptanceRow| {
        let confirmation = row.status.into();
        let citation = cite("Hague Evidence Convention 1970", "Art. 39", confirmation, &row.source, &row.as_of);
        let (in_force, since) = (InForce::Yes, row.from_date);
        let bond = Bond { in_force, since, suspended_from: None, covers_civil: true, confirmation, citation };
        ((row.place, row.alpha2), bond)
    };
    Ok(rows("evidence_acceptances.csv", text)?.into_iter().map(bond).collect())
}

fn eu_states(text: &str) -> Result<HashMap<Country, EuState>, TreatyFault> {
    let state = |row: EuRow| {
        let applies_from = row.applies_from.filter(|_| row.bound == InForce::Yes);
        let citation = cite("Regulation (EU) 2023/1543", "States bound", row.status.into(), &row.source, &row.as_of);
        (row.alpha2, EuState { applies_from, citation })
    };
    Ok(rows("eu_eevidence_2023_1543.csv", text)?.into_iter().map(state).collect())
}

fn conventions(text: &str) -> Result<HashMap<ChannelKind, Convention>, TreatyFault> {
    let convention = |row: ConventionRow| {
        let at = |section: &str| cite(row.document.clone(), section, row.status.into(), &row.source, &row.as_of);
        let optional = |section: &str| Some(section).filter(|section| !section.is_empty()).map(at);
        let (accession, judicial) = (optional(&row.accession_section), optional(&row.judicial_section));
        (row.channel, Convention { scope: at(&row.scope_section), accession, judicial })
    };
    Ok(rows("conventions.csv", text)?.into_iter().map(convention).collect())
}

fn authorities(text: &str) -> Result<HashMap<(Country, ChannelKind), CentralAuthority>, TreatyFault> {
    let authority = |row: AuthorityRow| {
        let citation = cite(row.document, &row.section, row.status.into(), &row.source, &row.as_of);
        ((row.place, row.channel), CentralAuthority { name: row.authority, citation })
    };
    Ok(rows("central_authorities.csv", text)?.into_iter().map(authority).collect())
}

fn conditions(files: &Files) -> Result<Conditions, TreatyFault> {
    let mut conditions = Conditions::new();
    let sources = [
        ("requirements.csv", files.requirements, Effect::Requires),
        ("declarations.csv", files.declarations, Effect::Notes),
    ];
    for (file, text, effect) in sources {
        for row in rows::<ConditionRow>(file, text)? {
            let citation = cite(row.document, &row.section, row.status.into(), &row.source, &row.as_of);
            let finding = Finding::new(row.code, effect, row.sentence, citation);
            let condition = Condition { matter: row.matter, finding };
            conditions.entry((row.place, row.channel)).or_default().push(condition);
        }
    }
    Ok(conditions)
}

/// The digest of every file with its length, so that no text can move from one to another unseen.
fn digest(files: &Files) -> Digest {
    let Files {
        treaties,
        acceptances,
        mlat_hk,
        mlat_mo,
        eu,
        conventions,
        authorities,
        declarations,
        requirements,
        territories,
    } = files;
    let all = [
        treaties,
        acceptances,
        mlat_hk,
        mlat_mo,
        eu,
        conventions,
        authorities,
        declarations,
        requirements,
        territories,
    ];
    Digest::of(all.iter().map(|text| format!("{} {text}", text.len())).collect::<String>())
}

fn cite(document: impl Into<String>, section: &str, confirmation: Confirmation, source: &str, as_of: &str) -> Citation {
    Citation {
        document: document.into(),
        revision: None,
        section: section.to_owned(),
        confirmation,
        source: Some(format!("{source} (as of: {as_of})")),
    }
}

fn rows<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<Vec<T>, TreatyFault> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|cause| TreatyFault { file, cause })
}

/// How far a row was checked, as the files write it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Confirmed,
    PartyConfirmedDateUnconfirmed,
    Unconfirmed,
}

impl From<Status> for Confirmation {
    fn from(status: Status) -> Self {
        match status {
            Status::Confirmed => Self::Confirmed,
            Status::PartyConfirmedDateUnconfirmed => Self::DateUnconfirmed,
            Status::Unconfirmed => Self::Unconfirmed,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum Instrument {
    #[serde(rename = "hague_service_1965")]
    HagueService,
    #[serde(rename = "hague_evidence_1970")]
    HagueEvidence,
    #[serde(rename = "mlat_criminal")]
    MlatCriminal,
    #[serde(rename = "mlat_civil_criminal")]
    MlatCivilCriminal,
}

impl Instrument {
    fn convention(self) -> ChannelKind {
        match self {
            Self::HagueService => ChannelKind::HagueService,
            Self::HagueEvidence => ChannelKind::HagueEvidence,
            Self::MlatCriminal | Self::MlatCivilCriminal => ChannelKind::Mlat,
        }
    }
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = |text: String| NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(serde::de::Error::custom);
    Some(text).filter(|text| !text.is_empty()).map(read).transpose()
}

#[derive(Deserialize)]
struct TreatyRow {
    /// Whose treaty it is with the other country; empty for a convention of many.
    place: Option<Country>,
    alpha2: Country,
    country: String,
    instrument: Instrument,
    in_force: InForce,
    #[serde(deserialize_with = "day")]
    entry_into_force: Option<NaiveDate>,
    status: Status,
    source: String,
    as_of: String,
}

impl TreatyRow {
    fn party(&self) -> Bond {
        let document = match self.instrument {
            Instrument::HagueService => "Hague Service Convention 1965",
            _ => "Hague Evidence Convention 1970",
        };
        self.bond(document, "status table")
    }

    fn mlat(&self, place: Country) -> Bond {
        let matters = if self.covers_civil() { "civil and criminal" } else { "criminal" };
        let document =
            format!("Treaty of {} with {} on assistance in {matters} matters", place.in_sentence(), self.country);
        self.bond(&document, "existence and entry into force")
    }

    fn covers_civil(&self) -> bool {
        self.instrument == Instrument::MlatCivilCriminal
    }

    fn bond(&self, document: &str, section: &str) -> Bond {
        let confirmation = self.status.into();
        Bond {
            in_force: self.in_force,
            since: self.entry_into_force,
            suspended_from: None,
            covers_civil: self.covers_civil(),
            confirmation,
            citation: cite(document, section, confirmation, &self.source, &self.as_of),
        }
    }
}

#[derive(Deserialize)]
struct SarRow {
    place: Country,
    alpha2: Country,
    country: String,
    in_force: InForce,
    #[serde(default, deserialize_with = "day")]
    suspended_from: Option<NaiveDate>,
    covers_evidence: Option<String>,
    status: Status,
    source: String,
    as_of: String,
}

impl SarRow {
    fn bond(&self) -> Bond {
        let confirmation = self.status.into();
        let document = format!(
            "Agreement of {} with {} on assistance in criminal matters",
            self.place.in_sentence(),
            self.country
        );
        Bond {
            in_force: self.in_force,
            since: None,
            suspended_from: self.suspended_from,
            covers_civil: false,
            confirmation,
            citation: cite(document, "existence and entry into force", confirmation, &self.source, &self.as_of),
        }
    }
}

#[derive(Deserialize)]
struct AcceptanceRow {
    place: Country,
    alpha2: Country,
    #[serde(deserialize_with = "day")]
    from_date: Option<NaiveDate>,
    status: Status,
    source: String,
    as_of: String,
}

#[derive(Deserialize)]
struct EuRow {
    alpha2: Country,
    bound: InForce,
    #[serde(deserialize_with = "day")]
    applies_from: Option<NaiveDate>,
    status: Status,
    source: String,
    as_of: String,
}

#[derive(Deserialize)]
struct ConventionRow {
    channel: ChannelKind,
    document: String,
    scope_section: String,
    accession_section: String,
    judicial_section: String,
    status: Status,
    source: String,
    as_of: String,
}

#[derive(Deserialize)]
struct AuthorityRow {
    place: Country,
    channel: ChannelKind,
    authority: String,
    document: String,
    section: String,
    status: Status,
    source: String,
    as_of: String,
}

/// A row of `declarations.csv` or `requirements.csv`.
#[derive(Deserialize)]
struct ConditionRow {
    /// The State addressed; empty for all.
    place: Option<Country>,
    channel: ChannelKind,
    /// The kind of proceedings; empty for every kind.
    matter: Option<MatterType>,
    code: String,
    section: String,
    sentence: String,
    document: String,
    status: Status,
    source: String,
    as_of: String,
}

#[derive(Deserialize)]
struct TerritoryRow {
    place: Country,
    state: Country,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use crate::domain::treaties::SHIPPED;

    #[test]
    fn every_shipped_row_is_read_and_none_twice() {
        let treaties = Treaties::read(&SHIPPED).unwrap();
        let rows = |text: &str| text.lines().count() - 1;
        let no_evidence = SHIPPED.mlat_mo.lines().filter(|line| line.contains(",no,")).count();
        let all = rows(SHIPPED.treaties) + rows(SHIPPED.mlat_hk) + rows(SHIPPED.mlat_mo) - no_evidence;
        assert_eq!(treaties.parties.len() + treaties.mlats.len(), all);
        assert_eq!(treaties.acceptances.len(), rows(SHIPPED.acceptances));
        assert_eq!(treaties.authorities.len(), rows(SHIPPED.authorities));
        let conditions = treaties.conditions.values().map(Vec::len).sum::<usize>();
        assert_eq!(conditions, rows(SHIPPED.declarations) + rows(SHIPPED.requirements));
        assert_eq!((treaties.eu.len(), treaties.conventions.len(), treaties.territories.len()), (27, 2, 2));
        let bonds = treaties.parties.values().chain(treaties.mlats.values()).chain(treaties.acceptances.values());
        assert!(bonds.map(|bond| &bond.citation).all(|citation| citation.source.is_some()));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_told() {
        let files = Files { territories: "place,state\nHK,XX\n", ..SHIPPED };
        let fault = Treaties::read(&files).unwrap_err().to_string();
        assert!(fault.contains("territories.csv") && fault.contains("line: 2"), "{fault}");
    }
}
