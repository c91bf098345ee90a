//! Messages of the schema written in TOML, the way a person would write them.
//!
//! Fields go by their names in the schema (`agency_name`) or their JSON names (`agencyName`). A value of an enum may
//! leave out the prefix that every value of it has (`"court-order"` for `INSTRUMENT_KIND_COURT_ORDER`), and a day may
//! stand for a time: it means midnight UTC. A field that the schema does not have is refused.

use std::sync::LazyLock;

use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

/// The schema with its field names, decoded once.
static SCHEMA: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(rogatory_proto::DESCRIPTORS).map_err(|error| error.to_string()));

/// Why a table is not a message: the path of what is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAMessage {
    /// Path of the element: `request.items[2].window`.
    pub path: String,
    /// What is wrong with it.
    pub description: String,
}

impl std::fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.description)
    }
}

impl std::error::Error for NotAMessage {}

fn wrong<T>(path: &str, description: impl Into<String>) -> Result<T, NotAMessage> {
    Err(NotAMessage { path: path.to_owned(), description: description.into() })
}

/// Reads the message with the full name `name` from `table`; `path` stands in front of every error.
///
/// # Errors
/// The first element that is not of the message.
pub fn read<M: Message + Default>(name: &str, table: &toml::Table, path: &str) -> Result<M, NotAMessage> {
    let descriptor = descriptor(name, path)?;
    let json = message(&descriptor, table, path)?;
    let fault = |error: String| NotAMessage { path: path.to_owned(), description: error };
    let dynamic = DynamicMessage::deserialize(descriptor, json).map_err(|error| fault(error.to_string()))?;
    dynamic.transcode_to().map_err(|error| fault(error.to_string()))
}

/// The word that stands for `value` of an enum in a case file and in print: `court-order`.
#[must_use]
pub fn word(name: &str, value: i32) -> String {
    let found = schema("").ok().and_then(|pool| pool.get_enum_by_name(name)).and_then(|words| {
        let prefix = prefix(&words);
        words.get_value(value).map(|value| short(value.name(), &prefix))
    });
    found.unwrap_or_else(|| value.to_string())
}

fn schema(path: &str) -> Result<&'static DescriptorPool, NotAMessage> {
    SCHEMA.as_ref().map_err(|error| NotAMessage { path: path.to_owned(), description: error.clone() })
}

fn descriptor(name: &str, path: &str) -> Result<MessageDescriptor, NotAMessage> {
    match schema(path)?.get_message_by_name(name) {
        Some(descriptor) => Ok(descriptor),
        None => wrong(path, format!("the schema has no message {name}")),
    }
}

fn message(of: &MessageDescriptor, table: &toml::Table, path: &str) -> Result<Value, NotAMessage> {
    let mut json = Map::new();
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let Some(field) = of.get_field_by_name(key).or_else(|| of.get_field_by_json_name(key)) else {
            let known: Vec<String> = of.fields().map(|field| field.name().to_owned()).collect();
            return wrong(&path, format!("{} has no such field; it has {}", of.name(), known.join(", ")));
        };
        json.insert(field.name().to_owned(), field_value(&field, value, &path)?);
    }
    Ok(Value::Object(json))
}

fn field_value(field: &FieldDescriptor, value: &toml::Value, path: &str) -> Result<Value, NotAMessage> {
    match value {
        toml::Value::Array(values) if field.is_list() => {
            let elements = values.iter().enumerate();
            elements.map(|(index, value)| one(field, value, &format!("{path}[{index}]"))).collect()
        }
        _ if field.is_list() => wrong(path, "must be a list"),
        toml::Value::Array(_) => wrong(path, "is no list"),
        _ => one(field, value, path),
    }
}

fn one(field: &FieldDescriptor, value: &toml::Value, path: &str) -> Result<Value, NotAMessage> {
    match (field.kind(), value) {
        (Kind::Message(of), toml::Value::Table(table)) => message(&of, table, path),
        (Kind::Message(of), toml::Value::Datetime(time)) if of.full_name() == "google.protobuf.Timestamp" => {
            Ok(Value::String(rfc3339(time)))
        }
        (Kind::Message(of), toml::Value::String(text)) if of.full_name() == "google.protobuf.Timestamp" => {
            Ok(Value::String(text.clone()))
        }
        (Kind::Message(of), _) => wrong(path, format!("must be a {}", of.name())),
        (Kind::Enum(words), toml::Value::String(text)) => enum_value(&words, text, path),
        (Kind::Enum(words), _) => wrong(path, format!("must be a word of {}", words.name())),
        (_, toml::Value::String(text)) => Ok(Value::String(text.clone())),
        (_, toml::Value::Boolean(truth)) => Ok(Value::Bool(*truth)),
        (_, toml::Value::Integer(number)) => Ok(Value::from(*number)),
        (_, other) => wrong(path, format!("a {} cannot stand here", other.type_str())),
    }
}

fn enum_value(words: &EnumDescriptor, text: &str, path: &str) -> Result<Value, NotAMessage> {
    let prefix = prefix(words);
    let wanted = text.to_ascii_uppercase().replace('-', "_");
    let found = words.values().find(|value| value.name() == text || value.name() == format!("{prefix}{wanted}"));
    match found {
        Some(value) => Ok(Value::String(value.name().to_owned())),
        None => {
            let known: Vec<String> = words.values().skip(1).map(|value| short(value.name(), &prefix)).collect();
            wrong(path, format!("`{text}` is no {}; it is one of {}", words.name(), known.join(", ")))
        }
    }
}

/// What every value of an enum begins with: the schema names the zero value `<PREFIX>_UNSPECIFIED`.
fn prefix(words: &EnumDescriptor) -> String {
    let zero = words.default_value();
    zero.name().trim_end_matches("UNSPECIFIED").to_owned()
}

fn short(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_ascii_lowercase().replace('_', "-")
}

/// A time as a case file writes it; a day means midnight UTC.
///
/// # Errors
/// When it is no time.
pub(super) fn timestamp(time: &toml::value::Datetime) -> Result<prost_types::Timestamp, String> {
    let read = chrono::DateTime::parse_from_rfc3339(&rfc3339(time)).map_err(|error| error.to_string())?;
    Ok(prost_types::Timestamp { seconds: read.timestamp(), nanos: 0 })
}

fn rfc3339(time: &toml::value::Datetime) -> String {
    let mut whole = *time;
    whole.time.get_or_insert(toml::value::Time { hour: 0, minute: 0, second: 0, nanosecond: 0 });
    whole.offset.get_or_insert(toml::value::Offset::Z);
    whole.to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use rogatory_proto::rogatory::{intake::v1::Instrument, rulebook::v1::InstrumentKind};

    use super::*;

    fn instrument(text: &str) -> Result<Instrument, NotAMessage> {
        read("rogatory.intake.v1.Instrument", &text.parse().unwrap(), "instrument")
    }

    #[test]
    fn a_person_writes_short_words_and_days() {
        let read = instrument("kind = \"court-order\"\nissueTime = 2026-01-02").unwrap();
        assert_eq!(read.kind(), InstrumentKind::CourtOrder);
        assert_eq!(read.issue_time.unwrap().seconds, 1_767_312_000);
    }

    #[test]
    fn the_names_of_the_schema_do_too() {
        let read = instrument("kind = \"INSTRUMENT_KIND_WRIT\"\nissue_time = \"2026-01-02T00:00:00Z\"").unwrap();
        assert_eq!(read.kind(), InstrumentKind::Writ);
        assert_eq!(read.issue_time.unwrap().seconds, 1_767_312_000);
    }

    #[test]
    fn what_the_schema_does_not_have_is_refused_with_its_path() {
        let unknown = instrument("titel = \"Order\"").unwrap_err();
        assert_eq!(unknown.path, "instrument.titel");
        assert!(unknown.description.contains("it has kind, title"), "{unknown}");
        let word = instrument("kind = \"decree\"").unwrap_err();
        assert!(word.description.contains("court-order"), "{word}");
    }

    #[test]
    fn a_value_is_printed_by_its_word() {
        assert_eq!(word("rogatory.rulebook.v1.InstrumentKind", 3), "court-order");
        assert_eq!(word("rogatory.disclosure.v1.ItemResult.Result", 4), "hold-for-authority");
        assert_eq!(word("rogatory.rulebook.v1.InstrumentKind", 99), "99");
    }
}
