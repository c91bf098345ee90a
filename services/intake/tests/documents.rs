//! Papers: stored as a whole or not at all, bound to one request, given back as they came.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::intake::v1::{
    DownloadDocumentRequest, GetDocumentRequest, LegalRequest, ListDocumentsRequest, UploadDocumentRequest,
    WithdrawRequestRequest, document::Kind as Paper, upload_document_request::Part,
};
use rogatory_rulebook::Digest;
use tonic::Code;

use crate::{
    on_both_engines,
    suite::{Alone, Kind, Office},
    wire::{file, fresh_id, reason, submit, told, unsigned, upload},
};

on_both_engines! {
    a_document_comes_back_as_it_went,
    an_upload_that_is_wrong_or_breaks_off_leaves_nothing,
    a_document_belongs_to_one_request_and_one_uploader,
}

async fn send(office: &Office, parts: Vec<UploadDocumentRequest>) -> Result<String, tonic::Status> {
    office.documents().upload_document(tokio_stream::iter(parts)).await.map(|stored| stored.into_inner().name)
}

async fn download(office: &Office, name: &str) -> Result<Vec<u8>, tonic::Status> {
    let ask = DownloadDocumentRequest { name: name.to_owned() };
    let mut stream = office.documents().download_document(ask).await?.into_inner();
    let mut content = Vec::new();
    while let Some(part) = stream.message().await? {
        assert!(part.chunk.len() <= 1024 * 1024);
        content.extend(part.chunk);
    }
    Ok(content)
}

async fn a_document_comes_back_as_it_went(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let content: Vec<u8> = (0..2_500_000_u32).map(|index| u8::try_from(index % 251).unwrap()).collect();
    let mut parts = upload(Paper::SignedRequest, &content);
    let digest = Digest::of(&content).to_string();
    if let Some(Part::Metadata(metadata)) = &mut parts[0].part {
        metadata.document.as_mut().unwrap().digest.clone_from(&digest);
    }
    let name = send(&portal, parts.clone()).await.unwrap();
    assert_eq!(send(&portal, parts.clone()).await.unwrap(), name, "the same call gets the first answer");
    let stored = portal.documents().get_document(GetDocumentRequest { name: name.clone() }).await.unwrap().into_inner();
    assert_eq!((stored.size_bytes, stored.digest.as_str()), (2_500_000, digest.as_str()));
    assert_eq!((stored.uploader.as_str(), stored.request.as_str()), ("person:portal", ""));
    assert_eq!(download(&portal, &name).await.unwrap(), content);
    // The same key with other content is another call.
    let Some(Part::Chunk(chunk)) = &mut parts[1].part else { panic!() };
    chunk[0] ^= 1;
    if let Some(Part::Metadata(metadata)) = &mut parts[0].part {
        metadata.document.as_mut().unwrap().digest.clear();
    }
    assert_eq!(reason(&send(&portal, parts).await.unwrap_err()), "REQUEST_ID_REUSED");

    let mut papers = vec![name];
    for kind in [Paper::Credential, Paper::Translation, Paper::Other] {
        papers.push(send(&portal, upload(kind, b"paper")).await.unwrap());
    }
    let request = file(&portal, LegalRequest { documents: papers.clone(), ..unsigned() }).await;
    let mut ask = ListDocumentsRequest { request: request.name.clone(), page_size: 3, page_token: String::new() };
    let first = portal.documents().list_documents(ask.clone()).await.unwrap().into_inner();
    ask.page_token = first.next_page_token;
    let second = portal.documents().list_documents(ask).await.unwrap().into_inner();
    let listed: Vec<String> = first.documents.into_iter().chain(second.documents).map(|paper| paper.name).collect();
    assert_eq!((listed, second.next_page_token.as_str()), (papers, ""));
}

async fn an_upload_that_is_wrong_or_breaks_off_leaves_nothing(kind: Kind) {
    let alone = Alone::start_with(kind, |settings| {
        settings.docket.workers = 0;
        settings.limits.max_document_bytes = 1_500_000;
    })
    .await;
    let portal = alone.portal();
    let good = upload(Paper::Other, b"paper");
    let chunk = |size: usize| UploadDocumentRequest { part: Some(Part::Chunk(vec![7; size])) };

    let mut wrong = good.clone();
    if let Some(Part::Metadata(metadata)) = &mut wrong[0].part {
        metadata.document.as_mut().unwrap().digest = Digest::of("something else").to_string();
    }
    assert_eq!(told(&send(&portal, wrong).await.unwrap_err()).2, ["metadata.document.digest"]);
    let mut bad = good.clone();
    if let Some(Part::Metadata(metadata)) = &mut bad[0].part {
        metadata.request_id = String::new();
        let document = metadata.document.as_mut().unwrap();
        (document.kind, document.file_name, document.media_type) = (0, "../passwd".to_owned(), "paper".to_owned());
        document.digest = "md5:1".to_owned();
    }
    assert_eq!(
        told(&send(&portal, bad).await.unwrap_err()).2,
        [
            "metadata.document.kind",
            "metadata.document.file_name",
            "metadata.document.media_type",
            "metadata.document.digest",
            "metadata.request_id",
        ]
    );
    assert_eq!(told(&send(&portal, vec![]).await.unwrap_err()).2, ["metadata"]);
    assert_eq!(told(&send(&portal, vec![chunk(1)]).await.unwrap_err()).2, ["metadata"]);
    let twice = [good.clone(), good.clone()].concat();
    assert_eq!(told(&send(&portal, twice).await.unwrap_err()).2, ["metadata"]);
    let nothing = vec![good[0].clone(), UploadDocumentRequest { part: None }];
    assert_eq!(told(&send(&portal, nothing).await.unwrap_err()).2, ["part"]);
    assert_eq!(told(&send(&portal, vec![good[0].clone()]).await.unwrap_err()).2, ["chunk"]);
    for parts in [vec![chunk(1_000_000), chunk(1_000_000)], vec![chunk(1024 * 1024 + 1)]] {
        let status = send(&portal, [vec![good[0].clone()], parts].concat()).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "TOO_LARGE"));
    }

    // Callers go away in the middle, each at another moment.
    let mut senders = Vec::new();
    for index in 0..40_u64 {
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let mut client = portal.documents();
        let parts = tokio_stream::wrappers::ReceiverStream::new(receiver);
        let going = tokio::spawn(async move { client.upload_document(parts).await });
        sender.send(upload(Paper::Other, b"paper")[0].clone()).await.unwrap();
        sender.send(chunk(1_000)).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_micros(index * 250)).await;
        going.abort();
        assert!(going.await.is_err());
        // Kept: the end of what is sent would be the end of a whole upload.
        senders.push(sender);
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(alone.events().await, []);
    drop(senders);
    let entries = rogatory_store::audit::list(alone.store().await.read(), 0, 10).await.unwrap();
    assert!(entries.is_empty());
}

async fn a_document_belongs_to_one_request_and_one_uploader(kind: Kind) {
    let alone = Alone::start(kind).await;
    let portal = alone.portal();
    let other = alone.person("other", &[Role::Submitter]);
    let paper = send(&portal, upload(Paper::SignedRequest, b"paper")).await.unwrap();
    let with = |paper: &str| LegalRequest { documents: vec![paper.to_owned()], ..unsigned() };

    for stranger in [&other, &alone.analyst()] {
        let refused = stranger.requests().submit_request(submit(with(&paper))).await.unwrap_err();
        assert_eq!(told(&refused).2, ["request.documents[0]"]);
    }
    assert_eq!(download(&other, &paper).await.unwrap_err().code(), Code::NotFound);
    let get = GetDocumentRequest { name: paper.clone() };
    assert_eq!(other.documents().get_document(get.clone()).await.unwrap_err().code(), Code::NotFound);
    alone.analyst().documents().get_document(get).await.unwrap();
    let missing = rogatory_names::DocumentId::new().name();
    assert_eq!(download(&portal, &missing).await.unwrap_err().code(), Code::NotFound);

    let filed = file(&portal, with(&paper)).await;
    let refused = portal.requests().submit_request(submit(with(&paper))).await.unwrap_err();
    assert_eq!(told(&refused).2, ["request.documents[0]"]);
    let twice = LegalRequest { documents: vec![paper.clone(), paper.clone()], ..unsigned() };
    assert_eq!(told(&portal.requests().submit_request(submit(twice)).await.unwrap_err()).2, ["request.documents[1]"]);
    let list = ListDocumentsRequest { request: filed.name.clone(), ..ListDocumentsRequest::default() };
    assert_eq!(other.documents().list_documents(list).await.unwrap_err().code(), Code::NotFound);
    let withdraw = WithdrawRequestRequest {
        name: filed.name,
        etag: filed.etag,
        reason: "no longer needed".to_owned(),
        request_id: fresh_id(),
    };
    portal.requests().withdraw_request(withdraw).await.unwrap();
    assert_eq!(download(&portal, &paper).await.unwrap(), b"paper");
}
