//! How much of a hostile document is looked at before it is refused.

use super::codes;

/// The bounds of one examination. Every one of them ends in a named [`Unreadable`], never in a stall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document as it came.
    pub document_bytes: usize,
    /// Bytes of one CMS structure, the content that it encloses aside.
    pub cms_bytes: usize,
    /// Elements of one CMS structure, at every depth.
    pub der_elements: usize,
    /// How deep the elements of a CMS structure, and the arrays and dictionaries of a PDF, may be nested.
    pub depth: usize,
    /// Indirect objects of a PDF, those packed in object streams included.
    pub pdf_objects: usize,
    /// Values of a PDF at every depth that are held at one time.
    pub pdf_values: usize,
    /// Bytes to which all streams of a PDF together may inflate, one that is used twice counted twice.
    pub inflated_bytes: usize,
    /// How deep the tree of pages, and forms within forms, may be nested.
    pub page_depth: usize,
    /// Signatures of one document.
    pub signatures: usize,
    /// Certificates that one CMS structure may carry.
    pub certificates: usize,
    /// Signatures of certificates that are computed while chains are looked for, in the whole document.
    pub key_checks: usize,
    /// Letters of the text of which a fingerprint is taken; what follows does not count.
    pub letters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 50 << 20,
            cms_bytes: 1 << 20,
            der_elements: 20_000,
            depth: 48,
            pdf_objects: 200_000,
            pdf_values: 2_000_000,
            inflated_bytes: 64 << 20,
            page_depth: 32,
            signatures: 16,
            certificates: 32,
            key_checks: 64,
            letters: 1_000_000,
        }
    }
}

codes! {
    /// Why a document was not examined to its end.
    Unreadable {
        /// The document, or a signature, has more bytes than the limit.
        TooLarge = "TOO_LARGE", "it is larger than what is examined";
        /// More objects or values than the limit.
        TooManyObjects = "TOO_MANY_OBJECTS", "it has more objects than what is examined";
        /// Its streams inflate to more than the limit: a compression bomb.
        InflatesTooFar = "INFLATES_TOO_FAR", "it inflates to more than what is examined";
        /// Nested deeper than the limit.
        TooDeep = "TOO_DEEP", "it is nested deeper than what is examined";
        /// To find its objects takes far more work than its length warrants.
        TooTangled = "TOO_TANGLED", "its objects cannot be told apart with reasonable work";
        /// More signatures than the limit.
        TooManySignatures = "TOO_MANY_SIGNATURES", "it has more signatures than what is examined";
        /// More certificates than the limit, or more ways between them than are tried.
        TooManyCertificates = "TOO_MANY_CERTIFICATES", "it has more certificates than what is examined";
        /// Without a signature, and encrypted: nothing of it can be read.
        Encrypted = "ENCRYPTED", "it is encrypted";
        /// A detached signature was given as the document: what it signs is not there.
        ContentMissing = "CONTENT_MISSING", "it is a signature without what it signs";
        /// Signed data that is cut short, or not well-formed.
        NotDer = "NOT_DER", "it is signed data that is not well-formed";
        /// Neither a PDF, an image, a text nor signed data.
        UnknownFormat = "UNKNOWN_FORMAT", "it is neither a PDF, an image, a text nor signed data";
    }
}

/// What is left of the limits in the course of one examination.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) limits: Limits,
    objects: usize,
    values: usize,
    inflated: usize,
    key_checks: usize,
    work: usize,
}

impl Budget {
    pub(super) const fn new(limits: Limits, document: usize) -> Self {
        Self {
            limits,
            objects: limits.pdf_objects,
            values: limits.pdf_values,
            inflated: limits.inflated_bytes,
            key_checks: limits.key_checks,
            // Reading a sound document goes over each byte about twice: to find the object, and to read it.
            work: document.saturating_mul(8).saturating_add(1 << 20),
        }
    }

    pub(super) fn object(&mut self) -> Result<(), Unreadable> {
        take(&mut self.objects, 1, Unreadable::TooManyObjects)
    }

    pub(super) fn value(&mut self) -> Result<(), Unreadable> {
        take(&mut self.values, 1, Unreadable::TooManyObjects)
    }

    /// How many values may still be read. What is let go again after it was read can be given back with
    /// [`Self::let_go`].
    pub(super) const fn values(&self) -> usize {
        self.values
    }

    /// Values that were read since `values` were left are held no longer.
    pub(super) const fn let_go(&mut self, values: usize) {
        self.values = values;
    }

    /// `bytes` more were gone over in search of objects.
    pub(super) fn work(&mut self, bytes: usize) -> Result<(), Unreadable> {
        take(&mut self.work, bytes, Unreadable::TooTangled)
    }

    /// `bytes` more came out of a stream; they can be gone over as well.
    pub(super) fn inflated(&mut self, bytes: usize) -> Result<(), Unreadable> {
        take(&mut self.inflated, bytes, Unreadable::InflatesTooFar)?;
        self.work = self.work.saturating_add(bytes.saturating_mul(8));
        Ok(())
    }

    pub(super) const fn inflatable(&self) -> usize {
        self.inflated
    }

    pub(super) fn key_check(&mut self) -> Result<(), Unreadable> {
        take(&mut self.key_checks, 1, Unreadable::TooManyCertificates)
    }
}

fn take(left: &mut usize, amount: usize, otherwise: Unreadable) -> Result<(), Unreadable> {
    *left = left.checked_sub(amount).ok_or(otherwise)?;
    Ok(())
}
