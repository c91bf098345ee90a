//! The signed copy that the guide asks for (§1): does the document carry electronic signatures, do they hold, and who
//! vouches for them?
//!
//! [`examine`] looks at a document, [`text_fingerprint`] tells when its text came before. Both take what a stranger
//! sent, so both are bounded by [`Limits`]: a hostile document is refused by name.
//!
//! What is not done, and said in every finding: revocation is not checked, since nothing is fetched while a document is
//! examined. The time at which the chain has to hold is the time of examination; the time that the signer claims
//! decides nothing.

mod algorithms;
mod anchors;
mod ber;
mod certificate;
mod chain;
mod cms;
mod fingerprint;
mod format;
mod found;
mod limits;
mod pdf;
#[cfg(test)]
mod tests;
mod tlv;

use chrono::{DateTime, Utc};
use rogatory_rulebook::Digest;

use limits::Budget;

pub use anchors::{Anchor, TrustAnchors};
pub use fingerprint::TextFingerprint;
pub use format::Format;
pub use found::{
    CopyVerdict, Coverage, Examined, Form, Integrity, Revocation, Sensitive, SignatureFound, Signer, Trust,
};
pub use limits::{Limits, Unreadable};

/// Defines an enum of codes, each with the words in which it is told.
macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal, $sentence:literal;)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The words in which it is told.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence),+ }
            }
        }
    };
}
use codes;

/// Examines a document, and the file with its signature if one came beside it, against these anchors at this time.
#[must_use]
pub fn examine(
    document: &[u8],
    detached: Option<&[u8]>,
    anchors: &TrustAnchors,
    limits: &Limits,
    at: DateTime<Utc>,
) -> Examined {
    let format = Format::of(document);
    let (signatures, verdict) = match signatures(document, detached, format, anchors, limits, at) {
        Ok(signatures) => {
            let verdict = CopyVerdict::of(&signatures);
            (signatures, verdict)
        }
        Err(reason) => (Vec::new(), CopyVerdict::Unreadable(reason)),
    };
    Examined { digest: Digest::of(document), format, signatures, verdict }
}

fn signatures(
    document: &[u8],
    detached: Option<&[u8]>,
    format: Format,
    anchors: &TrustAnchors,
    limits: &Limits,
    at: DateTime<Utc>,
) -> Result<Vec<SignatureFound>, Unreadable> {
    if document.len() > limits.document_bytes {
        return Err(Unreadable::TooLarge);
    }
    let mut examiner = cms::Examiner { anchors, at, budget: Budget::new(*limits, document.len()) };
    let mut found = match format {
        Format::Pdf => {
            let read = pdf::Pdf::read(document, &mut examiner.budget)?;
            let found = pdf::signatures(&read, &mut examiner)?;
            if found.is_empty() && detached.is_none() && read.encrypted {
                return Err(Unreadable::Encrypted);
            }
            found
        }
        Format::Cms => match (examiner.enveloping(document)?, detached) {
            (None, None) => return Err(Unreadable::ContentMissing),
            (found, _) => found.unwrap_or_default(),
        },
        Format::Unknown if detached.is_none() => return Err(Unreadable::UnknownFormat),
        Format::Unknown | Format::Image | Format::Text => Vec::new(),
    };
    if let Some(signature) = detached {
        found.extend(examiner.detached(signature, document)?);
    }
    if found.len() > limits.signatures {
        return Err(Unreadable::TooManySignatures);
    }
    Ok(found)
}

/// The fingerprint of the text of a document; none for a scan, for what is encrypted, and for what has too few letters
/// to tell one text from another. Of signed data it is the text of what was signed.
///
/// # Errors
///
/// The document exceeds the limits.
pub fn text_fingerprint(document: &[u8], limits: &Limits) -> Result<Option<TextFingerprint>, Unreadable> {
    if document.len() > limits.document_bytes {
        return Err(Unreadable::TooLarge);
    }
    let decoded;
    let content = match Format::of(document) {
        Format::Cms => {
            decoded = cms::der_of(document, limits)?;
            match cms::content_of(&decoded, limits)? {
                Some(content) => content,
                None => return Ok(None),
            }
        }
        _ => document,
    };
    let mut text = fingerprint::Letters::new(limits.letters);
    match Format::of(content) {
        Format::Pdf => {
            let mut budget = Budget::new(*limits, content.len());
            let read = pdf::Pdf::read(content, &mut budget)?;
            pdf::text(&read, &mut budget, &mut text)?;
        }
        Format::Text => text.push(&String::from_utf8_lossy(content)),
        Format::Cms | Format::Image | Format::Unknown => {}
    }
    Ok(text.fingerprint())
}
