//! Etags: the version of a row, opaque to callers.

use crate::opaque;

/// A text is not an etag that was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an etag that was handed out; read the resource again")]
pub struct MalformedEtag;

/// The etag of a version.
#[must_use]
pub fn etag(version: i64) -> String {
    opaque::seal(&version.to_be_bytes())
}

/// The version behind an etag.
///
/// # Errors
/// When the text is not an etag.
pub fn parse_etag(etag: &str) -> Result<i64, MalformedEtag> {
    let bytes = opaque::open(etag).map_err(|_| MalformedEtag)?;
    bytes.try_into().map(i64::from_be_bytes).map_err(|_| MalformedEtag)
}
