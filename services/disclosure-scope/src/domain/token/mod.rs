//! Grants and manifests as signed tokens (JWS in compact form, RFC 7515), and how they are checked without a call.
//!
//! A data platform takes the key set that the service publishes, and:
//!
//! ```
//! use rogatory_disclosure::domain::{grant::Record, token::KeySet};
//! # fn decide(jwks: &str, token: &str, record: &Record, now: chrono::DateTime<chrono::Utc>) -> Result<bool, Box<dyn std::error::Error>> {
//! let keys = KeySet::read(jwks)?;
//! let grant = keys.grant(token, now)?;
//! Ok(grant.check(record, now).permitted)
//! # }
//! ```
//!
//! A token cannot tell that its grant was revoked since; asking the service can.
//!
//! The algorithm is that of the key and never that of the header alone, the key is found by its id in the set and nowhere
//! else, and the type in the header keeps a manifest from passing for a grant (RFC 8725).

mod claims;
mod key_set;
mod signer;

pub use self::{
    claims::{Refusal, SignedGrant, SignedManifest, Token},
    key_set::{KeySet, UnusableKeySet},
    signer::{Signer, SigningError, UnusableKey},
};

/// The longest token that is signed or looked at, in bytes: more than a grant with as many permissions as there can be.
pub const LONGEST: usize = 1024 * 1024;
