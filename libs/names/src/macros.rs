//! The one macro that makes an id type.

/// Defines an id type: its doc, its name, the prefix of its ids and the collection of its resource names.
macro_rules! id {
    ($(#[$doc:meta])* $type:ident, $prefix:literal, $collection:literal) => {
        $(#[$doc])*
        #[doc = concat!("\n\nId `", $prefix, "_<32 hex digits>`, resource name `", $collection, "/", $prefix, "_<32 hex digits>`.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(uuid::Uuid);

        impl $type {
            /// The prefix of ids of this kind, without the underscore.
            pub const PREFIX: &'static str = $prefix;
            /// The collection in which resources of this kind are named.
            pub const COLLECTION: &'static str = $collection;

            /// A new id, later in order than every id of this kind that this process made before.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "two defaults would differ, which no one expects of Default")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }

            /// The id around a UUID of version 7; `None` for any other version.
            #[must_use]
            pub fn from_uuid(uuid: uuid::Uuid) -> Option<Self> {
                crate::macros::is_v7(&uuid).then_some(Self(uuid))
            }

            /// The UUID behind the prefix.
            #[must_use]
            pub const fn uuid(&self) -> uuid::Uuid {
                self.0
            }

            /// The resource name: collection, slash, id.
            #[must_use]
            pub fn name(&self) -> String {
                format!(concat!($collection, "/{}"), self)
            }

            /// Reads a resource name, the inverse of `name`.
            ///
            /// # Errors
            /// When the text is anything but the collection, a slash and an id of this kind.
            pub fn parse_name(text: &str) -> Result<Self, crate::NameError> {
                text.strip_prefix(concat!($collection, "/", $prefix, "_")).and_then(crate::macros::digits).map(Self)
                    .ok_or_else(|| crate::NameError::new(
                        concat!($collection, "/", $prefix, "_<32 lower-case hexadecimal digits of a UUIDv7>"), text))
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_")).and_then(crate::macros::digits).map(Self)
                    .ok_or_else(|| crate::NameError::new(
                        concat!($prefix, "_<32 lower-case hexadecimal digits of a UUIDv7>"), text))
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use id;

/// Reads the digits after the prefix. Only the one spelling that `Display` writes is taken: two spellings of one name
/// would be two keys in somebody's table.
pub(crate) fn digits(text: &str) -> Option<uuid::Uuid> {
    let canonical = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    canonical.then(|| uuid::Uuid::try_parse(text).ok()).flatten().filter(is_v7)
}

/// Whether it is of version 7 and of the RFC 9562 variant, as every id is.
pub(crate) fn is_v7(uuid: &uuid::Uuid) -> bool {
    uuid.get_version_num() == 7 && uuid.get_variant() == uuid::Variant::RFC4122
}
