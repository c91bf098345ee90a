//! Has this text come before, from somebody else?

use rogatory_rulebook::Digest;
use serde::{Deserialize, Serialize};

/// The letters of one shingle.
const SHINGLE: usize = 8;
/// Fewer letters do not tell one text from another: an address and a greeting have as many.
const FEWEST: u32 = 100;

/// The fingerprint of a text, by which it is found again after it was saved anew, or its names and numbers were
/// changed.
///
/// Only letters count, in lower case: no digits, no punctuation, and no spaces, since where a word ends is not written
/// in a PDF. The fingerprint is stored, so how it is computed never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFingerprint {
    /// SHA-256 of the letters. Equal: the same text, but for its numbers.
    pub exact: Digest,
    /// SimHash of all runs of eight letters, 64 bits. Near: mostly the same text.
    pub similar: u64,
    /// How many letters the text has.
    pub letters: u32,
}

impl TextFingerprint {
    /// How many of the 64 bits may differ in texts that are mostly the same. Unrelated texts differ in about 32.
    pub const NEAR: u32 = 8;

    /// In how many of the 64 bits of `similar` two texts differ.
    #[must_use]
    pub const fn distance(&self, other: &Self) -> u32 {
        (self.similar ^ other.similar).count_ones()
    }

    /// Whether it is the same text or mostly the same.
    #[must_use]
    pub fn resembles(&self, other: &Self) -> bool {
        self.exact == other.exact || self.distance(other) <= Self::NEAR
    }
}

/// The letters of a text, as they are found.
pub(super) struct Letters {
    letters: Vec<char>,
    most: usize,
}

impl Letters {
    pub(super) const fn new(most: usize) -> Self {
        Self { letters: Vec::new(), most }
    }

    pub(super) fn push(&mut self, text: &str) {
        let left = self.most.saturating_sub(self.letters.len());
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).flat_map(char::to_lowercase);
        self.letters.extend(letters.take(left));
    }

    pub(super) const fn is_full(&self) -> bool {
        self.letters.len() >= self.most
    }

    pub(super) fn fingerprint(&self) -> Option<TextFingerprint> {
        let letters = u32::try_from(self.letters.len()).unwrap_or(u32::MAX);
        if letters < FEWEST {
            return None;
        }
        let mut weights = [0_i64; 64];
        for shingle in self.letters.windows(SHINGLE) {
            let hash = mixed(shingle);
            for (bit, weight) in weights.iter_mut().enumerate() {
                *weight += if hash >> bit & 1 == 1 { 1 } else { -1 };
            }
        }
        let similar =
            weights.iter().enumerate().filter(|(_, weight)| **weight > 0).fold(0, |bits, (bit, _)| bits | 1 << bit);
        let text: String = self.letters.iter().collect();
        Some(TextFingerprint { exact: Digest::of(text), similar, letters })
    }
}

/// FNV-1a over the code points, and the finaliser of SplitMix64, without which its upper bits hardly move.
fn mixed(shingle: &[char]) -> u64 {
    let hash = shingle.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, letter| {
        (hash ^ u64::from(u32::from(*letter))).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ hash >> 31
}
