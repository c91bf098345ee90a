//! Who is bound to whom, and through which authority: the treaty data, read from its files.

use std::collections::HashMap;

use chrono::NaiveDate;
use rogatory_rulebook::{Citation, Confirmation, Country, Digest, Effect, Finding, MatterType};
use serde::Deserialize;

use super::channel::ChannelKind;

/// The texts of the files in `treaties/`.
#[derive(Debug, Clone, Copy)]
pub struct Files {
    /// `treaties.csv`.
    pub treaties: &'static str,
    /// `evidence_acceptances.csv`.
    pub acceptances: &'static str,
    /// `mlat_hk.csv`.
    pub mlat_hk: &'static str,
    /// `mlat_mo.csv`.
    pub mlat_mo: &'static str,
    /// `eu_eevidence_2023_1543.csv`.
    pub eu: &'static str,
    /// `conventions.csv`.
    pub conventions: &'static str,
    /// `central_authorities.csv`.
    pub authorities: &'static str,
    /// `declarations.csv`.
    pub declarations: &'static str,
    /// `requirements.csv`.
    pub requirements: &'static str,
    /// `territories.csv`.
    pub territories: &'static str,
}

/// The files as this version of the program ships them.
pub const SHIPPED: Files = Files {
    treaties: include_str!("../../treaties/treaties.csv"),
    acceptances: include_str!("../../treaties/evidence_acceptances.csv"),
    mlat_hk: include_str!("../../treaties/mlat_hk.csv"),
    mlat_mo: include_str!("../../treaties/mlat_mo.csv"),
    eu: include_str!("../../treaties/eu_eevidence_2023_1543.csv"),
    conventions: include_str!("../../treaties/conventions.csv"),
    authorities: include_str!("../../treaties/central_authorities.csv"),
    declarations: include_str!("../../treaties/declarations.csv"),
    requirements: include_str!("../../treaties/requirements.csv"),
    territories: include_str!("../../treaties/territories.csv"),
};

/// A row of the treaty data that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("treaties/{file}: {cause}")]
pub struct TreatyFault {
    /// The file.
    pub file: &'static str,
    /// The row and what is wrong with it.
    #[source]
    pub cause: csv::Error,
}

/// Whether something is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InForce {
    /// It is.
    Yes,
    /// It was not when the source was written.
    No,
    /// The source does not say.
    Unknown,
    /// One side suspended it.
    Suspended,
}

/// What the data knows of one country's bond.
#[derive(Debug, Clone)]
pub struct Bond {
    /// Whether it is in force.
    pub in_force: InForce,
    /// Since when; none where the date was not read.
    pub since: Option<NaiveDate>,
    /// From when it was suspended.
    pub suspended_from: Option<NaiveDate>,
    /// Whether it covers civil and commercial matters beside criminal ones. Not read for a Hague convention.
    pub covers_civil: bool,
    /// How far the row was checked.
    pub confirmation: Confirmation,
    /// What to cite.
    pub citation: Citation,
}

/// A Hague convention.
#[derive(Debug, Clone)]
pub struct Convention {
    /// Which matters it covers.
    pub scope: Citation,
    /// The article under which an accession needs acceptance; none where it needs none.
    pub accession: Option<Citation>,
    /// The article that leaves it to judicial authorities to ask; none where others may.
    pub judicial: Option<Citation>,
}

/// The authority that a channel addresses.
#[derive(Debug, Clone)]
pub struct CentralAuthority {
    /// Its name.
    pub name: String,
    /// What to cite.
    pub citation: Citation,
}

/// Whether a State's authorities may issue orders under Regulation (EU) 2023/1543.
#[derive(Debug, Clone)]
pub struct EuState {
    /// From when; none for a Member State that does not take part.
    pub applies_from: Option<NaiveDate>,
    /// What to cite.
    pub citation: Citation,
}

/// Something that binds whoever uses a channel.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// The kind of proceedings in which it binds; none for every kind.
    pub(super) matter: Option<MatterType>,
    pub(super) finding: Finding,
}

/// What binds whoever uses a channel to a place; without a place, to every one.
pub(super) type Conditions = HashMap<(Option<Country>, ChannelKind), Vec<Condition>>;

/// The treaty data.
#[derive(Debug)]
pub struct Treaties {
    pub(super) parties: HashMap<(ChannelKind, Country), Bond>,
    pub(super) acceptances: HashMap<(Country, Country), Bond>,
    pub(super) mlats: HashMap<(Country, Country), Bond>,
    pub(super) eu: HashMap<Country, EuState>,
    pub(super) conventions: HashMap<ChannelKind, Convention>,
    pub(super) authorities: HashMap<(Country, ChannelKind), CentralAuthority>,
    /// Declarations and requirements of a place, or of every place, that bind whoever uses a channel.
    pub(super) conditions: Conditions,
    pub(super) territories: HashMap<Country, Country>,
    pub(super) digest: Digest,
}

impl Treaties {
    /// Reads the files.
    ///
    /// # Errors
    /// The first row that cannot be read.
    pub fn read(files: &Files) -> Result<Self, TreatyFault> {
        super::treaty_file::read(files)
    }

    /// What is known of a country as a party to a Hague convention.
    #[must_use]
    pub fn party(&self, convention: ChannelKind, country: Country) -> Option<&Bond> {
        self.parties.get(&(convention, country))
    }

    /// What is known of the Evidence Convention between a place and another country, after an accession.
    #[must_use]
    pub fn acceptance(&self, place: Country, other: Country) -> Option<&Bond> {
        self.acceptances.get(&(place, other))
    }

    /// What is known of a treaty on legal assistance between a place and another country.
    #[must_use]
    pub fn mlat(&self, place: Country, other: Country) -> Option<&Bond> {
        self.mlats.get(&(place, other))
    }

    /// The convention behind a channel; none for a channel that is no Hague convention.
    #[must_use]
    pub fn convention(&self, channel: ChannelKind) -> Option<&Convention> {
        self.conventions.get(&channel)
    }

    /// The authority of a place that a channel addresses.
    #[must_use]
    pub fn central_authority(&self, place: Country, channel: ChannelKind) -> Option<&CentralAuthority> {
        self.authorities.get(&(place, channel))
    }

    /// What binds whoever uses a channel to a place, where there is one, in a matter of this kind: what the channel asks of everyone, then what the place asks, then what
    /// it has declared.
    #[must_use]
    pub fn conditions(&self, place: Option<Country>, channel: ChannelKind, matter: MatterType) -> Vec<Finding> {
        let of = |place| self.conditions.get(&(place, channel)).into_iter().flatten();
        let special = place.into_iter().flat_map(|place| of(Some(place)));
        let binds = |condition: &&Condition| condition.matter.is_none_or(|bound| bound == matter);
        let (required, declared): (Vec<&Condition>, Vec<&Condition>) =
            of(None).chain(special).filter(binds).partition(|condition| condition.finding.effect() == Effect::Requires);
        required.into_iter().chain(declared).map(|condition| condition.finding.clone()).collect()
    }

    /// A State of the European Union; none for any other.
    #[must_use]
    pub fn eu_state(&self, country: Country) -> Option<&EuState> {
        self.eu.get(&country)
    }

    /// Digest of all the files, by which a replay knows whether the data is still the same.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The State that a place is part of: itself, unless the data knows better.
    #[must_use]
    pub fn state_of(&self, place: Country) -> Country {
        self.territories.get(&place).copied().unwrap_or(place)
    }
}
