//! What was found in a signed copy.

use std::fmt;

use chrono::{DateTime, Utc};
use rogatory_rulebook::Digest;
use serde::{Deserialize, Serialize};

use super::{codes, format::Format, limits::Unreadable};

/// A text that names a person: it is not for logs, and does not show itself to them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive(String);

impl Sensitive {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for one who may see it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// The certificate whose key signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Who signed, as the certificate names it (RFC 4514).
    pub subject: Sensitive,
    /// Who issued the certificate, as it says itself. Of a self-signed one it is the signer.
    pub issuer: Sensitive,
    /// Serial number, hexadecimal. With the issuer it names the certificate.
    pub serial: Sensitive,
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
}

codes! {
    /// How a signature is bound to the document.
    Form {
        /// In a PDF, by a ByteRange (ISO 32000-2 §12.8.1), with a CMS structure without content.
        Pdf = "PDF", "a signature in the PDF";
        /// In a PDF, a time stamp of a service: it tells when, never who.
        PdfTimeStamp = "PDF_TIME_STAMP", "a time stamp in the PDF";
        /// In a PDF, in a form that is not examined.
        PdfOther = "PDF_OTHER", "a signature in the PDF, in a form that is not examined";
        /// In a file of its own beside the document (RFC 5652 §5.2).
        Detached = "DETACHED", "a detached signature";
        /// Around the document (RFC 5652 §5.2).
        Enveloping = "ENVELOPING", "a signature around the document";
    }
}

/// How much of the document a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All of it, but for the signature itself.
    Whole,
    /// An earlier state of it: the document was added to after it was signed, and what it shows may be another thing.
    Earlier {
        /// How many incremental updates follow, by their end marks; at least one.
        updates: u32,
        /// Bytes that follow what was signed.
        bytes: u64,
    },
    /// It cannot be told.
    Unknown,
}

/// Whether what was signed is what is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "why", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Integrity {
    /// It is, to the byte.
    Intact,
    /// It is not, or the signature is not by the key of the certificate.
    Altered,
    /// The signature breaks the rules for signatures, so that it binds nothing.
    Malformed(String),
    /// The signature may hold, but not by an algorithm or form that is examined.
    UnsupportedAlgorithm(String),
}

/// Whether the certificate of the signer leads to a trust anchor.
///
/// What stands against it is told in the order of this list; the first that holds is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "what", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trust {
    /// It does, by a chain (RFC 5280 §6) that held at the time of examination. Revocation was not looked at.
    Trusted {
        /// The label of the anchor.
        anchor: String,
    },
    /// No chain of signatures leads from it to an anchor.
    UntrustedIssuer,
    /// Its certificate, or one of the chain, had expired at the time of examination.
    Expired,
    /// Its certificate, or one of the chain, was not yet valid at the time of examination.
    NotYetValid,
    /// Its certificate is not for signing documents, or one of the chain not for issuing certificates.
    NotForSigning(String),
    /// An algorithm or a key that no longer proves anything: MD5, SHA-1, RSA below 2048 bits.
    WeakAlgorithm(String),
    /// A certificate of the chain makes a condition that is not understood here, and that may not be ignored.
    NotUnderstood(String),
}

impl Trust {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trusted { .. } => "TRUSTED",
            Self::UntrustedIssuer => "UNTRUSTED_ISSUER",
            Self::Expired => "EXPIRED",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::NotForSigning(_) => "NOT_FOR_SIGNING",
            Self::WeakAlgorithm(_) => "WEAK_ALGORITHM",
            Self::NotUnderstood(_) => "NOT_UNDERSTOOD",
        }
    }
}

impl Integrity {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Intact => "INTACT",
            Self::Altered => "ALTERED",
            Self::Malformed(_) => "MALFORMED",
            Self::UnsupportedAlgorithm(_) => "UNSUPPORTED_ALGORITHM",
        }
    }
}

/// Whether the certificate was taken back by who issued it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Revocation {
    /// It was not looked at: nothing is fetched while a document is examined.
    NotChecked,
}

/// One electronic signature of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFound {
    /// How it is bound to the document.
    pub form: Form,
    /// The certificate whose key signed; none when it could not be found.
    pub signer: Option<Signer>,
    /// When it was signed, as the signer claims. Nothing was decided by it.
    pub claimed_time: Option<DateTime<Utc>>,
    /// How much of the document it covers.
    pub coverage: Coverage,
    /// Whether what was signed is what is here.
    pub integrity: Integrity,
    /// Whether the signer's certificate leads to a trust anchor; told only of a signature that is intact.
    pub trust: Option<Trust>,
    /// Whether the certificate was taken back.
    pub revocation: Revocation,
}

impl SignatureFound {
    pub(super) const fn of(form: Form, coverage: Coverage, integrity: Integrity) -> Self {
        Self {
            form,
            signer: None,
            claimed_time: None,
            coverage,
            integrity,
            trust: None,
            revocation: Revocation::NotChecked,
        }
    }

    /// Whether it covers everything but itself.
    #[must_use]
    pub const fn covers_whole_document(&self) -> bool {
        matches!(self.coverage, Coverage::Whole)
    }

    /// Whether it is intact, of a trusted signer, and covers the whole document.
    #[must_use]
    pub const fn vouches(&self) -> bool {
        matches!((&self.integrity, &self.trust), (Integrity::Intact, Some(Trust::Trusted { .. })))
            && self.covers_whole_document()
    }
}

/// What is found, in one sentence that names no person.
impl fmt::Display for SignatureFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.form.sentence())?;
        match &self.integrity {
            Integrity::Intact => f.write_str(", intact")?,
            Integrity::Altered => f.write_str(", which does not match what is here")?,
            Integrity::Malformed(why) => write!(f, ", malformed ({why})")?,
            Integrity::UnsupportedAlgorithm(why) => write!(f, ", not examined ({why})")?,
        }
        match &self.trust {
            None => {}
            Some(Trust::Trusted { anchor }) => write!(f, ", of a certificate under the anchor `{anchor}`")?,
            Some(Trust::UntrustedIssuer) => f.write_str(", of a certificate that leads to no trust anchor")?,
            Some(Trust::Expired) => f.write_str(", of a certificate that has expired")?,
            Some(Trust::NotYetValid) => f.write_str(", of a certificate that is not yet valid")?,
            Some(Trust::NotForSigning(why)) => write!(f, ", of a certificate that is not for this ({why})")?,
            Some(Trust::WeakAlgorithm(what)) => write!(f, ", by an algorithm that proves nothing ({what})")?,
            Some(Trust::NotUnderstood(what)) => write!(f, ", of a certificate with a condition unknown here ({what})")?,
        }
        match self.coverage {
            Coverage::Earlier { updates, .. } => {
                write!(f, "; the document was added to afterwards, in {updates} incremental updates")?;
            }
            Coverage::Whole | Coverage::Unknown => {}
        }
        f.write_str("; revocation was not checked")
    }
}

/// What the examination of one copy amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "why", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CopyVerdict {
    /// No signature is broken, and one that covers the whole document is of a certificate under a trust anchor.
    SignedTrusted,
    /// It is signed and no signature is broken, but none vouches for the whole document: the certificate is not
    /// trusted, or the document was added to afterwards, or the signature is of a kind that is not examined.
    SignedUntrusted,
    /// A signature does not match what is here, or breaks the rules for signatures.
    SignatureBroken,
    /// A scan, a PDF or a text that bears no electronic signature.
    UnsignedScan,
    /// It could not be examined to its end.
    Unreadable(Unreadable),
}

impl CopyVerdict {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignedTrusted => "SIGNED_TRUSTED",
            Self::SignedUntrusted => "SIGNED_UNTRUSTED",
            Self::SignatureBroken => "SIGNATURE_BROKEN",
            Self::UnsignedScan => "UNSIGNED_SCAN",
            Self::Unreadable(_) => "UNREADABLE",
        }
    }

    pub(super) fn of(signatures: &[SignatureFound]) -> Self {
        let broken = |found: &SignatureFound| matches!(found.integrity, Integrity::Altered | Integrity::Malformed(_));
        if signatures.is_empty() {
            Self::UnsignedScan
        } else if signatures.iter().any(broken) {
            Self::SignatureBroken
        } else if signatures.iter().any(SignatureFound::vouches) {
            Self::SignedTrusted
        } else {
            Self::SignedUntrusted
        }
    }
}

/// A copy, examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// SHA-256 of the document as it came.
    pub digest: Digest,
    /// What the document is, by its content.
    pub format: Format,
    /// Its signatures, in the order in which they stand. Empty when it is unreadable.
    pub signatures: Vec<SignatureFound>,
    /// What it amounts to.
    pub verdict: CopyVerdict,
}
