//! Pages of a list: sizes, and tokens that say where the next one starts.

use sha2::{Digest as _, Sha256};

use crate::{TokenMismatch, opaque};

/// The size of a page when the caller names none.
const DEFAULT_SIZE: u64 = 50;
/// The largest page; a larger one asked for is cut to it, as AIP-158 has it.
const LARGEST_SIZE: u64 = 1000;
/// The first byte of a token, which changes when its form does.
const VERSION: u8 = 1;

/// The page size is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page size is negative; send 0 for the default of {DEFAULT_SIZE}")]
pub struct NegativePageSize;

/// The number of items to give for a page size that was asked for: 0 is 50, more than 1000 is 1000.
///
/// # Errors
/// When it is negative.
pub fn page_size(asked: i32) -> Result<u64, NegativePageSize> {
    match u64::try_from(asked).map_err(|_| NegativePageSize)? {
        0 => Ok(DEFAULT_SIZE),
        size => Ok(size.min(LARGEST_SIZE)),
    }
}

/// What a page token is bound to: the method and everything that chooses or orders the items, but not the page size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterDigest([u8; 16]);

impl FilterDigest {
    /// Of the full method name and the values of the filter, each always in the same place.
    #[must_use]
    pub fn of(method: &str, filter: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(&method).chain(filter) {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        Self(short)
    }
}

/// Where the next page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken {
    /// The sort key of the last item that was given, for example its id; the next page starts after it.
    pub after: String,
}

impl PageToken {
    /// A token after an item with this sort key.
    pub fn after(key: impl Into<String>) -> Self {
        Self { after: key.into() }
    }

    /// As it is handed out: opaque, and good for this list and filter only.
    #[must_use]
    pub fn encode(&self, filter: FilterDigest) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(filter.0);
        bytes.extend(self.after.as_bytes());
        opaque::seal(&bytes)
    }

    /// Reads a token that came back; none for the empty text, with which a list starts.
    ///
    /// # Errors
    /// When it was not handed out for this list and filter.
    pub fn decode(token: &str, filter: FilterDigest) -> Result<Option<Self>, TokenMismatch> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = opaque::open(token)?;
        let after =
            bytes.strip_prefix(&[VERSION]).and_then(|rest| rest.strip_prefix(&filter.0)).ok_or(TokenMismatch)?;
        Ok(Some(Self { after: String::from_utf8(after.to_vec()).map_err(|_| TokenMismatch)? }))
    }
}
