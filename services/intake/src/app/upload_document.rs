//! A document is taken.

use rogatory_chassis::{CallContext, CallKey, Failure};
use rogatory_names::DocumentId;
use rogatory_rulebook::Digest;
use rogatory_store::{Changed, NewEvent};

use super::App;
use crate::{
    domain::document::{Document, DocumentKind},
    store::documents,
};

/// A document with all of its content: it is stored as a whole or not at all.
#[derive(Clone)]
pub struct UploadDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// Name of the file. Sensitive.
    pub file_name: String,
    /// Media type.
    pub media_type: String,
    /// The digest that the caller expects.
    pub expected: Option<Digest>,
    /// The content. Sensitive.
    pub content: Vec<u8>,
    /// What makes it happen once.
    pub key: CallKey,
}

impl std::fmt::Debug for UploadDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UploadDocument({}, {} bytes)", self.kind, self.content.len())
    }
}

impl App {
    /// Stores a document.
    ///
    /// # Errors
    /// [`Failure::Invalid`] when it is empty or its digest is not the one that was given; the store's.
    pub async fn upload_document(&self, context: &CallContext, call: &UploadDocument) -> Result<Document, Failure> {
        if call.content.is_empty() {
            return Err(Failure::field("chunk", "the document is empty"));
        }
        let digest = Digest::of(&call.content);
        if call.expected.is_some_and(|expected| expected != digest) {
            return Err(Failure::field("metadata.document.digest", "is not the digest of the content that was sent"));
        }
        let actor = context.caller.actor();
        let size_bytes = i64::try_from(call.content.len()).map_err(Failure::internal)?;
        let mutated = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let document = Document {
                    id: DocumentId::new(),
                    kind: call.kind,
                    file_name: call.file_name.clone(),
                    media_type: call.media_type.clone(),
                    size_bytes,
                    digest,
                    request: None,
                    uploader: actor.clone(),
                    create_time: context.now,
                };
                documents::insert(tx, &document, &call.content).await?;
                let name = document.id.name();
                let event = NewEvent::new("document.uploaded", &name)
                    .fact("kind", document.kind.as_str())
                    .fact("size_bytes", size_bytes.to_string())
                    .fact("digest", digest.to_string());
                let changed = Changed::new(name).event(event).fact("kind", document.kind.as_str());
                Ok::<_, Failure>(changed.fact("digest", digest.to_string()).answering(&document)?)
            })
            .await?;
        Ok(mutated.answer()?)
    }
}
