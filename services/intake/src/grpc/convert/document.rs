//! The messages of `DocumentService`.

use rogatory_chassis::{CallKey, Failure, FieldFaults, convert};
use rogatory_names::{DocumentId, RequestId};
use rogatory_proto::rogatory::intake::v1 as wire;
use rogatory_rulebook::Digest;

use super::{finish, paging};
use crate::{
    app::{Page, Paging, UploadDocument},
    domain::document::{Document, DocumentKind, is_file_name, is_media_type},
};

/// The longest file name, in characters.
const LONGEST_FILE_NAME: usize = 255;
/// The longest media type, in characters.
const LONGEST_MEDIA_TYPE: usize = 255;

// Requests.

/// What is uploaded, read from the first message of an upload. The content is still to come.
pub(in crate::grpc) struct Metadata {
    kind: DocumentKind,
    file_name: String,
    media_type: String,
    expected: Option<Digest>,
    sent: wire::UploadMetadata,
}

pub(in crate::grpc) fn metadata(m: &wire::UploadMetadata) -> Result<Metadata, Failure> {
    let mut faults = FieldFaults::new();
    let document = m.document.clone().unwrap_or_default();
    if m.document.is_none() {
        faults.add("metadata.document", "is required");
    }
    let kind = faults.one_of("metadata.document.kind", document.kind).and_then(read_kind);
    let field = "metadata.document.file_name";
    let file_name = faults.text(field, &document.file_name, LONGEST_FILE_NAME);
    if file_name.as_deref().is_some_and(|name| !is_file_name(name)) {
        faults.add(field, "is not the bare name of a file");
    }
    let field = "metadata.document.media_type";
    let media_type = faults.text(field, &document.media_type, LONGEST_MEDIA_TYPE);
    if media_type.as_deref().is_some_and(|media_type| !is_media_type(media_type)) {
        faults.add(field, "is not a media type, for example `application/pdf`");
    }
    let expected = faults.optional_name("metadata.document.digest", &document.digest, str::parse::<Digest>);
    faults.request_id("metadata.request_id", &m.request_id);
    let read =
        (|| Some(Metadata { kind: kind?, file_name: file_name?, media_type: media_type?, expected, sent: m.clone() }))(
        );
    finish(faults, read)
}

/// The whole upload. Two uploads are the same call when metadata and content are the same: the content stands for itself
/// by its digest.
pub(in crate::grpc) fn upload(metadata: Metadata, content: Vec<u8>) -> Result<UploadDocument, Failure> {
    let Metadata { kind, file_name, media_type, expected, mut sent } = metadata;
    sent.document.get_or_insert_default().digest = Digest::of(&content).to_string();
    let mut faults = FieldFaults::new();
    let key = CallKey::read(&mut faults, &sent.request_id, &sent);
    finish(faults, key.map(|key| UploadDocument { kind, file_name, media_type, expected, content, key }))
}

pub(in crate::grpc) fn name(name: &str) -> Result<DocumentId, Failure> {
    let mut faults = FieldFaults::new();
    let id = faults.name("name", name, DocumentId::parse_name);
    finish(faults, id)
}

pub(in crate::grpc) fn list(m: &wire::ListDocumentsRequest) -> Result<(RequestId, Paging), Failure> {
    let mut faults = FieldFaults::new();
    let request = faults.name("request", &m.request, RequestId::parse_name);
    let paging = paging(&mut faults, m.page_size, &m.page_token);
    finish(faults, request.zip(paging))
}

fn read_kind(kind: wire::document::Kind) -> Option<DocumentKind> {
    match kind {
        wire::document::Kind::Unspecified => None,
        wire::document::Kind::SignedRequest => Some(DocumentKind::SignedRequest),
        wire::document::Kind::Credential => Some(DocumentKind::Credential),
        wire::document::Kind::EmergencyForm => Some(DocumentKind::EmergencyForm),
        wire::document::Kind::Translation => Some(DocumentKind::Translation),
        wire::document::Kind::Other => Some(DocumentKind::Other),
    }
}

// Answers.

pub(in crate::grpc) fn document(value: &Document) -> wire::Document {
    let kind = match value.kind {
        DocumentKind::SignedRequest => wire::document::Kind::SignedRequest,
        DocumentKind::Credential => wire::document::Kind::Credential,
        DocumentKind::EmergencyForm => wire::document::Kind::EmergencyForm,
        DocumentKind::Translation => wire::document::Kind::Translation,
        DocumentKind::Other => wire::document::Kind::Other,
    };
    wire::Document {
        name: value.id.name(),
        kind: kind.into(),
        file_name: value.file_name.clone(),
        media_type: value.media_type.clone(),
        size_bytes: value.size_bytes,
        digest: value.digest.to_string(),
        request: value.request.map(|request| request.name()).unwrap_or_default(),
        uploader: value.uploader.clone(),
        create_time: Some(convert::timestamp(value.create_time)),
    }
}

pub(in crate::grpc) fn documents(page: &Page<Document>) -> wire::ListDocumentsResponse {
    wire::ListDocumentsResponse {
        documents: page.rows.iter().map(document).collect(),
        next_page_token: page.next_page_token.clone(),
    }
}
