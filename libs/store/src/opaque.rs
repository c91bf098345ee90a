//! How tokens are made that callers hand back and must not look into: base64url over bytes and a checksum, so that a
//! token that was cut or changed on its way is refused and not read as another one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::TokenMismatch;

const CHECKSUM: usize = 4;

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::digest(bytes);
    [digest[0], digest[1], digest[2], digest[3]]
}

pub(crate) fn seal(bytes: &[u8]) -> String {
    let mut sealed = bytes.to_vec();
    sealed.extend(checksum(bytes));
    URL_SAFE_NO_PAD.encode(sealed)
}

pub(crate) fn open(token: &str) -> Result<Vec<u8>, TokenMismatch> {
    let mut bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenMismatch)?;
    let given = bytes.split_off(bytes.len().checked_sub(CHECKSUM).ok_or(TokenMismatch)?);
    if given == checksum(&bytes) { Ok(bytes) } else { Err(TokenMismatch) }
}
