//! The shape of the file of the rules.

use std::collections::{BTreeMap, BTreeSet};

use rogatory_rulebook::{AuthorityKind, Citation, Confirmation, Country, InstrumentKind, Spanned};
use serde::Deserialize;

use super::{
    evidence::Kind,
    rules::{Level, Lookalike, Zone},
};

pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) document: Text,
    pub(super) title: Text,
    pub(super) citation: BTreeMap<String, Citation>,
    pub(super) outside: OutsideEntry,
    pub(super) weight: BTreeMap<Kind, Spanned<u8>>,
    pub(super) required: RequiredEntry,
    pub(super) emergency: Spanned<EmergencyEntry>,
    pub(super) level: Vec<Spanned<LevelEntry>>,
    pub(super) need: Vec<Spanned<NeedEntry>>,
    pub(super) competence: Vec<Spanned<CompetenceEntry>>,
    #[serde(default)]
    pub(super) instrument: Vec<Spanned<InstrumentEntry>>,
    pub(super) challenge: ChallengeEntry,
    pub(super) signals: SignalsEntry,
    pub(super) observation: Vec<Spanned<PassageEntry>>,
    pub(super) conclusion: Vec<Spanned<PassageEntry>>,
    pub(super) sender: SenderEntry,
    pub(super) zones: Vec<ZonesEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutsideEntry {
    pub(super) countries: BTreeSet<Country>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequiredEntry {
    pub(super) otherwise: Level,
    pub(super) emergency: Level,
    #[serde(default)]
    pub(super) instrument: BTreeMap<InstrumentKind, Level>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmergencyEntry {
    pub(super) needs: Vec<Text>,
    pub(super) formal_request_days: Spanned<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelEntry {
    pub(super) level: Level,
    pub(super) valid_days: Spanned<u16>,
    pub(super) needs: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeedEntry {
    pub(super) code: Text,
    #[serde(default)]
    pub(super) any_of: BTreeSet<Kind>,
    pub(super) approvals: Option<u8>,
    pub(super) sentence: Text,
    pub(super) cites: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompetenceEntry {
    pub(super) authority: AuthorityKind,
    pub(super) issues: BTreeSet<InstrumentKind>,
    pub(super) presents: BTreeSet<InstrumentKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstrumentEntry {
    pub(super) instruments: BTreeSet<InstrumentKind>,
    pub(super) countries: BTreeSet<Country>,
    #[serde(rename = "source")]
    pub(super) _source: String,
    #[serde(rename = "confirmation")]
    pub(super) _confirmation: Confirmation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChallengeEntry {
    pub(super) valid_minutes: Spanned<u16>,
    pub(super) most_sent: Spanned<u8>,
    pub(super) most_wrong: Spanned<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalsEntry {
    pub(super) recent_days: Spanned<u16>,
    pub(super) norm_days: Spanned<u16>,
    pub(super) rush_least: u32,
    pub(super) rush_factor: u32,
    pub(super) target_days: Spanned<u16>,
    pub(super) target_agencies: Spanned<u32>,
    pub(super) domain_days: Spanned<u16>,
    #[serde(default)]
    pub(super) office: Vec<Spanned<OfficeEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfficeEntry {
    pub(super) country: Country,
    pub(super) utc_offsets: Vec<Text>,
    pub(super) days: Vec<Text>,
    pub(super) from: Text,
    pub(super) until: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassageEntry {
    pub(super) code: Text,
    #[serde(default)]
    pub(super) denies: bool,
    pub(super) raises: Option<Level>,
    pub(super) sentence: Text,
    pub(super) cites: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SenderEntry {
    pub(super) free_mail: Vec<Text>,
    pub(super) lookalike: Lookalike,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ZonesEntry {
    #[serde(rename = "source")]
    pub(super) _source: String,
    #[serde(rename = "as_of")]
    pub(super) _as_of: String,
    #[serde(rename = "confirmation")]
    pub(super) _confirmation: Confirmation,
    pub(super) suffixes: Vec<Spanned<Zone>>,
}
