//! The macro behind the closed sets of words: one spelling in rule files, in stored decisions and in text.

/// A word is not one of a closed set.
///
/// The word itself is not repeated: whoever reports the error knows which field held it, and it may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a known {what}; known are {known}")]
pub struct UnknownWord {
    /// What kind of word was expected, for example `matter type`.
    pub what: &'static str,
    /// The words that are known, comma-separated.
    pub known: String,
}

/// Defines an enum whose values are words of one spelling each, with `ALL`, `as_str`, `Display`, `FromStr` and serde.
/// The text after the name says what kind of word it is, for the error of `FromStr`.
///
/// ```
/// rogatory_rulebook::words! {
///     /// How far a thing has come.
///     Stage, "stage" {
///         /// Begun.
///         Begun = "begun",
///         /// Done.
///         Done = "done",
///     }
/// }
/// assert_eq!("done".parse(), Ok(Stage::Done));
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($(#[$value_doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $type {
            $($(#[$value_doc])* #[serde(rename = $word)] $value,)+
        }

        impl $type {
            /// Every value, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word as it is spelt.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$value),)+
                    _ => Err($crate::UnknownWord { what: $what, known: [$($word),+].join(", ") }),
                }
            }
        }
    };
}
pub(crate) use words;
