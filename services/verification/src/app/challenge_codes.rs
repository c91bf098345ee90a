//! The codes of challenges. A code is derived from a secret key and from the place of the challenge, so that it is written
//! down nowhere: it can be mailed again after a crash as the same, and be recognised when it comes back.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use rogatory_names::VerificationId;
use rogatory_rulebook::Digest;
use sha2::Sha256;

/// The letters of a code: no vowels that make words, and nothing that is read as another letter.
const LETTERS: &[u8; 27] = b"23456789BCDFGHJKMNPQRTVWXYZ";
/// Letters of a code: with 27 of them, more than 10^11 codes, of which a few may be tried.
const LENGTH: usize = 8;
/// The shortest key that is taken.
const SHORTEST: usize = 32;

/// The key from which codes are derived. All replicas have the same.
#[derive(Clone)]
pub struct CodeKey(Arc<[u8]>);

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey")
    }
}

impl CodeKey {
    /// From the bytes of a key file; none when they are too few.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= SHORTEST).then(|| Self(bytes.into()))
    }

    /// The code of a challenge: which of the challenges of a verification it is, and when it was made. Sensitive.
    #[must_use]
    pub(super) fn code(&self, of: VerificationId, place: usize, send_time: DateTime<Utc>) -> String {
        let derived = self.derive(
            b"code",
            &[of.uuid().as_bytes(), &(place as u64).to_be_bytes(), &send_time.timestamp_micros().to_be_bytes()],
        );
        // 27 letters do not divide 256: bytes above the largest multiple are left out, so that every letter is as likely.
        let fair = derived.iter().filter(|byte| **byte < 243).take(LENGTH);
        let code: String =
            fair.filter_map(|byte| LETTERS.get(usize::from(byte % 27))).map(|byte| char::from(*byte)).collect();
        let (one, other) = code.split_at(LENGTH / 2);
        format!("{one}-{other}")
    }

    /// What is kept of a code.
    #[must_use]
    pub(super) fn digest(&self, of: VerificationId, code: &str) -> Digest {
        Digest::from_bytes(self.derive(b"digest", &[of.uuid().as_bytes(), written(code).as_bytes()]))
    }

    /// Whether a text is the code of which `kept` is kept. Takes as long for a wrong one as for the right one.
    #[must_use]
    pub(super) fn matches(&self, of: VerificationId, code: &str, kept: &Digest) -> bool {
        let mut mac = self.mac(b"digest");
        mac.update(of.uuid().as_bytes());
        mac.update(written(code).as_bytes());
        mac.verify_slice(kept.as_bytes()).is_ok()
    }

    fn derive(&self, what: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac(what);
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }

    fn mac(&self, what: &[u8]) -> Hmac<Sha256> {
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(what);
        mac.update(&[0]);
        mac
    }
}

/// A code as it is compared: people write it in small letters, with blanks, or without its hyphen.
fn written(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn a_code_is_the_same_each_time_and_another_for_each_challenge() {
        let (key, of, now) = (CodeKey::new(&[7; 32]).unwrap(), VerificationId::new(), Utc::now());
        let code = key.code(of, 0, now);
        assert_eq!(code.len(), LENGTH + 1);
        assert_eq!(code, key.code(of, 0, now));
        assert_ne!(code, key.code(of, 1, now));
        assert_ne!(code, key.code(VerificationId::new(), 0, now));
        assert_ne!(code, CodeKey::new(&[8; 32]).unwrap().code(of, 0, now));
        let kept = key.digest(of, &code);
        assert!(key.matches(of, &code.to_lowercase().replace('-', " "), &kept));
        assert!(!key.matches(VerificationId::new(), &code, &kept));
        assert!(!key.matches(of, "", &kept));
        assert!(CodeKey::new(&[7; 31]).is_none());
    }
}
