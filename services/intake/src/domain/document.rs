//! The papers that come with a request.

use chrono::{DateTime, Utc};
use rogatory_names::{DocumentId, RequestId};
use rogatory_rulebook::{Digest, words};
use serde::{Deserialize, Serialize};

use super::opaque;

words! {
    /// What a document is.
    DocumentKind, "kind of document" {
        /// The signed copy of the Request: the guide's first item.
        SignedRequest = "SIGNED_REQUEST",
        /// A credential of the officer.
        Credential = "CREDENTIAL",
        /// The completed emergency form.
        EmergencyForm = "EMERGENCY_FORM",
        /// A translation.
        Translation = "TRANSLATION",
        /// Anything else.
        Other = "OTHER",
    }
}

/// What is known of a document, without its content.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: DocumentKind,
    /// Name of the file, without a path. Sensitive: agencies write names of people into it.
    pub file_name: String,
    /// Media type as the sender gave it.
    pub media_type: String,
    /// Size in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the content.
    pub digest: Digest,
    /// The request that names it; none until then.
    pub request: Option<RequestId>,
    /// Who uploaded it.
    pub uploader: String,
    /// When it was uploaded.
    pub create_time: DateTime<Utc>,
}

opaque!(Document);

/// What a request keeps of a document that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: DocumentKind,
    /// SHA-256 of the content.
    pub digest: Digest,
}

impl From<&Document> for Attachment {
    fn from(document: &Document) -> Self {
        Self { id: document.id, kind: document.kind, digest: document.digest }
    }
}

/// Whether a text is a media type as RFC 6838 shapes it: `type/subtype`, printable, no spaces. Parameters are not taken.
#[must_use]
pub fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// Whether a text is the bare name of a file: no separators of any system, and not a step up or to itself.
#[must_use]
pub fn is_file_name(text: &str) -> bool {
    !text.contains(['/', '\\']) && text != "." && text != ".."
}
