//! Every RPC refuses whoever is not on its list, before it looks at anything else.

use rogatory_chassis::Role;
use rogatory_proto::rogatory::intake::v1::{
    CheckRequestRequest, CloseRequestRequest, CreateRequestRequest, DownloadDocumentRequest, GetDocumentRequest,
    GetEnquiryRequest, GetRequestRequest, ListDocumentsRequest, ListEnquiriesRequest, ListRequestsRequest,
    SubmitEnquiryRequest, SubmitRequestRequest, UpdateRequestRequest, WatchRequestRequest, WithdrawRequestRequest,
    document_service_client::DocumentServiceClient, enquiry_service_client::EnquiryServiceClient,
    request_service_client::RequestServiceClient,
};
use rogatory_testkit::Signed;
use tonic::{Code, Status};

use crate::{
    suite::{Alone, Kind},
    wire::reason,
};

/// Calls every RPC with an empty message.
async fn every_answer(caller: Signed) -> Vec<(&'static str, Status)> {
    let mut requests = RequestServiceClient::new(caller.clone());
    let mut documents = DocumentServiceClient::new(caller.clone());
    let mut enquiries = EnquiryServiceClient::new(caller);
    let mut answers = Vec::new();
    macro_rules! call {
        ($client:ident, $($method:ident $message:expr),+ $(,)?) => {
            $(answers.push((stringify!($method), $client.$method($message).await.map(|_| ()).unwrap_err()));)+
        };
    }
    call!(
        requests,
        create_request CreateRequestRequest::default(),
        get_request GetRequestRequest::default(),
        list_requests ListRequestsRequest { page_size: -1, ..Default::default() },
        update_request UpdateRequestRequest::default(),
        check_request CheckRequestRequest::default(),
        submit_request SubmitRequestRequest::default(),
        withdraw_request WithdrawRequestRequest::default(),
        close_request CloseRequestRequest::default(),
        watch_request WatchRequestRequest::default(),
    );
    call!(
        documents,
        upload_document tokio_stream::iter(Vec::new()),
        get_document GetDocumentRequest::default(),
        download_document DownloadDocumentRequest::default(),
        list_documents ListDocumentsRequest::default(),
    );
    call!(
        enquiries,
        submit_enquiry SubmitEnquiryRequest::default(),
        get_enquiry GetEnquiryRequest::default(),
        list_enquiries ListEnquiriesRequest { page_size: -1, ..Default::default() },
    );
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_caller_is_refused_everywhere() {
    let alone = Alone::start(Kind::Sqlite).await;
    for (caller, code, why) in [
        (alone.server.person("platform", &[Role::DataPlatform]), Code::PermissionDenied, "CALLER_NOT_LISTED"),
        (alone.server.person("publisher", &[Role::Publisher]), Code::PermissionDenied, "CALLER_NOT_LISTED"),
        (alone.server.peer("billing"), Code::Unauthenticated, "CREDENTIAL_INVALID"),
        (alone.server.nobody(), Code::Unauthenticated, "CREDENTIAL_INVALID"),
        (
            alone.server.bearer(alone.keys.expired_token("ann", &[Role::Analyst])),
            Code::Unauthenticated,
            "CREDENTIAL_INVALID",
        ),
    ] {
        for (method, status) in every_answer(caller).await {
            // A peer that is none of this service's is no caller at all; either word is a refusal.
            let refused =
                status.code() == code || (why == "CREDENTIAL_INVALID" && status.code() == Code::PermissionDenied);
            assert!(refused, "{method}: {status:?}");
        }
    }
    for (method, status) in every_answer(alone.server.person("portal", &[Role::Submitter])).await {
        let expected = if method == "close_request" { "CALLER_NOT_LISTED" } else { "FIELDS_INVALID" };
        assert_eq!(reason(&status), expected, "{method}");
    }
    for (method, status) in every_answer(alone.server.person("analyst", &[Role::Analyst])).await {
        assert_eq!(reason(&status), "FIELDS_INVALID", "{method}");
    }
}
