//! The signed copies of a request with their content, as verification gets them.

use rogatory_names::DocumentId;
use rogatory_rulebook::Digest;
use rogatory_store::{Store, StoreError};

use crate::{
    domain::{request::LegalRequest, signed_copy},
    store::documents,
};

/// A signed copy with what of it is sent.
#[derive(Clone)]
pub struct SignedCopy {
    /// Digest of the file.
    pub digest: Digest,
    /// The file; none when only its digest is sent. Sensitive.
    pub content: Option<Vec<u8>>,
    /// Its detached signature. Sensitive.
    pub signature: Option<Vec<u8>>,
}

impl std::fmt::Debug for SignedCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignedCopy({})", self.digest)
    }
}

/// The signed copies of a request.
///
/// # Errors
/// The store's.
pub(super) async fn of(store: &Store, request: &LegalRequest) -> Result<Vec<SignedCopy>, StoreError> {
    let ids: Vec<DocumentId> = request.particulars.documents.iter().map(|paper| paper.id).collect();
    let papers = documents::get(store.read(), &ids).await?;
    let mut copies = Vec::new();
    for copy in signed_copy::signed_copies(&papers) {
        let content = if copy.with_content { documents::content(store.read(), copy.document.id).await? } else { None };
        let signature = match copy.signature {
            Some(signature) => documents::content(store.read(), signature.id).await?,
            None => None,
        };
        copies.push(SignedCopy { digest: copy.document.digest, content, signature });
    }
    Ok(copies)
}
