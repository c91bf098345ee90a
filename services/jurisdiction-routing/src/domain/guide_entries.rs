//! A guide as its file writes it, before it is checked. Every value that a fault may point at knows its place.

use rogatory_rulebook::Spanned;
use serde::Deserialize;

/// A text with its place in the file.
pub(super) type Text = Spanned<String>;

/// A list with its place in the file, and that of each entry.
pub(super) type List<T> = Spanned<Vec<Spanned<T>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) document: Text,
    pub(super) title: Text,
    pub(super) source: Text,
    pub(super) section: List<SectionEntry>,
    pub(super) audience: Spanned<AudienceEntry>,
    pub(super) instruments: InstrumentsEntry,
    pub(super) contact_note: PassageEntry,
    pub(super) contact: List<ContactEntry>,
    pub(super) row: List<RowEntry>,
    #[serde(default)]
    pub(super) instrument_row: Vec<Spanned<InstrumentRowEntry>>,
    pub(super) residence: Spanned<ResidenceEntry>,
    #[serde(default)]
    pub(super) territory: Vec<Spanned<TerritoryEntry>>,
    pub(super) service: ServiceEntry,
    pub(super) channel: List<ChannelEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionEntry {
    pub(super) key: Text,
    pub(super) title: Text,
    pub(super) text: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassageEntry {
    pub(super) section: Text,
    pub(super) text: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AudienceEntry {
    pub(super) section: Text,
    #[serde(default)]
    pub(super) excluded_countries: Vec<Text>,
    pub(super) excluded_answer: Option<Text>,
    pub(super) accepted_kinds: List<String>,
    #[serde(default)]
    pub(super) turned_away: Vec<TurnedAwayEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TurnedAwayEntry {
    pub(super) kinds: List<String>,
    pub(super) code: Text,
    pub(super) answer: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstrumentsEntry {
    pub(super) section: Text,
    pub(super) binding: List<String>,
    #[serde(default)]
    pub(super) emergency: Vec<Text>,
    pub(super) emergency_section: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactEntry {
    pub(super) key: Text,
    pub(super) legal_name: Option<Text>,
    pub(super) incorporation_country: Option<Text>,
    pub(super) incorporation_source: Option<Text>,
    pub(super) name_suggests: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowEntry {
    pub(super) key: Text,
    pub(super) residences: Option<List<String>>,
    pub(super) default: Option<Spanned<bool>>,
    pub(super) contact: Option<Text>,
    pub(super) section: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstrumentRowEntry {
    pub(super) key: Text,
    pub(super) instruments: List<String>,
    pub(super) role: Text,
    pub(super) contact: Option<Text>,
    #[serde(default)]
    pub(super) citation: Vec<CitationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CitationEntry {
    pub(super) document: Text,
    pub(super) section: Text,
    pub(super) confirmation: Text,
    pub(super) source: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResidenceEntry {
    pub(super) section: Text,
    pub(super) confirmation: Text,
    #[serde(default)]
    pub(super) tier: Vec<Spanned<TierEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierEntry {
    pub(super) kinds: List<String>,
    pub(super) decides: Option<Spanned<bool>>,
    pub(super) several: Option<Text>,
    pub(super) contradicted: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TerritoryEntry {
    pub(super) places: List<String>,
    pub(super) of: Option<Text>,
    pub(super) treated: Text,
    pub(super) section: Text,
    pub(super) confirmation: Text,
    pub(super) text: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceEntry {
    pub(super) section: Text,
    pub(super) agent: Text,
    pub(super) recognized_by: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelEntry {
    pub(super) kind: Text,
    pub(super) text: Text,
}
