//! The rules of a request's life. Pure: no transport, no storage, no clock (`now` is an argument), no I/O.

pub mod completeness;
pub mod conditions;
pub mod cost;
pub mod docket;
pub mod document;
pub mod enquiry;
pub mod follow_up;
pub mod letter;
pub mod life;
pub mod lifecycle;
pub mod outcome;
pub mod progress;
pub mod request;
pub mod requirements;
pub mod route;
pub mod scope;
pub mod shipped;
pub mod state;
pub mod verification;

/// Gives types that hold sensitive values a `Debug` that shows none of them.
macro_rules! opaque {
    ($($type:ident),+ $(,)?) => {
        $(impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "([redacted])"))
            }
        })+
    };
}
pub(crate) use opaque;

/// Defines a closed set of words with one spelling in columns, facts, rule files and failures: the schema's, without the
/// prefix.
macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $type {
            $($(#[$value_doc])* #[serde(rename = $word)] $value,)+
        }

        impl $type {
            /// Every value, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word.
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
    };
}
pub(crate) use words;
