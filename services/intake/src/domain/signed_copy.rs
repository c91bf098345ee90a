//! Which of the papers of a request are signed copies, and how much of them is sent to verification.

use super::document::{Document, DocumentKind};

/// The media type of a detached signature, RFC 8551.
const SIGNATURE: &str = "application/pkcs7-signature";
/// What the name of a detached signature adds to that of the file that it signs.
const SUFFIX: &str = ".p7s";
/// Most copies, as verification takes them.
const MOST: usize = 20;
/// The largest file that verification takes, in bytes.
const LARGEST_FILE: i64 = 8 * 1024 * 1024;
/// The largest detached signature that verification takes, in bytes.
const LARGEST_SIGNATURE: i64 = 1024 * 1024;
/// How much all files together may have: a message ends at 28 MiB, and the rest of it takes less than one.
const LARGEST_SUM: i64 = 27 * 1024 * 1024;

/// A signed copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCopy {
    /// The paper.
    pub document: Document,
    /// Whether its content is sent. Without it only the digest is.
    pub with_content: bool,
    /// Its detached signature, when there is one and both are small enough to be sent.
    pub signature: Option<Document>,
}

/// The signed copies among the papers of a request, in the order of their upload; of more than can be taken the latest. A
/// detached signature is a paper of kind OTHER whose media type says so. It belongs to the copy whose file name it has with
/// `.p7s` added, or to the only one.
#[must_use]
pub fn signed_copies(papers: &[Document]) -> Vec<SignedCopy> {
    let mut copies: Vec<&Document> = papers.iter().filter(|paper| paper.kind == DocumentKind::SignedRequest).collect();
    // An id grows with the time of the upload.
    copies.sort_by_key(|paper| paper.id);
    copies.dedup_by_key(|paper| paper.digest);
    copies.drain(..copies.len().saturating_sub(MOST));
    let only = copies.len() == 1;
    let mut left = LARGEST_SUM;
    copies
        .into_iter()
        .map(|copy| {
            let with_content = copy.size_bytes <= LARGEST_FILE && copy.size_bytes <= left;
            left -= if with_content { copy.size_bytes } else { 0 };
            let signature = signature_of(copy, only, papers)
                .filter(|found| with_content && found.size_bytes <= LARGEST_SIGNATURE && found.size_bytes <= left);
            left -= signature.map_or(0, |found| found.size_bytes);
            SignedCopy { document: copy.clone(), with_content, signature: signature.cloned() }
        })
        .collect()
}

/// The latest detached signature of a copy.
fn signature_of<'a>(copy: &Document, only: bool, papers: &'a [Document]) -> Option<&'a Document> {
    let belongs = |paper: &&Document| {
        let named = paper.file_name.strip_suffix(SUFFIX).is_some_and(|name| name == copy.file_name);
        paper.kind == DocumentKind::Other && paper.media_type.eq_ignore_ascii_case(SIGNATURE) && (named || only)
    };
    papers.iter().filter(belongs).max_by_key(|paper| paper.id)
}
