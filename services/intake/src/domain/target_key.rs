//! By what verification knows a target again without learning who it is: keyed digests of its identifiers. Whoever does not
//! have the key can neither read an identifier from its digest nor find it by trying all there are.

use std::{collections::BTreeSet, fmt};

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::request::Particulars;

/// Most keys of one request, as verification takes them.
const MOST_KEYS: usize = 1_000;

/// The key of the digests. Every replica must have the same one: with another, nothing is known again.
#[derive(Clone)]
pub struct TargetKey(Hmac<Sha256>);

impl TargetKey {
    /// The shortest secret, in bytes: as long as the digest.
    pub const SHORTEST: usize = 32;

    /// A key of this secret; none when it is too short.
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= Self::SHORTEST).then(|| Hmac::new_from_slice(secret).ok().map(Self)).flatten()
    }

    /// The digests of what names the targets beyond doubt: platform ids, then e-mail addresses and telephone numbers. Each
    /// once, in lower-case hexadecimal digits. A name or an address is shared by many and is left out.
    #[must_use]
    pub fn digests(&self, particulars: &Particulars) -> Vec<String> {
        let platform = particulars.platform.as_deref().unwrap_or_default();
        let targets = &particulars.targets;
        let ids = targets.iter().flat_map(|target| &target.platform_ids).map(|id| (platform, id.trim().to_owned()));
        let emails =
            targets.iter().flat_map(|target| &target.emails).map(|mail| ("mailto", mail.trim().to_lowercase()));
        let phones = targets.iter().flat_map(|target| &target.phones).map(|number| ("tel", digits(number)));
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (kind, value) in ids.chain(emails).chain(phones).filter(|(_, value)| !value.is_empty()) {
            let digest = self.digest(kind, &value);
            if seen.insert(digest.clone()) {
                found.push(digest);
            }
        }
        found.truncate(MOST_KEYS);
        found
    }

    fn digest(&self, kind: &str, value: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for TargetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TargetKey([redacted])")
    }
}

/// A telephone number without what people write between its digits, and without the prefix of an international call.
fn digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches("00").to_owned()
}
