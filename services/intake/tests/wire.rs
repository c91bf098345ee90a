//! Messages that lack nothing, and what failures say.

use chrono::Utc;
use rogatory_proto::{
    google::r#type::Interval,
    rogatory::{
        intake::v1::{
            DataItem, Document, Emergency, Instrument, LegalRequest, Requester, SubmitRequestRequest, Target,
            UploadDocumentRequest, UploadMetadata, document, submit_request_request::Subject,
            upload_document_request::Part,
        },
        rulebook::v1::{AuthorityKind, InstrumentKind, MatterType},
        verification::v1::Officer,
    },
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{sample::SECRET, suite::Office};

pub(crate) fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(crate) fn days_ago(days: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: Utc::now().timestamp() - days * 86_400, nanos: 0 }
}

/// An agency of the United States about a user there, everything but the signed copy.
pub(crate) fn unsigned() -> LegalRequest {
    LegalRequest {
        platform: "aliexpress.com".to_owned(),
        requester: Some(Requester {
            agency_name: "Fernhill Police Department".to_owned(),
            authority_kind: AuthorityKind::Police.into(),
            country: "US".to_owned(),
            officer: Some(Officer {
                display_name: format!("{SECRET} Officer"),
                title: "Detective".to_owned(),
                email: "zyx-secret@fernhill-police.example".to_owned(),
                phone: "+12025550199".to_owned(),
                postal_address: format!("1 {SECRET} Street\nFernhill"),
                credential_kind: "badge".to_owned(),
                credential_number: format!("{SECRET}-77"),
                credential_issuer: "Fernhill Police Department".to_owned(),
                credential_expire_time: Some(days_ago(-400)),
            }),
            agency_reference: "FP-1".to_owned(),
        }),
        instrument: Some(Instrument {
            kind: InstrumentKind::CourtOrder.into(),
            title: "Order to Produce".to_owned(),
            reference: "26-1188".to_owned(),
            issue_time: Some(days_ago(5)),
            issuer: "District Court".to_owned(),
        }),
        matter_type: MatterType::Criminal.into(),
        targets: vec![Target {
            target_id: "target-1".to_owned(),
            names: vec![format!("{SECRET} Holder")],
            platform_ids: vec![format!("us-{SECRET}")],
            residence_country: "US".to_owned(),
            ..Target::default()
        }],
        items: vec![DataItem {
            item_id: "item-1".to_owned(),
            element: "account-identity".to_owned(),
            description: format!("Who {SECRET} is"),
            window: Some(Interval { start_time: Some(days_ago(60)), end_time: Some(days_ago(30)) }),
            ..DataItem::default()
        }],
        nature_of_investigation: format!("Fraud by {SECRET}"),
        legal_grounds: "18 USC 2703(d)".to_owned(),
        ..LegalRequest::default()
    }
}

/// The same as an emergency, with the form completed.
pub(crate) fn emergency() -> LegalRequest {
    LegalRequest {
        instrument: Some(Instrument { kind: InstrumentKind::EmergencyForm.into(), ..Instrument::default() }),
        emergency: Some(Emergency {
            threat: format!("{SECRET} is in danger"),
            urgency: format!("{SECRET}, tonight"),
            form_completed: true,
            follow_up_promised: true,
        }),
        nature_of_investigation: String::new(),
        legal_grounds: String::new(),
        ..unsigned()
    }
}

pub(crate) fn submit(request: LegalRequest) -> SubmitRequestRequest {
    SubmitRequestRequest {
        subject: Some(Subject::Request(request)),
        request_id: fresh_id(),
        ..SubmitRequestRequest::default()
    }
}

/// An upload as it goes over the wire.
pub(crate) fn upload(kind: document::Kind, content: &[u8]) -> Vec<UploadDocumentRequest> {
    let document = Document {
        kind: kind.into(),
        file_name: format!("{SECRET}.txt"),
        media_type: "text/plain".to_owned(),
        ..Document::default()
    };
    let metadata = UploadMetadata { document: Some(document), request_id: fresh_id() };
    let first = UploadDocumentRequest { part: Some(Part::Metadata(metadata)) };
    let chunks =
        content.chunks(1024 * 1024).map(|chunk| UploadDocumentRequest { part: Some(Part::Chunk(chunk.to_vec())) });
    std::iter::once(first).chain(chunks).collect()
}

/// Uploads a signed copy and gives its name.
pub(crate) async fn signed_copy(office: &Office) -> String {
    let parts = upload(document::Kind::SignedRequest, b"signed and sealed");
    office.documents().upload_document(tokio_stream::iter(parts)).await.unwrap().into_inner().name
}

/// A request that lacks nothing.
pub(crate) async fn whole(office: &Office) -> LegalRequest {
    LegalRequest { documents: vec![signed_copy(office).await], ..unsigned() }
}

/// Files a request and gives what was answered.
pub(crate) async fn file(office: &Office, request: LegalRequest) -> LegalRequest {
    office.requests().submit_request(submit(request)).await.unwrap().into_inner()
}

/// Code, reason and the names of bad fields.
pub(crate) fn told(status: &Status) -> (Code, String, Vec<String>) {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!(info.domain, "rogatory");
    let fields = details.bad_request().into_iter().flat_map(|bad| &bad.field_violations);
    (status.code(), info.reason.clone(), fields.map(|violation| violation.field.clone()).collect())
}

/// Codes of what stands in the way.
pub(crate) fn violations(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.precondition_failure().into_iter().flat_map(|failure| &failure.violations);
    violations.map(|violation| violation.r#type.clone()).collect()
}

pub(crate) fn reason(status: &Status) -> String {
    told(status).1
}
