//! `rogatory.intake.v1.DocumentService`.

use std::pin::Pin;

use rogatory_chassis::{CallContext, Failure};
use rogatory_proto::rogatory::intake::v1::{
    Document, DownloadDocumentRequest, DownloadDocumentResponse, GetDocumentRequest, ListDocumentsRequest,
    ListDocumentsResponse, UploadDocumentRequest, document_service_server::DocumentService,
    upload_document_request::Part,
};
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::convert::document as convert;
use crate::app::App;

/// The largest part of an upload or a download, in bytes.
const LARGEST_CHUNK: usize = 1024 * 1024;

/// Answers `DocumentService`.
#[derive(Debug, Clone)]
pub struct DocumentHandler {
    /// The use cases.
    pub app: App,
    /// The largest document that is taken, in bytes.
    pub largest: usize,
}

#[tonic::async_trait]
impl DocumentService for DocumentHandler {
    async fn upload_document(
        &self,
        request: Request<Streaming<UploadDocumentRequest>>,
    ) -> Result<Response<Document>, Status> {
        let context = CallContext::of(&request)?;
        let mut parts = request.into_inner();
        let metadata = match parts.message().await?.and_then(|first| first.part) {
            Some(Part::Metadata(metadata)) => convert::metadata(&metadata)?,
            Some(Part::Chunk(_)) | None => return Err(Failure::field("metadata", "must come first").into()),
        };
        // All of it is in memory before any of it is stored: an upload that breaks off leaves nothing behind.
        let mut content = Vec::new();
        while let Some(part) = parts.message().await? {
            match part.part {
                Some(Part::Chunk(chunk)) if chunk.len() > LARGEST_CHUNK => return Err(too_large(LARGEST_CHUNK).into()),
                Some(Part::Chunk(chunk)) if content.len() + chunk.len() > self.largest => {
                    return Err(too_large(self.largest).into());
                }
                Some(Part::Chunk(chunk)) => content.extend_from_slice(&chunk),
                Some(Part::Metadata(_)) => return Err(Failure::field("metadata", "comes once, and first").into()),
                None => return Err(Failure::field("part", "is required").into()),
            }
        }
        let call = convert::upload(metadata, content)?;
        Ok(Response::new(convert::document(&self.app.upload_document(&context, &call).await?)))
    }

    async fn get_document(&self, request: Request<GetDocumentRequest>) -> Result<Response<Document>, Status> {
        let context = CallContext::of(&request)?;
        let id = convert::name(&request.get_ref().name)?;
        Ok(Response::new(convert::document(&self.app.get_document(&context, id).await?)))
    }

    type DownloadDocumentStream = Pin<Box<dyn Stream<Item = Result<DownloadDocumentResponse, Status>> + Send>>;

    async fn download_document(
        &self,
        request: Request<DownloadDocumentRequest>,
    ) -> Result<Response<Self::DownloadDocumentStream>, Status> {
        let context = CallContext::of(&request)?;
        let id = convert::name(&request.get_ref().name)?;
        let content = self.app.download_document(&context, id).await?;
        let chunks: Vec<_> =
            content.chunks(LARGEST_CHUNK).map(|chunk| Ok(DownloadDocumentResponse { chunk: chunk.to_vec() })).collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(chunks))))
    }

    async fn list_documents(
        &self,
        request: Request<ListDocumentsRequest>,
    ) -> Result<Response<ListDocumentsResponse>, Status> {
        let context = CallContext::of(&request)?;
        let (of_request, paging) = convert::list(request.get_ref())?;
        Ok(Response::new(convert::documents(&self.app.list_documents(&context, of_request, &paging).await?)))
    }
}

fn too_large(limit: usize) -> Failure {
    Failure::TooLarge { limit: u64::try_from(limit).unwrap_or(u64::MAX) }
}
