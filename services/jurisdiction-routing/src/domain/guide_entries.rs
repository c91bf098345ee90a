//! A guide as its file writes it, before it is checked. Every value that a fault may point at knows its place.

use rogatory_rulebook::{Citation, Spanned};
use serde::Deserialize;

/// A text with its place in the file.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) document: Text,
    pub(super) title: Text,
    #[serde(rename = "source")]
    pub(super) _source: Text,
    pub(super) section: Vec<Spanned<SectionEntry>>,
    pub(super) audience: AudienceEntry,
    pub(super) instruments: InstrumentsEntry,
    pub(super) contact_note: PassageEntry,
    pub(super) contact: Vec<Spanned<ContactEntry>>,
    pub(super) row: Vec<Spanned<RowEntry>>,
    #[serde(default)]
    pub(super) instrument_row: Vec<Spanned<InstrumentRowEntry>>,
    pub(super) service: ServiceEntry,
    pub(super) channel: Vec<Spanned<ChannelEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionEntry {
    pub(super) key: Text,
    pub(super) title: String,
    pub(super) text: String,
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
    #[serde(default)]
    pub(super) excluded_answer: String,
    pub(super) accepted_kinds: Vec<Text>,
    #[serde(default)]
    pub(super) turned_away: Vec<TurnedAwayEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TurnedAwayEntry {
    pub(super) kinds: Vec<Text>,
    pub(super) code: Text,
    pub(super) answer: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstrumentsEntry {
    pub(super) section: Text,
    pub(super) binding: Vec<Text>,
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
    pub(super) name_suggests: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowEntry {
    pub(super) key: Text,
    #[serde(default)]
    pub(super) residences: Vec<Text>,
    #[serde(default)]
    pub(super) default: bool,
    pub(super) contact: Option<Text>,
    pub(super) section: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstrumentRowEntry {
    pub(super) key: Text,
    pub(super) instruments: Vec<Text>,
    pub(super) role: Text,
    pub(super) contact: Option<Text>,
    #[serde(default)]
    pub(super) citation: Vec<Citation>,
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
    pub(super) text: String,
}
